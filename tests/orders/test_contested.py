"""Disputed orders: the parcel is followed, no window opens, and a refund leaves nothing behind."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest
import sqlalchemy as sa
from flask import Flask

from marketplace import clock
from marketplace.database import db, unit_of_work
from marketplace.jobs.alarms import Alarm, AlarmKind
from marketplace.listings.states import ListingState
from marketplace.mail.models import SandboxMail
from marketplace.orders import holds, refunding
from marketplace.orders.models import Order
from marketplace.orders.refunding import EndReason
from marketplace.orders.states import CannotRefund, OrderState
from marketplace.orders.timeline import tracking_timeline
from marketplace.payouts.models import Payout
from marketplace.people.models import Role
from marketplace.shipping.models import ParcelState
from tests.accounts import an_account
from tests.books import assert_books_balance
from tests.orders.stories import again, contest, delivered_order, held
from tests.shipping.sales import labelled_order, parcel_of, sandbox_parcel, sweep, travel
from tests.web import Browser, post_form

Advance = Callable[..., datetime]


def refund(order: Order) -> None:
    with unit_of_work():
        mine = db.session.get_one(Order, order.id)
        refunding.refund_contested(mine, by=mine.buyer, at=clock.now())
    sweep()


@pytest.mark.fault("L06")
def test_the_parcel_of_a_disputed_order_is_followed_and_pays_nobody(app: Flask, advance: Advance) -> None:
    order = labelled_order()
    contest(order)
    travel(order, "scan")
    shipped_at = again(order).shipped_at
    assert shipped_at == clock.now()
    advance(days=2)
    travel(order, "deliver")
    order = again(order)
    assert (order.state, order.shipped_at, order.delivered_at) == (OrderState.DISPUTED, shipped_at, clock.now())
    assert order.window_closes_at is None
    assert {step.at for step in tracking_timeline(order)} >= {order.shipped_at, order.delivered_at}
    advance(days=30)
    sweep()
    assert again(order).state is OrderState.DISPUTED
    assert held(order) == order.total.minor
    assert db.session.scalar(sa.select(Payout.id)) is None
    assert_books_balance(app)


@pytest.mark.fault("L09")
def test_a_refund_of_what_was_never_shipped_gives_the_label_back_and_frees_the_piece(
    app: Flask, client: Browser
) -> None:
    order = labelled_order()
    contest(order)
    client.sign_in_as(an_account(name="Rene Desk", roles=[Role.AGENT]))
    answer = post_form(client, f"/desk/orders/{order.number}", "refund", reason="She will not ship it")
    assert answer.status_code == 303
    sweep()
    order = again(order)
    assert (order.state, order.end_reason) == (OrderState.REFUNDED, EndReason.DESK_CANCELLED)
    assert parcel_of(order).state is ParcelState.CANCELLED
    assert sandbox_parcel(order).voided_at is not None
    assert order.listing.state is ListingState.WITHDRAWN, "her own again: she may list it anew"
    assert holds.holder_of(order.item_id) is None
    assert "cancelled_seller" in db.session.scalars(sa.select(SandboxMail.message)).all()
    assert_books_balance(app)


def test_a_refund_of_what_the_carrier_brought_back_frees_the_piece(app: Flask) -> None:
    order = delivered_order()
    contest(order)
    travel(order, "return")
    assert AlarmKind.PARCEL_RETURNED in db.session.scalars(sa.select(Alarm.kind)).all()
    refund(order)
    order = again(order)
    assert (order.state, order.end_reason) == (OrderState.REFUNDED, EndReason.RETURNED_TO_SENDER)
    assert order.listing.state is ListingState.WITHDRAWN
    assert_books_balance(app)


def test_a_refund_of_what_the_buyer_has_leaves_the_piece_with_her(app: Flask) -> None:
    order = delivered_order()
    contest(order)
    refund(order)
    order = again(order)
    assert (order.end_reason, order.listing.state) == (EndReason.DESK_DECISION, ListingState.SOLD)
    assert_books_balance(app)


def test_an_order_nobody_disputes_is_not_refunded_this_way(app: Flask) -> None:
    order = labelled_order()
    with pytest.raises(CannotRefund):
        refund(order)
    order = again(order)
    assert (order.state, parcel_of(order).state) == (OrderState.LABEL_ISSUED, ParcelState.LABEL_BOUGHT)
