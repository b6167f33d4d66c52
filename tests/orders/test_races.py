"""Two who act on one order at the same moment: one is first, the other moves no money, and nobody waits in a ring."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

import pytest
import sqlalchemy as sa

from marketplace import clock
from marketplace.database import db, unit_of_work
from marketplace.events import SYSTEM
from marketplace.jobs import deadlines
from marketplace.jobs.deadlines import Deadline, DeadlineState
from marketplace.money import Money
from marketplace.orders import refunding, settling
from marketplace.orders.models import Order
from marketplace.orders.refunding import EndReason
from marketplace.orders.states import OrderState
from marketplace.payments.models import Refund
from marketplace.payouts.models import Payout
from tests.books import assert_books_balance
from tests.fresh import FreshDatabase
from tests.orders.stories import delivered_order, held
from tests.shipping.sales import labelled_order

LONG = 20  # seconds: nobody waits this long unless something is broken


@pytest.mark.fault("W01")
def test_confirming_while_the_sweep_fires_never_waits_in_a_ring(
    fresh_database: FreshDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = fresh_database.run(delivered_order)
    has_claimed, has_fired = threading.Event(), threading.Event()
    cancel_deadlines, fire = deadlines.cancel_deadlines, deadlines._sweeps[settling.CONFIRM_BY]

    def cancel_after_the_sweep_has_claimed(subjects: Iterable[Any], *kinds: str, at: datetime) -> None:
        has_claimed.set()
        has_fired.wait(1 if db.engine.dialect.name == "sqlite" else LONG)  # SQLite lets one writer in at a time
        cancel_deadlines(subjects, *kinds, at=at)

    def fire_and_say_so(ids: Any, at: datetime) -> None:
        has_fired.set()
        fire(ids, at)

    def confirm() -> None:
        with unit_of_work():
            mine = db.session.get_one(Order, order.id)
            settling.confirm(mine, stars=5, words="", by=mine.buyer, at=order.delivered_at)

    def sweep() -> int:
        assert has_claimed.wait(LONG)
        return deadlines.sweep(order.window_closes_at)

    monkeypatch.setattr(deadlines, "cancel_deadlines", cancel_after_the_sweep_has_claimed)
    monkeypatch.setitem(deadlines._sweeps, settling.CONFIRM_BY, fire_and_say_so)
    assert fresh_database.in_parallel([confirm, sweep])[0] is None

    def judge() -> None:
        assert db.session.get_one(Order, order.id).state is OrderState.SETTLED
        assert db.session.scalar(sa.select(sa.func.count()).select_from(Payout)) == 1
        row = db.session.scalars(sa.select(Deadline).where(Deadline.kind == settling.CONFIRM_BY)).one()
        assert row.state in (DeadlineState.FIRED, DeadlineState.CANCELLED)
        assert row.failures == 0

    fresh_database.run(judge)
    assert_books_balance(fresh_database.app)


def refund_part_first(fresh: FreshDatabase, order: Order, then: Callable[[Order], None]) -> list[Any]:
    """Let one transaction read the order, another give a part of it back, and the first go on with ``then``."""
    has_read, is_refunded = threading.Event(), threading.Event()
    part = Money(10_000, order.currency)

    def act() -> None:
        if db.engine.dialect.name == "sqlite":
            assert is_refunded.wait(LONG)  # SQLite lets one writer in at a time: the reading comes after
        with unit_of_work():
            mine = db.session.get_one(Order, order.id)
            has_read.set()
            assert is_refunded.wait(LONG)
            then(mine)

    def refund() -> None:
        if db.engine.dialect.name != "sqlite":
            assert has_read.wait(LONG)
        with unit_of_work():
            mine = db.session.get_one(Order, order.id)
            refunding.refund_part(mine, of_price=part, reason=EndReason.DESK_DECISION, by=SYSTEM, at=clock.now())
        is_refunded.set()

    return fresh.in_parallel([act, refund])


def test_a_part_refunded_meanwhile_is_not_given_back_again(fresh_database: FreshDatabase) -> None:
    order = fresh_database.run(labelled_order)

    def cancel(mine: Order) -> None:
        refunding.cancel(mine, reason=EndReason.DESK_CANCELLED, by=SYSTEM, at=clock.now())

    assert refund_part_first(fresh_database, order, cancel) == [None, None]

    def judge() -> None:
        refunds = db.session.scalars(sa.select(Refund).where(Refund.order_id == order.id).order_by(Refund.id)).all()
        assert sum(refund.amount_minor for refund in refunds) == order.total.minor
        assert held(order) == 0

    fresh_database.run(judge)
    assert_books_balance(fresh_database.app)


def test_a_part_refunded_meanwhile_is_not_paid_out(fresh_database: FreshDatabase) -> None:
    order = fresh_database.run(delivered_order)

    def confirm(mine: Order) -> None:
        settling.confirm(mine, stars=5, words="", by=mine.buyer, at=clock.now())

    assert refund_part_first(fresh_database, order, confirm) == [None, None]

    def judge() -> None:
        payout = db.session.scalars(sa.select(Payout).where(Payout.order_id == order.id)).one()
        assert payout.amount == Money(14_500 * 80 // 100, "USD")
        assert held(order) == 0

    fresh_database.run(judge)
    assert_books_balance(fresh_database.app)
