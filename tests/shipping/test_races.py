"""Cancelling and scanning at the same moment: one of them is first, and neither waits for the other for ever."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import OperationalError

from marketplace import clock
from marketplace.database import db, unit_of_work
from marketplace.events import SYSTEM, history
from marketplace.jobs.alarms import Alarm, AlarmKind
from marketplace.orders import refunding
from marketplace.orders.models import Order
from marketplace.orders.refunding import EndReason
from marketplace.orders.states import CannotCancel, OrderState
from marketplace.shipping import locking, parcels, tracking
from marketplace.shipping.carrier import TrackingReport
from marketplace.shipping.models import CannotCancelParcel, Parcel, ParcelState, TrackingStatus
from marketplace.shipping.sandbox_pages import deliver
from tests.books import assert_books_balance
from tests.fresh import FreshDatabase
from tests.shipping.sales import labelled_order, parcel_of, sweep, travel

PATIENCE = 20


def _scan() -> None:
    with unit_of_work():
        (parcel,) = db.session.scalars(sa.select(Parcel))
        report = TrackingReport(TrackingStatus.TRANSIT, clock.now())
        tracking.record_reports(parcel, [report], at=clock.now())


def _cancel() -> None:
    with unit_of_work():
        (order,) = db.session.scalars(sa.select(Order))
        refunding.cancel(order, reason=EndReason.DESK_CANCELLED, by=SYSTEM, at=clock.now())


def _meet_in_the_middle(
    monkeypatch: pytest.MonkeyPatch, meeting: Callable[[int], Parcel], met: threading.Event
) -> None:
    """Let the cancellation, holding its order, wait until the scan has come as far as ``meeting``."""
    cancel_parcels, begun = parcels.cancel_parcels_of, threading.Event()

    def cancel_later(*args: object, **more: object) -> None:
        begun.set()
        assert met.wait(PATIENCE), "the scan never came"
        cancel_parcels(*args, **more)  # type: ignore[arg-type]

    def lock(parcel_id: int) -> Parcel:
        assert begun.wait(PATIENCE), "the cancellation never began"
        return meeting(parcel_id)

    monkeypatch.setattr(parcels, "cancel_parcels_of", cancel_later)
    monkeypatch.setattr(tracking, "lock_parcel", lock)


@pytest.mark.parametrize("order_first", [True, False], ids=["order first", "control: parcel first"])
def test_a_scan_that_meets_a_cancellation_waits_for_it_and_becomes_the_desks(
    fresh_database: FreshDatabase, monkeypatch: pytest.MonkeyPatch, order_first: bool
) -> None:
    fresh_database.run(labelled_order)
    met = threading.Event()

    def lock_order_first(parcel_id: int) -> Parcel:
        met.set()
        return locking.lock_parcel(parcel_id)

    def lock_parcel_first(parcel_id: int) -> Parcel:
        parcel = db.session.scalars(sa.select(Parcel).where(Parcel.id == parcel_id).with_for_update()).one()
        met.set()
        return parcel

    _meet_in_the_middle(monkeypatch, lock_order_first if order_first else lock_parcel_first, met)
    outcomes = fresh_database.in_parallel([_cancel, _scan])
    if not order_first:
        assert [type(outcome) for outcome in outcomes].count(OperationalError) == 1, outcomes
        return
    assert outcomes == [None, None]
    fresh_database.run(_look_at_the_desks_case)


def _look_at_the_desks_case() -> None:
    (parcel,), (order,) = db.session.scalars(sa.select(Parcel)), db.session.scalars(sa.select(Order))
    moves = [event.to_state for event in history(parcel) if event.to_state]
    assert moves == ["label_bought", "cancelled", "in_transit"]
    assert order.state is OrderState.REFUNDED
    assert AlarmKind.SCAN_AFTER_CANCELLATION in db.session.scalars(sa.select(Alarm.kind)).all()


@pytest.mark.rule("GAP-09")
def test_whoever_is_first_decides_and_the_books_agree(fresh_database: FreshDatabase) -> None:
    fresh_database.run(labelled_order)
    body = fresh_database.run(lambda: travel(db.session.scalars(sa.select(Order)).one(), "scan", told=False))
    cancelled, told = fresh_database.in_parallel([_cancel, lambda: deliver(body)])
    fresh_database.run(sweep)

    def look() -> None:
        order = db.session.scalars(sa.select(Order)).one()
        assert told == 200
        assert parcel_of(order).state is ParcelState.IN_TRANSIT
        if cancelled is None:
            assert order.state is OrderState.REFUNDED
            assert AlarmKind.SCAN_AFTER_CANCELLATION in db.session.scalars(sa.select(Alarm.kind)).all()
        else:
            assert isinstance(cancelled, CannotCancel | CannotCancelParcel)
            assert order.state is OrderState.IN_TRANSIT

    fresh_database.run(look)
    assert_books_balance(fresh_database.app)


def test_twenty_copies_of_a_delivery_at_once_open_one_window(fresh_database: FreshDatabase) -> None:
    fresh_database.run(labelled_order)
    body = fresh_database.run(lambda: travel(db.session.scalars(sa.select(Order)).one(), "deliver", told=False))
    assert fresh_database.in_parallel([lambda: deliver(body)] * 20) == [200] * 20
    fresh_database.in_parallel([sweep] * 4)

    def look() -> None:
        order = db.session.scalars(sa.select(Order)).one()
        assert [event.to_state for event in history(order)].count("delivered") == 1
        assert order.state is OrderState.DELIVERED

    fresh_database.run(look)
    assert_books_balance(fresh_database.app)
