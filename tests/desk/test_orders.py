"""The desk's verbs on an order that no rule would end by itself."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest
import sqlalchemy as sa
from flask import Flask

from marketplace.database import db, unit_of_work
from marketplace.jobs.alarms import Alarm, AlarmKind
from marketplace.orders.models import Checkout, Order
from marketplace.orders.states import OrderState
from marketplace.people.models import Role
from tests.accounts import an_account
from tests.books import assert_books_balance
from tests.orders.stories import again, delivered_order
from tests.shipping.sales import labelled_order, sweep, travel
from tests.web import Browser, page, post_form

Advance = Callable[..., datetime]


@pytest.fixture
def desk(client: Browser) -> Browser:
    client.sign_in_as(an_account(name="Rene Desk", roles=[Role.AGENT]))
    return client


def forms_of(desk: Browser, order: Order) -> set[str]:
    found = page(desk.get(f"/desk/orders/{order.number}")).find("main").find_all("form")  # type: ignore[union-attr]
    return {str(form["id"]) for form in found}


@pytest.mark.rule("GAP-03")
def test_a_buyer_whose_delivery_mail_bounced_is_told_otherwise_and_then_has_three_days(
    app: Flask, desk: Browser, advance: Advance
) -> None:
    order = labelled_order()
    with unit_of_work():
        db.session.execute(sa.update(Checkout).values(email="gone@bounce.test"))
    travel(order, "scan")
    travel(order, "deliver")
    advance(days=30)
    sweep()
    assert again(order).state is OrderState.DELIVERED
    assert AlarmKind.MAIL_BOUNCED in db.session.scalars(sa.select(Alarm.kind)).all()
    told = post_form(desk, f"/desk/orders/{order.number}", "told", reason="Reached her by telephone")
    assert told.status_code == 303
    advance(hours=71)
    sweep()
    assert again(order).state is OrderState.DELIVERED
    advance(hours=1)
    sweep()
    assert again(order).state is OrderState.SETTLED
    assert_books_balance(app)


def test_nobody_need_be_told_where_the_delivery_mail_is_out(desk: Browser) -> None:
    assert "told" not in forms_of(desk, delivered_order())
