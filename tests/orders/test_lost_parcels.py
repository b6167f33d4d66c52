"""Parcels nobody sees any more, and what becomes of their orders when they turn up."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest
import sqlalchemy as sa
from flask import Flask

from marketplace import clock
from marketplace.database import db, unit_of_work
from marketplace.jobs.alarms import Alarm, AlarmKind
from marketplace.jobs.outbox import NotDone
from marketplace.ledger import Account, balance
from marketplace.money import Money
from marketplace.orders import lost_parcels, refunding
from marketplace.orders.models import Order
from marketplace.orders.refunding import EndReason
from marketplace.orders.states import OrderState
from marketplace.payouts.models import Payout
from marketplace.shipping.models import ParcelState
from marketplace.shipping.sandbox import SandboxCarrier
from tests.accounts import an_account
from tests.books import assert_books_balance
from tests.orders.stories import again, held
from tests.shipping.sales import labelled_order, parcel_of, sweep, travel

Advance = Callable[..., datetime]


def alarms(order: Order) -> set[AlarmKind]:
    query = sa.select(Alarm.kind).where(Alarm.subject_type == "orders", Alarm.subject_id == order.id)
    return set(db.session.scalars(query))


def on_its_way() -> Order:
    order = labelled_order()
    travel(order, "scan")
    return order


def lost_order(advance: Advance) -> Order:
    order = on_its_way()
    advance(days=11)
    sweep()
    order = again(order)
    assert (order.state, order.end_reason) == (OrderState.REFUNDED, EndReason.PARCEL_LOST)
    return order


@pytest.mark.rule("GAP-09")
def test_at_a_jump_of_the_clock_the_carrier_is_asked_and_the_parcel_lost_at_that_very_moment(
    app: Flask, advance: Advance
) -> None:
    order = lost_order(advance)
    parcel = parcel_of(order)
    assert parcel.state is ParcelState.LOST
    assert parcel.asked_at == order.closed_at == clock.now(), "asked first, and no minute lost"
    assert AlarmKind.PARCEL_LOST in alarms(order)
    assert_books_balance(app)


@pytest.mark.fault("L05")
def test_a_parcel_the_carrier_has_seen_meanwhile_is_not_lost(app: Flask, advance: Advance) -> None:
    order = on_its_way()
    advance(days=9)
    travel(order, "move", told=False)
    advance(days=1, hours=1)
    sweep()
    assert again(order).state is OrderState.IN_TRANSIT
    assert parcel_of(order).state is ParcelState.IN_TRANSIT
    assert held(order) == order.total.minor


@pytest.mark.fault("L05")
def test_while_the_carrier_does_not_answer_nothing_is_lost(
    app: Flask, advance: Advance, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = on_its_way()
    with monkeypatch.context() as away:
        away.setattr(SandboxCarrier, "track", _away)
        advance(days=11)
        sweep()
        assert again(order).state is OrderState.IN_TRANSIT
    advance(hours=2)
    sweep()
    assert again(order).end_reason == EndReason.PARCEL_LOST


def _away(*_asked: object) -> None:
    raise NotDone("the carrier does not answer")


@pytest.mark.rule("GAP-09")
@pytest.mark.parametrize(("action", "ends"), [("move", "lost"), ("deliver", "delivered"), ("return", "returned")])
def test_a_lost_parcel_that_turns_up_is_told_to_the_desk_and_moves_no_money(
    app: Flask, advance: Advance, action: str, ends: str
) -> None:
    order = lost_order(advance)
    travel(order, action)
    assert AlarmKind.LOST_PARCEL_FOUND in alarms(order)
    assert AlarmKind.SCAN_AFTER_CANCELLATION not in alarms(order)
    assert parcel_of(order).state == ends
    assert again(order).state is OrderState.REFUNDED
    assert db.session.scalar(sa.select(Payout.id)) is None
    assert_books_balance(app)


@pytest.mark.rule("GAP-09", "GAP-21")
def test_the_seller_of_a_lost_parcel_gets_her_percentage_of_the_remaining_price(app: Flask, advance: Advance) -> None:
    order = on_its_way()
    with unit_of_work():
        mine, part = db.session.get_one(Order, order.id), Money(4_500, "USD")
        refunding.refund_part(mine, of_price=part, reason=EndReason.DESK_DECISION, by=mine.buyer, at=clock.now())
    advance(days=11)
    sweep()
    agent = an_account(name="Rene Desk")
    with unit_of_work():
        lost_parcels.pay_seller(db.session.get_one(Order, order.id), by=agent, at=clock.now())
    sweep()
    assert db.session.scalars(sa.select(Payout)).one().amount == Money(16_000, "USD"), "80% of the remaining 200.00"
    assert balance(Account.CARRIER_RECEIVABLE, "USD", order_id=order.id) == Money(16_000, "USD")
    assert_books_balance(app)
