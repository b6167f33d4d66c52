"""From paid to delivered: the label, the ship-by clock, the carrier's news, and what silence leads to."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa

from marketplace import events
from marketplace.database import db
from marketplace.events import CARRIER, SYSTEM
from marketplace.jobs import deadlines
from marketplace.jobs.alarms import AlarmKind, raise_alarm
from marketplace.orders import lost_parcels, refunding, settling, terms
from marketplace.orders.facts import (
    LabelIssued,
    OrderDelivered,
    OrderShipped,
    ShipByNear,
    ShipByPassed,
    StillOnItsWay,
)
from marketplace.orders.lost_parcels import CARRIER_ANSWER, NO_MOVEMENT
from marketplace.orders.models import Order
from marketplace.orders.refunding import EndReason
from marketplace.orders.states import BEFORE_SCAN, OrderState
from marketplace.shipping import parcels
from marketplace.shipping.facts import (
    LabelRefused,
    ParcelDelivered,
    ParcelFailed,
    ParcelMoved,
    ParcelReturned,
    ParcelScanned,
)

LABEL_LATE = "label_late"
SHIP_BY_REMINDER = "ship_by_reminder"
SHIP_BY = "ship_by"
CANCEL_LATE = "cancel_late"
LATE_WORD = "late_word"


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
        lost_parcels.expect_movement(order, fact.at)
        deadlines.set_deadline(LATE_WORD, order, expected_latest(order, fact.at))
        events.announce(OrderShipped(order.id, fact.at))
    elif order.state is OrderState.DISPUTED:
        _note(order, "shipped_while_disputed", fact.at, shipped_at=order.shipped_at or fact.at)
    elif order.state in (OrderState.CANCELLED, OrderState.REFUNDED):
        raise_alarm(AlarmKind.SCAN_AFTER_CANCELLATION, order, at=fact.at)


def _note(order: Order, action: str, at: datetime, **moments: datetime) -> None:
    """Write down where the parcel of a disputed order is. The state stays, and no window opens: a person decides."""
    for name, moment in moments.items():
        setattr(order, name, moment)
    events.record(order, action, by=CARRIER, at=at)


def expected_latest(order: Order, at: datetime) -> datetime:
    """Until when a parcel that was handed over at ``at`` usually arrives."""
    return at + timedelta(days=terms.of_buyer(order).shipping.usual_days_max)


def parcel_moved(fact: ParcelMoved) -> None:
    """Still on its way; a parcel whose loss was refunded has turned up."""
    order = db.session.get_one(Order, fact.order_id)
    if order.state is OrderState.IN_TRANSIT:
        lost_parcels.expect_movement(order, fact.at)
    else:
        lost_parcels.turned_up(order, fact.at)


def parcel_delivered(fact: ParcelDelivered) -> None:
    """Delivered: the window opens, once, from the moment it is recorded here (MK-56, GAP-04)."""
    order = db.session.get_one(Order, fact.order_id)
    if not Order.machine.allows(order.state, "deliver"):
        _delivered_all_the_same(order, fact)
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
        [order], LABEL_LATE, SHIP_BY, SHIP_BY_REMINDER, CANCEL_LATE, NO_MOVEMENT, CARRIER_ANSWER, LATE_WORD, at=fact.at
    )
    deadlines.set_deadline(settling.CONFIRM_BY, order, closes_at)
    events.announce(OrderDelivered(order.id, fact.at))


def _delivered_all_the_same(order: Order, fact: ParcelDelivered) -> None:
    if order.state is OrderState.DISPUTED:
        moments = {"shipped_at": order.shipped_at or fact.at, "delivered_at": max(fact.at, fact.carrier_at)}
        _note(order, "delivered_while_disputed", fact.at, **moments)
    elif order.state is OrderState.REFUNDED and not lost_parcels.turned_up(order, fact.at):
        raise_alarm(AlarmKind.SCAN_AFTER_CANCELLATION, order, at=fact.at)


def parcel_returned(fact: ParcelReturned) -> None:
    """Back at its sender: full refund, the piece stays with its seller; after a delivery the desk decides (L06)."""
    order = db.session.get_one(Order, fact.order_id)
    if Order.machine.allows(order.state, "return"):
        events.transition(order, "return", by=CARRIER, at=fact.at)
        raise_alarm(AlarmKind.PARCEL_RETURNED, order, at=fact.at)
        refunding.refund_in_full(order, reason=EndReason.RETURNED_TO_SENDER, by=CARRIER, at=fact.at)
    elif order.state is OrderState.DELIVERED:
        _trouble_after_delivery(order, fact.at)
    elif order.state is OrderState.DISPUTED:
        _note(order, "returned_while_disputed", fact.at)
        raise_alarm(AlarmKind.PARCEL_RETURNED, order, at=fact.at)
    else:
        lost_parcels.turned_up(order, fact.at)


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


def sweep_late_words(order_ids: Sequence[int], at: datetime) -> None:
    """While a parcel is late the buyer hears from us every few business days (MK-63, GAP-20)."""
    for order in _orders(order_ids, OrderState.IN_TRANSIT):
        events.announce(StillOnItsWay(order.id, at))
        days = terms.of_buyer(order).limits.late_update_business_days
        deadlines.set_deadline(LATE_WORD, order, terms.calendar().end_of_business_day_after(at, days))
