"""The piece on its way back: label, scan, arrival or loss, and what the seller says of it (GAP-08)."""

from __future__ import annotations

from datetime import datetime, timedelta

from marketplace import events
from marketplace.database import db
from marketplace.disputes import closing, resting, thread, waiting
from marketplace.disputes.facts import CaseMoved, News
from marketplace.disputes.locking import latest_of, lock
from marketplace.disputes.models import Dispute
from marketplace.disputes.resting import end
from marketplace.disputes.states import CannotReceive, DisputeState, Side
from marketplace.events import CARRIER, SYSTEM, HasActor
from marketplace.jobs.alarms import AlarmKind, raise_alarm
from marketplace.orders import terms
from marketplace.orders.models import Order
from marketplace.payments.chargebacks import ChargebackOpen
from marketplace.people.models import Person
from marketplace.shipping import asking, parcels, watching
from marketplace.shipping.facts import (
    LabelBought,
    LabelRefused,
    ParcelDelivered,
    ParcelFailed,
    ParcelMoved,
    ParcelNews,
    ParcelReturned,
    ParcelScanned,
    ReturnNews,
)
from marketplace.shipping.models import ParcelState

ASKED_AGAIN = timedelta(hours=1)

__all__ = ["begin", "end", "keep", "lose", "news", "receive", "report_swap"]


def begin(dispute: Dispute, action: str, *, on_scan: bool, by: HasActor, at: datetime) -> None:
    """Ask for the prepaid label; the days to hand the piece over run anew from when it is there."""
    order = dispute.order
    events.transition(dispute, action, by=by, at=at, sets={"refunds_on_scan": on_scan})
    if order.listing.ships_from is not None and not dispute.goes_to_house:
        home = order.listing.ships_from.postal
    else:
        home = terms.of_seller(order).market.warehouse_postal
    parcels.request_label(
        order_id=order.id,
        order_number=order.number,
        ship_from=order.checkout.ship_to,
        ship_to=home,
        at=at,
        is_return=True,
    )
    waiting.wait(dispute, at=at)


# The carrier's news --------------------------------------------------------------------------------------------------


def news(fact: ReturnNews) -> None:
    """What the carrier says of a piece on its way back. After the case is over it is the desk's."""
    told = fact.news
    latest = latest_of(told.order_id)
    if latest is None or not _follow(lock(latest), told):
        order = db.session.get_one(Order, told.order_id)
        raise_alarm(_ALARMS.get(type(told), AlarmKind.SCAN_AFTER_CANCELLATION), order, at=told.at)


_ALARMS: dict[type, AlarmKind] = {
    LabelRefused: AlarmKind.LABEL_LATE,
    ParcelFailed: AlarmKind.NOT_DELIVERED,
    ParcelReturned: AlarmKind.PARCEL_RETURNED,
}


def _follow(dispute: Dispute, told: ParcelNews) -> bool:
    """Let the case follow its parcel; False where this news does not fit it."""
    if isinstance(told, ParcelMoved):
        if dispute.state is DisputeState.RETURN_IN_TRANSIT:
            waiting.wait(dispute, at=told.at)
        return True
    if isinstance(told, LabelBought) and dispute.state is DisputeState.RETURN_LABEL:
        waiting.wait(dispute, at=told.at)
        events.announce(CaseMoved(dispute.id, News.RETURN_LABEL, told.at))
        return True
    if isinstance(told, ParcelScanned) and dispute.state is DisputeState.RETURN_LABEL:
        events.transition(dispute, "return_scanned", by=CARRIER, at=told.at)
        closing.refund_what_waited(dispute, by=CARRIER, at=told.at)
        waiting.wait(dispute, at=told.at)
        return True
    if isinstance(told, ParcelDelivered) and Dispute.machine.allows(dispute.state, "return_delivered"):
        events.transition(dispute, "return_delivered", by=CARRIER, at=told.at)
        closing.refund_what_waited(dispute, by=CARRIER, at=told.at)
        waiting.wait(dispute, at=told.at)
        events.announce(CaseMoved(dispute.id, News.RETURNED, told.at))
        return True
    return False


# The end of the way --------------------------------------------------------------------------------------------------


def receive(dispute: Dispute, *, by: HasActor, at: datetime) -> None:
    """The seller has the piece back, or said nothing within the days.

    Raises ``CannotReceive``, and ``ChargebackOpen`` while the buyer's bank keeps the refund from leaving.
    """
    dispute = lock(dispute)
    if closing.refund_waits(dispute):
        raise ChargebackOpen()
    events.transition(dispute, "receive", by=by, at=at, sets={"is_piece_back": True})
    resting.rest(dispute, by=by, at=at)


def report_swap(dispute: Dispute, *, words: str, by: Person, at: datetime) -> None:
    """What came back is not the piece that was sent, or not as it was: the desk looks. Raises ``CannotReceive``."""
    dispute = lock(dispute)
    if dispute.state is not DisputeState.RETURNED:
        raise CannotReceive()
    events.transition(dispute, "report_swap", by=by, at=at, sets={"hearing": Side.SELLER})
    thread.say(dispute, words, side=Side.SELLER, by=by, at=at)
    waiting.wait(dispute, at=at)
    events.announce(CaseMoved(dispute.id, News.IN_REVIEW, at, Side.SELLER))


def keep(dispute: Dispute, *, at: datetime) -> None:
    """The buyer never handed it over. Where the label is missing they get the days again, and the desk an alarm."""
    parcel = parcels.return_parcel_of(dispute.order_id)
    if parcel is None or parcel.state is not ParcelState.LABEL_BOUGHT:
        raise_alarm(AlarmKind.LABEL_LATE, dispute.order, at=at)
        waiting.wait(dispute, at=at)
        events.announce(CaseMoved(dispute.id, News.NEW_DATE, at))
        return
    parcels.cancel_parcel(parcel, by=SYSTEM, at=at)
    events.transition(dispute, "keep", by=SYSTEM, at=at)
    resting.rest(dispute, by=SYSTEM, at=at)


def lose(dispute: Dispute, *, at: datetime) -> None:
    """No scan for days: it counts as lost once the carrier was asked (GAP-08, fault L05)."""
    parcel = parcels.return_parcel_of(dispute.order_id)
    was_asked = watching.carrier_was_asked(dispute.order_id, since=at - watching.QUIET, is_return=True)
    if parcel is not None and not was_asked and asking.ask(parcel, at=at):
        waiting.set_due(dispute, at + ASKED_AGAIN)
        return
    if parcel is not None and parcel.state is ParcelState.IN_TRANSIT:
        parcels.mark_lost(parcel, by=SYSTEM, at=at)
    events.transition(dispute, "return_lost", by=SYSTEM, at=at)
    resting.rest(dispute, by=SYSTEM, at=at)
