"""Recording what the carrier says, in whatever order it comes: a parcel never goes back, a delivery counts once.

Webhooks and answers to our own questions come through ``record_reports`` alike.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from marketplace import events
from marketplace.database import db, insert_new
from marketplace.events import CARRIER
from marketplace.shipping import watching
from marketplace.shipping.carrier import TrackingReport
from marketplace.shipping.facts import (
    ParcelDelivered,
    ParcelFailed,
    ParcelMoved,
    ParcelReturned,
    ParcelScanned,
    tell,
)
from marketplace.shipping.locking import lock_parcel
from marketplace.shipping.models import Parcel, ParcelState, TrackingEvent, TrackingStatus

log = logging.getLogger(__name__)

AHEAD = timedelta(days=1)  # a carrier's clock may run ahead of ours; beyond this its date is a slip

# Among words about the same moment, the one that ends the story comes last.
_ORDER = {
    TrackingStatus.UNKNOWN: 0,
    TrackingStatus.PRE_TRANSIT: 1,
    TrackingStatus.TRANSIT: 2,
    TrackingStatus.FAILURE: 3,
    TrackingStatus.DELIVERED: 4,
    TrackingStatus.RETURNED: 5,
}


def find_parcel(carrier: str, tracking_number: str) -> Parcel | None:
    """The parcel of ours that carries this number with this carrier (fault L07)."""
    parcel = db.session.scalar(sa.select(Parcel).where(Parcel.tracking_number == tracking_number))
    return parcel if parcel is not None and parcel.carrier.lower() == carrier.lower() else None


def record_reports(parcel: Parcel, reports: Iterable[TrackingReport], *, at: datetime) -> int:
    """Keep every report that is new and let the parcel follow it; returns how many were new (fault L04).

    ``at`` is the moment of recording: what hangs on a delivery runs from it, never from the carrier's earlier time
    (GAP-04).
    """
    parcel = lock_parcel(parcel.id)
    timed = [(_carrier_time(parcel, report, at), report) for report in reports]
    new = 0
    for moment, report in sorted(timed, key=lambda pair: (pair[0], _ORDER[pair[1].status])):
        if _keep(parcel, report, moment, at):
            new += 1
            _follow(parcel, report.status, moment, at)
    watching.watch(parcel, at=at)
    return new


def _carrier_time(parcel: Parcel, report: TrackingReport, at: datetime) -> datetime:
    """The carrier's own time, or the time we know this status since where it gives none."""
    if report.carrier_at is None:
        known: datetime | None = db.session.scalar(_first_time(parcel, report.status))
        return known or at
    if report.carrier_at > at + AHEAD:
        log.warning("a carrier's time lies ahead", extra={"parcel": parcel.id, "says": report.carrier_at.isoformat()})
        return at
    return report.carrier_at


def _first_time(parcel: Parcel, status: TrackingStatus) -> sa.Select[Any]:
    return sa.select(sa.func.min(TrackingEvent.carrier_at)).where(
        TrackingEvent.parcel_id == parcel.id, TrackingEvent.status == status
    )


def _keep(parcel: Parcel, report: TrackingReport, moment: datetime, at: datetime) -> bool:
    """Store the report; False where the same word about the same moment and place is there already."""
    fields = {
        "parcel_id": parcel.id,
        "status": report.status,
        "carrier_at": moment,
        "recorded_at": at,
        "place": report.place,
        "words": report.words,
    }
    return db.session.scalar(insert_new(TrackingEvent).values(fields).returning(TrackingEvent.id)) is not None


# What a report does to its parcel ------------------------------------------------------------------------------------


def _follow(parcel: Parcel, status: TrackingStatus, moment: datetime, at: datetime) -> None:
    heard = min(moment, at)
    if status is TrackingStatus.TRANSIT:
        _move(parcel, moment, heard, at)
    elif status is TrackingStatus.DELIVERED:
        _deliver(parcel, moment, heard, at)
    elif status is TrackingStatus.RETURNED:
        _return(parcel, moment, heard, at)
    elif status is TrackingStatus.FAILURE:
        _fail(parcel, moment, at)


def _move(parcel: Parcel, moment: datetime, heard: datetime, at: datetime) -> None:
    if Parcel.machine.allows(parcel.state, "scan"):
        sets = {"first_scan_at": heard, "last_movement_at": heard}
        events.transition(parcel, "scan", by=CARRIER, at=at, sets=sets)
        tell(parcel, ParcelScanned(parcel.id, parcel.order_id, at, moment))
        return
    parcel.first_scan_at = min(heard, parcel.first_scan_at or heard)
    if parcel.state in (ParcelState.IN_TRANSIT, ParcelState.LOST) and heard > (parcel.last_movement_at or moment):
        parcel.last_movement_at = heard
        tell(parcel, ParcelMoved(parcel.id, parcel.order_id, at))


def _deliver(parcel: Parcel, moment: datetime, heard: datetime, at: datetime) -> None:
    if parcel.state is ParcelState.CANCELLED:
        _move(parcel, moment, heard, at)  # handed over in spite of the cancellation: that is news of its own
    if not Parcel.machine.allows(parcel.state, "deliver"):
        return
    sets = {
        "delivered_at": max(moment, at),
        "first_scan_at": parcel.first_scan_at or heard,
        "last_movement_at": max(heard, parcel.last_movement_at or heard),
    }
    events.transition(parcel, "deliver", by=CARRIER, at=at, sets=sets)
    tell(parcel, ParcelDelivered(parcel.id, parcel.order_id, at, moment))


def _return(parcel: Parcel, moment: datetime, heard: datetime, at: datetime) -> None:
    if parcel.state is ParcelState.CANCELLED:
        _move(parcel, moment, heard, at)
    if not Parcel.machine.allows(parcel.state, "return") or _is_behind_delivery(parcel, moment):
        return
    sets = {"last_movement_at": max(heard, parcel.last_movement_at or heard)}
    events.transition(parcel, "return", by=CARRIER, at=at, sets=sets)
    tell(parcel, ParcelReturned(parcel.id, parcel.order_id, at))


def _fail(parcel: Parcel, moment: datetime, at: datetime) -> None:
    if parcel.state is not ParcelState.RETURNED and not _is_behind_delivery(parcel, moment):
        events.record(parcel, "fail", by=CARRIER, at=at)
        tell(parcel, ParcelFailed(parcel.id, parcel.order_id, at))


def _is_behind_delivery(parcel: Parcel, moment: datetime) -> bool:
    """Whether this is late news of before the delivery: an attempt that failed is no trouble once another succeeded."""
    if parcel.state is not ParcelState.DELIVERED:
        return False
    delivered: datetime | None = db.session.scalar(_first_time(parcel, TrackingStatus.DELIVERED))
    return delivered is not None and moment < delivered
