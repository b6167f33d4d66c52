"""A parcel nobody has seen for days: it counts as lost, and may turn up all the same (GAP-09)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa

from marketplace import events
from marketplace.database import db
from marketplace.events import SYSTEM, HasActor
from marketplace.jobs import deadlines
from marketplace.jobs.alarms import AlarmKind, raise_alarm
from marketplace.ledger import post
from marketplace.orders import accounting, refunding, terms
from marketplace.orders.models import Order
from marketplace.orders.refunding import EndReason
from marketplace.orders.states import OrderState
from marketplace.payments import chargebacks
from marketplace.payouts.models import CannotPayOut
from marketplace.payouts.paying import PayoutOwed, owe_payouts, payout_of
from marketplace.shipping import asking, parcels, watching
from marketplace.shipping.facts import CarrierAnswered
from marketplace.shipping.models import ParcelState

NO_MOVEMENT = "no_movement"  # deadline: nothing was heard of a parcel for days
CARRIER_ANSWER = "carrier_answer"  # deadline: the carrier was asked before the parcel is called lost

ASKED_AGAIN = timedelta(hours=1)


def expect_movement(order: Order, at: datetime) -> None:
    """Any scan puts off the moment at which the parcel counts as lost."""
    days = terms.of_buyer(order).limits.no_movement_days
    deadlines.set_deadline(NO_MOVEMENT, order, at + timedelta(days=days))
    deadlines.cancel_deadlines([order], CARRIER_ANSWER, at=at)


def sweep_no_movement(order_ids: Sequence[int], at: datetime) -> None:
    """No scan for days. Our silence may be a lost webhook, so the carrier is asked first (fault L05)."""
    moving = sa.select(Order).where(Order.id.in_(order_ids), Order.state == OrderState.IN_TRANSIT)
    for order in db.session.scalars(moving).all():
        if watching.carrier_was_asked(order.id, since=at - watching.QUIET) or not _ask_carrier(order, at):
            _lose(order, at)


def _ask_carrier(order: Order, at: datetime) -> bool:
    """Ask about every parcel, and again where no answer comes; False where the carrier has nothing to say any more."""
    asked = [asking.ask(parcel, at=at) for parcel in parcels.parcels_of(order.id)]
    if any(asked):
        deadlines.set_deadline(CARRIER_ANSWER, order, at + ASKED_AGAIN)
    return any(asked)


def carrier_answered(fact: CarrierAnswered) -> None:
    """The carrier has nothing new either: where that was all we waited for, the parcel is lost."""
    order = db.session.get_one(Order, fact.order_id)
    if order.state is not OrderState.IN_TRANSIT or deadlines.waiting_deadline(CARRIER_ANSWER, order) is None:
        return
    if watching.carrier_was_asked(order.id, since=fact.at - watching.QUIET):
        deadlines.cancel_deadlines([order], CARRIER_ANSWER, at=fact.at)
        _lose(order, fact.at)


def can_declare_lost(order: Order) -> bool:
    """Whether the order's parcel is on its way, so that it can be lost."""
    return order.state is OrderState.IN_TRANSIT


def declare_lost(order: Order, *, by: HasActor, at: datetime) -> None:
    """The carrier has told the desk that the parcel is lost. Raises ``CannotMarkLost`` where it is not on its way."""
    _lose(order, at, by=by)


def _lose(order: Order, at: datetime, *, by: HasActor = SYSTEM) -> None:
    """The buyer is refunded; an agent decides on the seller."""
    events.transition(order, "lose", by=by, at=at)
    for parcel in parcels.parcels_of(order.id):
        if parcel.state is ParcelState.IN_TRANSIT:
            parcels.mark_lost(parcel, by=by, at=at)
    raise_alarm(AlarmKind.PARCEL_LOST, order, at=at)
    refunding.refund_in_full(order, reason=EndReason.PARCEL_LOST, by=by, at=at)


def turned_up(order: Order, at: datetime) -> bool:
    """News of a parcel whose loss was refunded is the desk's; returns whether this was such news."""
    if order.state is not OrderState.REFUNDED or order.end_reason != EndReason.PARCEL_LOST:
        return False
    raise_alarm(AlarmKind.LOST_PARCEL_FOUND, order, at=at)
    return True


def seller_is_unpaid(order: Order) -> bool:
    """Whether an agent has yet to decide on the seller of a parcel the carrier lost."""
    if order.end_reason != EndReason.PARCEL_LOST or order.shipped_at is None or order.seller_id is None:
        return False
    return payout_of(order.id) is None


def pay_seller(order: Order, *, by: HasActor, at: datetime) -> None:
    """An agent has checked that the label was scanned: the seller is paid, the carrier owes us (GAP-09)."""
    if order.seller_id is None or not seller_is_unpaid(order):
        raise CannotPayOut()
    event = events.record(order, "pay_lost", by=by, at=at)
    posting = accounting.lost_parcel_payout(order, event, at)
    post(posting)
    owed = -next(line.amount for line in posting.lines if line.amount.minor < 0)
    is_stopped = order.checkout_id in chargebacks.stopping_among([order.checkout_id])
    pinned = order.seller_policy_version_id
    owe_payouts([PayoutOwed(order.id, order.number, order.seller_id, owed, is_stopped, terms_id=pinned)], at=at)
