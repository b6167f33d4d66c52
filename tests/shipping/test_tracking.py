"""What the carrier says, in every order and number: a parcel never goes back, and a window starts once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import permutations
from typing import Any

import msgspec
import pytest
import sqlalchemy as sa

from marketplace import clock
from marketplace.database import db, unit_of_work
from marketplace.events import SYSTEM, history
from marketplace.jobs import outbox
from marketplace.jobs.alarms import Alarm, AlarmKind
from marketplace.orders import refunding
from marketplace.orders.models import Order
from marketplace.orders.refunding import EndReason
from marketplace.orders.states import OrderState
from marketplace.payouts.models import Payout
from marketplace.shipping import tracking
from marketplace.shipping.carrier import TrackingReport
from marketplace.shipping.models import ParcelState, TrackingEvent, TrackingStatus
from marketplace.shipping.sandbox import SandboxCarrier
from tests.books import assert_books_balance
from tests.shipping.sales import ask_now, hear, labelled_order, parcel_of, sweep, travel

WINDOW = timedelta(hours=72)
Said = tuple[str, float]  # Shippo's status, hours ago


def _status(said: Said) -> dict[str, Any]:
    status, hours_ago = said
    at = clock.now() - timedelta(hours=hours_ago)
    return {"status": status, "status_date": at.isoformat(), "status_details": f"{status} in words", "location": None}


def event(order: Order, *said: Said, number: str | None = None, carrier: str = "usps") -> bytes:
    """A webhook of Shippo's, its latest status last."""
    history = [_status(one) for one in said]
    track = {
        "carrier": carrier,
        "tracking_number": number or parcel_of(order).tracking_number,
        "tracking_status": history[-1],
        "tracking_history": history,
        "messages": [],
    }
    return msgspec.json.encode({"event": "track_updated", "test": True, "data": track})


def _again(order: Order) -> Order:
    return db.session.get_one(Order, order.id, populate_existing=True)


def _moves(order: Order) -> list[str]:
    return [event.to_state for event in history(order) if event.to_state]


def _alarms() -> list[AlarmKind]:
    return list(db.session.scalars(sa.select(Alarm.kind).where(Alarm.cleared_at.is_(None)).order_by(Alarm.id)))


def _kept() -> int:
    return db.session.scalar(sa.select(sa.func.count()).select_from(TrackingEvent)) or 0


# In order ------------------------------------------------------------------------------------------------------------


@pytest.mark.rule("MK-55", "MK-56")
def test_scan_move_delivery_carry_the_order_along(app) -> None:
    order = labelled_order()
    travel(order, "scan")
    assert (parcel_of(order).state, _again(order).state) == (ParcelState.IN_TRANSIT, OrderState.IN_TRANSIT)
    travel(order, "move")
    travel(order, "deliver")
    assert (parcel_of(order).state, _again(order).state) == (ParcelState.DELIVERED, OrderState.DELIVERED)
    assert _again(order).window_closes_at == clock.now() + WINDOW
    assert _moves(order)[-3:] == ["label_issued", "in_transit", "delivered"]
    assert_books_balance(app)


def test_the_first_word_may_be_the_delivery(app) -> None:
    order = labelled_order()
    hear(event(order, ("DELIVERED", 1)))
    assert (parcel_of(order).state, _again(order).state) == (ParcelState.DELIVERED, OrderState.DELIVERED)


@pytest.mark.rule("GAP-04")
@pytest.mark.parametrize("hours_late", [0, 2, 60, 24 * 20])
def test_a_late_notice_eats_nothing_of_the_window(app, hours_late: int) -> None:
    order = labelled_order()
    hear(event(order, ("DELIVERED", hours_late)))
    assert _again(order).delivered_at == clock.now()
    assert _again(order).window_closes_at == clock.now() + WINDOW


@pytest.mark.rule("GAP-04")
def test_the_window_never_starts_before_the_carriers_own_time(app) -> None:
    order = labelled_order()
    ahead = timedelta(hours=5)
    hear(event(order, ("DELIVERED", -5)))
    assert parcel_of(order).delivered_at == clock.now() + ahead
    assert _again(order).delivered_at == clock.now() + ahead


def test_a_date_years_ahead_is_a_slip_and_freezes_nothing(app) -> None:
    order = labelled_order()
    hear(event(order, ("DELIVERED", -24 * 365 * 70)))
    assert _again(order).delivered_at == clock.now()


# Out of order, repeated, at equal times ------------------------------------------------------------------------------

STORY: Sequence[Said] = (("TRANSIT", 6), ("TRANSIT", 4), ("DELIVERED", 4))


@pytest.mark.fault("L04")
@pytest.mark.parametrize("order_of_arrival", list(permutations(range(3))), ids=str)
def test_any_order_of_arrival_ends_delivered_with_one_window(app, advance, order_of_arrival) -> None:
    order = labelled_order()
    bodies = [event(order, said) for said in STORY]
    seen_delivered_at = None
    for place in order_of_arrival:
        advance(minutes=7)
        hear(bodies[place])
        hear(bodies[place])
        states = (parcel_of(order).state, _again(order).state)
        if STORY[place][0] == "DELIVERED":
            seen_delivered_at = clock.now()
        if seen_delivered_at:
            assert states == (ParcelState.DELIVERED, OrderState.DELIVERED)
    assert _again(order).delivered_at == seen_delivered_at
    assert _moves(order).count("delivered") == 1
    assert _kept() == len(STORY)
    assert parcel_of(order).first_scan_at == datetime.fromisoformat(_date_of(bodies[0]))
    assert_books_balance(app)


def _date_of(body: bytes) -> str:
    date: str = msgspec.json.decode(body)["data"]["tracking_status"]["status_date"]
    return date


@pytest.mark.fault("L04")
def test_the_whole_history_twenty_times_is_the_story_once(app) -> None:
    order = labelled_order()
    body = event(order, *STORY)
    for _time in range(20):
        assert hear(body) == 200
    assert _kept() == len(STORY)
    assert [move for move in _moves(order) if move in ("in_transit", "delivered")] == ["in_transit", "delivered"]


def test_the_same_words_sent_in_another_wrapping_are_kept_once(app) -> None:
    order = labelled_order()
    hear(event(order, STORY[1]))
    hear(event(order, STORY[0], STORY[1]))
    assert _kept() == 2


def test_an_old_scan_does_not_count_as_movement(app, advance) -> None:
    order = labelled_order()
    advance(days=4)
    hear(event(order, ("TRANSIT", 1)))
    moved_at = parcel_of(order).last_movement_at
    hear(event(order, ("TRANSIT", 50)))
    assert parcel_of(order).last_movement_at == moved_at


# After the delivery --------------------------------------------------------------------------------------------------


@pytest.mark.fault("L06")
@pytest.mark.parametrize("status", ["RETURNED", "FAILURE"])
def test_trouble_after_the_delivery_stops_the_window_for_the_desk(app, advance, status: str) -> None:
    order = labelled_order()
    travel(order, "scan")
    hear(event(order, ("DELIVERED", 0)))
    advance(hours=1)
    hear(event(order, (status, 0)))
    assert _again(order).state is OrderState.DISPUTED
    assert AlarmKind.TROUBLE_AFTER_DELIVERY in _alarms()
    advance(days=30)
    sweep()
    assert _again(order).state is OrderState.DISPUTED
    assert db.session.scalars(sa.select(Payout)).all() == []


@pytest.mark.fault("L06", "L04")
@pytest.mark.parametrize("status", ["RETURNED", "FAILURE"])
def test_late_news_of_before_the_delivery_is_no_trouble(app, status: str) -> None:
    order = labelled_order()
    hear(event(order, ("TRANSIT", 30)))
    hear(event(order, ("DELIVERED", 2)))
    hear(event(order, (status, 20)))
    assert (parcel_of(order).state, _again(order).state) == (ParcelState.DELIVERED, OrderState.DELIVERED)
    assert _alarms() == []


def test_a_failed_attempt_on_the_way_is_told_to_the_desk_and_a_delivery_follows(app) -> None:
    order = labelled_order()
    travel(order, "scan", hours_ago=3)
    travel(order, "fail", hours_ago=2)
    assert _alarms() == [AlarmKind.NOT_DELIVERED]
    assert _again(order).state is OrderState.IN_TRANSIT
    travel(order, "deliver")
    assert _again(order).state is OrderState.DELIVERED


def test_a_parcel_back_at_its_sender_is_refunded(app) -> None:
    order = labelled_order()
    travel(order, "scan")
    travel(order, "return")
    assert (parcel_of(order).state, _again(order).state) == (ParcelState.RETURNED, OrderState.REFUNDED)
    assert _again(order).end_reason == EndReason.RETURNED_TO_SENDER
    assert_books_balance(app)


# After the cancellation ----------------------------------------------------------------------------------------------


@pytest.mark.rule("GAP-09")
@pytest.mark.parametrize("action", ["scan", "deliver", "return"])
def test_a_parcel_that_moves_after_its_order_was_cancelled_is_the_desks(app, action: str) -> None:
    order = labelled_order()
    with unit_of_work():
        refunding.cancel(_again(order), reason=EndReason.DESK_CANCELLED, by=SYSTEM, at=clock.now())
    sweep()
    travel(order, action)
    assert _again(order).state is OrderState.REFUNDED
    assert AlarmKind.SCAN_AFTER_CANCELLATION in _alarms()
    assert parcel_of(order).first_scan_at is not None
    assert_books_balance(app)


# Whose parcel --------------------------------------------------------------------------------------------------------


@pytest.mark.fault("L07")
def test_a_number_that_is_not_ours_is_let_go_with_a_line_in_the_log(app, caplog) -> None:
    order = labelled_order()
    before = (parcel_of(order).state, _kept())
    assert hear(event(order, ("DELIVERED", 0), number="9400100000000000000000")) == 200
    assert hear(event(order, ("DELIVERED", 0), carrier="fedex")) == 200
    assert (parcel_of(order).state, _kept()) == before
    assert caplog.text.count("tracking of a parcel that is not ours") == 2


def test_words_nobody_knows_move_nothing(app) -> None:
    order = labelled_order()
    hear(event(order, ("TELEPORTED", 0)))
    assert parcel_of(order).state is ParcelState.LABEL_BOUGHT
    assert db.session.scalars(sa.select(TrackingEvent.status)).all() == [TrackingStatus.UNKNOWN]


def test_a_status_without_a_time_counts_once(app) -> None:
    order = labelled_order()
    for words in ("one", "two"):
        with unit_of_work():
            report = TrackingReport(TrackingStatus.TRANSIT, None, words=words)
            tracking.record_reports(parcel_of(order), [report], at=clock.now())
    assert _kept() == 1
    assert parcel_of(order).state is ParcelState.IN_TRANSIT


# What never came -----------------------------------------------------------------------------------------------------


@pytest.mark.fault("L05")
def test_a_delivery_nobody_told_us_of_is_found_by_asking_within_a_day(app, advance) -> None:
    order = labelled_order()
    travel(order, "scan")
    travel(order, "deliver", told=False)
    advance(hours=23)
    sweep()
    assert _again(order).state is OrderState.IN_TRANSIT
    found_at = advance(hours=2)
    sweep()
    assert (_again(order).state, _again(order).delivered_at) == (OrderState.DELIVERED, found_at)
    assert _again(order).window_closes_at == found_at + WINDOW
    assert_books_balance(app)


@pytest.mark.fault("L05")
def test_reconciling_asks_about_every_parcel_on_its_way(app) -> None:
    order, told = labelled_order(), labelled_order()
    travel(order, "scan", told=False)
    travel(told, "scan")
    assert ask_now() == 1  # the other one has nothing new to say
    assert ask_now() == 0
    assert parcel_of(told).asked_at == clock.now()
    assert parcel_of(order).state is ParcelState.IN_TRANSIT


@pytest.mark.fault("L05")
def test_silence_pays_nobody(app, advance) -> None:
    order = labelled_order()
    travel(order, "scan")
    for _day in range(9):
        advance(days=1)
        sweep()
    assert _again(order).state is OrderState.IN_TRANSIT
    advance(days=2)
    sweep()
    advance(minutes=2)
    sweep()
    assert (_again(order).state, parcel_of(order).state) == (OrderState.REFUNDED, ParcelState.LOST)
    assert AlarmKind.PARCEL_LOST in _alarms()
    assert db.session.scalars(sa.select(Payout)).all() == []
    assert_books_balance(app)


def test_a_carrier_that_is_away_is_no_alarm(app, advance, monkeypatch) -> None:
    def away(*_: object) -> list[TrackingReport]:
        raise outbox.NotDone("no answer")

    order = labelled_order()
    advance(days=2)
    with monkeypatch.context() as patched:
        patched.setattr(outbox, "PAUSES", [timedelta(0)] * 6)
        patched.setattr(SandboxCarrier, "track", away)
        sweep()
    (row,) = outbox.rows_of(parcel_of(order), "track")
    assert (row.state, row.attempts) == (outbox.OutboxState.REFUSED, 4)
    assert _alarms() == []
    travel(order, "scan", told=False)
    advance(days=1)
    sweep()
    assert parcel_of(order).state is ParcelState.IN_TRANSIT


def test_nobody_asks_about_a_parcel_whose_story_is_over(app, advance) -> None:
    order = labelled_order()
    travel(order, "scan")
    travel(order, "deliver")
    last_asked_at = advance(days=2)
    sweep()
    assert parcel_of(order).asked_at == last_asked_at
    for _week in range(2):
        advance(days=8)
        sweep()
    assert parcel_of(order).asked_at == last_asked_at
