"""From paid to delivered: the label, the ship-by clock, the carrier's news, and what silence leads to."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa

from marketplace import events
from marketplace.database import db
from marketplace.events import CARRIER, SYSTEM, HasActor
from marketplace.jobs import deadlines
from marketplace.jobs.alarms import AlarmKind, raise_alarm
from marketplace.ledger import post
from marketplace.orders import accounting, refunding, settling, terms
from marketplace.orders.facts import (
    LabelIssued,
    OrderDelivered,
    OrderShipped,
    ShipByNear,
    ShipByPassed,
    StillOnItsWay,
)
from marketplace.orders.models import Order
from marketplace.orders.refunding import EndReason
from marketplace.orders.states import BEFORE_SCAN, OrderState
from marketplace.payouts.models import CannotPayOut
from marketplace.payouts.paying import PayoutOwed, owe_payouts, payout_of
from marketplace.shipping import parcels, watching
from marketplace.shipping.facts import (
    LabelRefused,
    ParcelDelivered,
    ParcelFailed,
    ParcelMoved,
    ParcelReturned,
    ParcelScanned,
)
from marketplace.shipping.models import ParcelState

LABEL_LATE = "label_late"
SHIP_BY_REMINDER = "ship_by_reminder"
SHIP_BY = "ship_by"
CANCEL_LATE = "cancel_late"
NO_MOVEMENT = "no_movement"
LATE_WORD = "late_word"

ASKED_WITHIN = timedelta(minutes=1)


def want_label(order: Order, *, at: datetime) -> None:
    """Ask for the prepaid label, and set the alarm for when it does not come (GAP-01)."""
    if order.listing.ships_from is not None:
        ship_from = order.listing.ships_from.postal
    else:
        ship_from = terms.of_seller(order).market.warehouse_postal
    parcels.request_label(
        order_id=order.id, order_number=order.number, ship_from=ship_from, ship_to=order.checkout.ship_to, at=at
    )
    days = terms.of_buyer(order).limits.label_alarm_business_days
    deadlines.set_deadline(LABEL_LATE, order, terms.calendar().end_of_business_day_after(at, days))


def issue_label(order: Order, *, at: datetime) -> None:
    """The label mail is handed over: the ship-by clock starts (GAP-01). A second hand-over changes nothing."""
    if order.state is not OrderState.PAID:
        return
    days = terms.of_seller(order).limits.ship_by_business_days
    calendar = terms.calendar()
    ship_by_at = calendar.end_of_business_day_after(at, days)
    events.transition(order, "issue_label", by=SYSTEM, at=at, sets={"label_issued_at": at, "ship_by_at": ship_by_at})
    deadlines.cancel_deadlines([order], LABEL_LATE, at=at)
    deadlines.set_deadline(SHIP_BY, order, ship_by_at)
    deadlines.set_deadline(SHIP_BY_REMINDER, order, calendar.end_of_business_day_after(at, max(days - 1, 0)))
    events.announce(LabelIssued(order.id, at))


def label_refused(fact: LabelRefused) -> None:
    """The carrier will not carry it: the desk looks at once."""
    order = db.session.get_one(Order, fact.order_id)
    raise_alarm(AlarmKind.LABEL_LATE, order, at=fact.at)


# The carrier's news --------------------------------------------------------------------------------------------------


def parcel_scanned(fact: ParcelScanned) -> None:
    """The first scan: on its way. After a cancellation it is the desk's (GAP-09)."""
    order = db.session.get_one(Order, fact.order_id)
    if order.state in BEFORE_SCAN:
        events.transition(order, "ship", by=CARRIER, at=fact.at, sets={"shipped_at": fact.at})
        deadlines.cancel_deadlines([order], LABEL_LATE, SHIP_BY, SHIP_BY_REMINDER, CANCEL_LATE, at=fact.at)
        _expect_movement(order, fact.at)
        deadlines.set_deadline(LATE_WORD, order, _expected_latest(order, fact.at))
        events.announce(OrderShipped(order.id, fact.at))
    elif order.state in (OrderState.CANCELLED, OrderState.REFUNDED):
        raise_alarm(AlarmKind.SCAN_AFTER_CANCELLATION, order, at=fact.at)


def _expected_latest(order: Order, at: datetime) -> datetime:
    return at + timedelta(days=terms.of_buyer(order).shipping.usual_days_max)


def _expect_movement(order: Order, at: datetime) -> None:
    days = terms.of_buyer(order).limits.no_movement_days
    deadlines.set_deadline(NO_MOVEMENT, order, at + timedelta(days=days))


def parcel_moved(fact: ParcelMoved) -> None:
    """Any scan puts off the moment at which a parcel counts as lost."""
    order = db.session.get_one(Order, fact.order_id)
    if order.state is OrderState.IN_TRANSIT:
        _expect_movement(order, fact.at)


def parcel_delivered(fact: ParcelDelivered) -> None:
    """Delivered: the window opens, once, from the moment it is recorded here (MK-56, GAP-04)."""
    order = db.session.get_one(Order, fact.order_id)
    if not Order.machine.allows(order.state, "deliver"):
        if order.state is OrderState.REFUNDED:
            raise_alarm(AlarmKind.SCAN_AFTER_CANCELLATION, order, at=fact.at)
        return
    delivered_at = max(fact.at, fact.carrier_at)
    closes_at = delivered_at + timedelta(hours=terms.of_buyer(order).limits.confirmation_window_hours)
    events.transition(
        order,
        "deliver",
        by=CARRIER,
        at=fact.at,
        sets={
            "delivered_at": delivered_at,
            "shipped_at": order.shipped_at or fact.at,
            "window_closes_at": closes_at,
        },
    )
    deadlines.cancel_deadlines(
        [order], LABEL_LATE, SHIP_BY, SHIP_BY_REMINDER, CANCEL_LATE, NO_MOVEMENT, LATE_WORD, at=fact.at
    )
    deadlines.set_deadline(settling.CONFIRM_BY, order, closes_at)
    events.announce(OrderDelivered(order.id, fact.at))


def parcel_returned(fact: ParcelReturned) -> None:
    """Back at its sender: full refund, the piece stays with its seller; after a delivery the desk decides (L06)."""
    order = db.session.get_one(Order, fact.order_id)
    if Order.machine.allows(order.state, "return"):
        events.transition(order, "return", by=CARRIER, at=fact.at)
        raise_alarm(AlarmKind.PARCEL_RETURNED, order, at=fact.at)
        refunding.refund_in_full(order, reason=EndReason.RETURNED_TO_SENDER, by=CARRIER, at=fact.at)
    elif order.state is OrderState.DELIVERED:
        _trouble_after_delivery(order, fact.at)


def parcel_failed(fact: ParcelFailed) -> None:
    """A failed delivery is for the desk; after a delivery it stops the window."""
    order = db.session.get_one(Order, fact.order_id)
    if order.state is OrderState.DELIVERED:
        _trouble_after_delivery(order, fact.at)
    elif order.state is OrderState.IN_TRANSIT:
        raise_alarm(AlarmKind.NOT_DELIVERED, order, at=fact.at)


def _trouble_after_delivery(order: Order, at: datetime) -> None:
    settling.contest_by_carrier(order, at=at)
    raise_alarm(AlarmKind.TROUBLE_AFTER_DELIVERY, order, at=at)


# Deadlines -----------------------------------------------------------------------------------------------------------


def _orders(ids: Sequence[int], *states: OrderState) -> list[Order]:
    return list(db.session.scalars(sa.select(Order).where(Order.id.in_(ids), Order.state.in_(states))))


def sweep_label_late(order_ids: Sequence[int], at: datetime) -> None:
    """No label within a business day: the desk is told, and the buyer may cancel (GAP-01)."""
    for order in _orders(order_ids, OrderState.PAID):
        raise_alarm(AlarmKind.LABEL_LATE, order, at=at)


def sweep_ship_by_reminders(order_ids: Sequence[int], at: datetime) -> None:
    """A business day before the last one, the seller is reminded."""
    for order in _orders(order_ids, OrderState.LABEL_ISSUED):
        events.announce(ShipByNear(order.id, at))


def sweep_ship_by(order_ids: Sequence[int], at: datetime) -> None:
    """The ship-by moment has passed: the buyer may cancel now, and the order ends by itself later (GAP-09)."""
    for order in _orders(order_ids, OrderState.LABEL_ISSUED):
        days = terms.of_buyer(order).limits.cancel_late_business_days
        cancels_at = terms.calendar().end_of_business_day_after(order.ship_by_at or at, days)
        deadlines.set_deadline(CANCEL_LATE, order, cancels_at)
        events.announce(ShipByPassed(order.id, cancels_at, at))


def sweep_cancel_late(order_ids: Sequence[int], at: datetime) -> None:
    """Never handed over: the order cancels itself with a full refund (GAP-09)."""
    for order in _orders(order_ids, OrderState.LABEL_ISSUED):
        refunding.cancel(order, reason=EndReason.NOT_SHIPPED, by=SYSTEM, at=at)


def sweep_no_movement(order_ids: Sequence[int], at: datetime) -> None:
    """No scan for days: the parcel counts as lost, the buyer is refunded, an agent decides on the seller (GAP-09)."""
    for order in _orders(order_ids, OrderState.IN_TRANSIT):
        if not watching.carrier_was_asked(order.id, since=at - watching.QUIET):
            # Our silence may be a lost webhook: the carrier is asked first (fault L05).
            deadlines.set_deadline(NO_MOVEMENT, order, at + ASKED_WITHIN)
            continue
        events.transition(order, "lose", by=SYSTEM, at=at)
        for parcel in parcels.parcels_of(order.id):
            if parcel.state is ParcelState.IN_TRANSIT:
                parcels.mark_lost(parcel, by=SYSTEM, at=at)
        raise_alarm(AlarmKind.PARCEL_LOST, order, at=at)
        refunding.refund_in_full(order, reason=EndReason.PARCEL_LOST, by=SYSTEM, at=at)


def sweep_late_words(order_ids: Sequence[int], at: datetime) -> None:
    """While a parcel is late the buyer hears from us every few business days (MK-63, GAP-20)."""
    for order in _orders(order_ids, OrderState.IN_TRANSIT):
        events.announce(StillOnItsWay(order.id, at))
        days = terms.of_buyer(order).limits.late_update_business_days
        deadlines.set_deadline(LATE_WORD, order, terms.calendar().end_of_business_day_after(at, days))


def seller_of_lost_parcel_is_unpaid(order: Order) -> bool:
    """Whether an agent has yet to decide on the seller of a parcel the carrier lost."""
    if order.end_reason != EndReason.PARCEL_LOST or order.shipped_at is None or order.seller_id is None:
        return False
    return payout_of(order.id) is None


def pay_seller_of_lost_parcel(order: Order, *, by: HasActor, at: datetime) -> None:
    """An agent has checked that the label was scanned: the seller is paid, the carrier owes us (GAP-09)."""
    if order.seller_id is None or not seller_of_lost_parcel_is_unpaid(order):
        raise CannotPayOut()
    event = events.record(order, "pay_lost", by=by, at=at)
    posting = accounting.lost_parcel_payout(order, event, at)
    post(posting)
    owed = -next(line.amount for line in posting.lines if line.amount.minor < 0)
    owe_payouts([PayoutOwed(order.id, order.number, order.seller_id, owed)], at=at)
