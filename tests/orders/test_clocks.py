"""The confirmation window when clocks change, disagree or jump back: 72 hours of the database's clock, once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from flask import Flask

from marketplace import clock
from marketplace.database import db, unit_of_work
from marketplace.errors import Refusal
from marketplace.orders import settling
from marketplace.orders.models import Order
from marketplace.orders.states import OrderState
from marketplace.payouts.models import Payout
from tests.books import assert_books_balance
from tests.fresh import FreshDatabase
from tests.orders.stories import again, contest, delivered_order
from tests.shipping.sales import sweep
from tests.skew import SKEW, a_machine_whose_clock_is_off, this_machines_clock

NEW_YORK = ZoneInfo("America/New_York")
WINDOW = timedelta(hours=72)
SECOND = timedelta(seconds=1)

SPRING = datetime(2027, 3, 13, 12, 0, tzinfo=NEW_YORK)  # at two o'clock on the 14th it is three
AUTUMN = datetime(2027, 11, 6, 12, 0, tzinfo=NEW_YORK)  # at two o'clock on the 7th it is one


@pytest.mark.fault("W07")
@pytest.mark.parametrize(("delivered", "hour"), [(SPRING, 13), (AUTUMN, 11)], ids=["spring", "autumn"])
def test_seventy_two_hours_are_seventy_two_hours_when_the_clocks_change(
    app: Flask, clock_at: Callable[[datetime], datetime], delivered: datetime, hour: int
) -> None:
    clock_at(delivered)
    order = delivered_order()
    closes = order.window_closes_at
    assert closes is not None and order.delivery_mail_at is not None
    assert closes - order.delivery_mail_at == WINDOW
    assert closes.astimezone(NEW_YORK).hour == hour, "the control: by the clock on the wall it would be noon"
    clock_at(closes - SECOND)
    sweep()
    assert again(order).state is OrderState.DELIVERED
    clock_at(closes)
    sweep()
    assert again(order).state is OrderState.SETTLED
    assert_books_balance(app)


def five_minutes_before_the_end(order: Order) -> None:
    with unit_of_work():
        assert order.window_closes_at is not None
        clock.advance(order.window_closes_at - clock.now() - timedelta(minutes=5))


@pytest.mark.fault("W08")
def test_a_worker_whose_clock_is_wrong_closes_the_window_on_time(fresh_database: FreshDatabase) -> None:
    def judge() -> None:
        order = delivered_order()
        five_minutes_before_the_end(order)
        with a_machine_whose_clock_is_off(SKEW):
            sweep()
        assert again(order).state is OrderState.DELIVERED, "ten minutes ahead, five minutes too early"
        with unit_of_work():
            clock.advance(timedelta(minutes=5))
        with a_machine_whose_clock_is_off(-SKEW):
            sweep()
        assert again(order).state is OrderState.SETTLED, "ten minutes behind, and on time"

    fresh_database.run(judge)
    assert_books_balance(fresh_database.app)


def test_control_a_worker_that_trusts_its_own_clock_closes_it_too_early(
    fresh_database: FreshDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    def judge() -> None:
        order = delivered_order()
        five_minutes_before_the_end(order)
        monkeypatch.setattr(clock, "database_clock", this_machines_clock)
        with a_machine_whose_clock_is_off(SKEW):
            sweep()
        assert again(order).state is OrderState.SETTLED

    fresh_database.run(judge)


@pytest.mark.fault("W09")
def test_a_clock_that_jumps_back_pays_nobody_twice_and_opens_nothing(
    app: Flask, clock_at: Callable[[datetime], datetime]
) -> None:
    order = delivered_order()
    assert order.window_closes_at is not None and order.delivery_mail_at is not None
    clock_at(order.window_closes_at)
    sweep()
    assert again(order).state is OrderState.SETTLED

    before = clock_at(order.delivery_mail_at + timedelta(hours=1))
    assert settling.window_is_open(again(order), before), "the control: time alone would say that the window is open"
    with pytest.raises(Refusal):
        contest(order)
    sweep()
    clock_at(order.window_closes_at + timedelta(days=1))
    sweep()

    assert again(order).state is OrderState.SETTLED
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Payout)) == 1
    assert_books_balance(app)
