"""Asking the carrier about parcels nothing was heard of; the answers go the way of the webhooks (fault L05)."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

import sqlalchemy as sa

from marketplace import clock, events
from marketplace.database import db, unit_of_work
from marketplace.jobs import outbox
from marketplace.jobs.outbox import Done, NotDone, OutboxRow, OutcomeUnknown, Refused
from marketplace.shipping import tracking, watching
from marketplace.shipping.carrier import TrackingReport, current_carrier
from marketplace.shipping.facts import CarrierAnswered
from marketplace.shipping.models import Parcel
from marketplace.shipping.track_objects import Track

log = logging.getLogger(__name__)

TRACK = "track"
MOST_ATTEMPTS = 4  # then the question waits for the next day: a carrier's outage is no alarm a parcel


def sweep_questions(parcel_ids: Sequence[int], at: datetime) -> None:
    """The deadline of quiet parcels: queue a question about each, and set the next day's."""
    for parcel in db.session.scalars(sa.select(Parcel).where(Parcel.id.in_(parcel_ids))):
        ask(parcel, at=at)
        watching.watch(parcel, at=at)


def ask(parcel: Parcel, *, at: datetime) -> bool:
    """Queue a question about a parcel, at most one a second; False where there can be no more news of it."""
    if not watching.is_watched(parcel, at):
        return False
    question = {"carrier": parcel.carrier, "tracking_number": parcel.tracking_number}
    outbox.enqueue(TRACK, key=f"track:{parcel.key}:{at:%Y%m%dT%H%M%S}", subject=parcel, request=question, at=at)
    return True


class Questions:
    """How the outbox asks. A question costs nothing, so one whose answer was lost is simply asked again."""

    def perform(self, row: OutboxRow) -> Done | Refused:
        carrier, number = row.request["carrier"], row.request["tracking_number"]
        try:
            reports = current_carrier().track(carrier, number)
        except (NotDone, OutcomeUnknown):
            if row.attempts < MOST_ATTEMPTS:
                raise
            return Refused("the carrier does not answer")
        return Done(Track(carrier, number, reports).document)

    def look_up(self, row: OutboxRow) -> Done | Refused | None:
        return None

    def record(self, row: OutboxRow, outcome: Done | Refused, *, at: datetime) -> None:
        if isinstance(outcome, Done):
            _record(row.subject_id, Track.of(outcome.answer).reports, at)


def _record(parcel_id: int, reports: Sequence[TrackingReport], at: datetime) -> int:
    parcel = db.session.get_one(Parcel, parcel_id)
    new = tracking.record_reports(parcel, reports, at=at)
    parcel.asked_at = at
    db.session.flush()
    if not parcel.is_inbound:
        events.announce(CarrierAnswered(parcel.id, parcel.order_id, at))
    return new


@dataclass(frozen=True)
class Polled:
    """The numbers of the parcels that were asked about: those with news, and those nobody answered for."""

    with_news: list[str] = field(default_factory=list)
    unanswered: list[str] = field(default_factory=list)


def poll_tracking(as_of: datetime | None = None) -> Polled:
    """Ask about every parcel still on its way, now. For ``flask reconcile``.

    Runs outside any transaction. A parcel the carrier does not answer for is left for the next time.
    """
    with unit_of_work(reading=True):
        asked = [(p.id, p.carrier, p.tracking_number or "") for p in watching.watched_parcels(as_of or clock.now())]
    polled = Polled()
    for parcel_id, carrier, number in asked:
        try:
            reports = current_carrier().track(carrier, number)
        except (NotDone, OutcomeUnknown) as trouble:
            log.warning("carrier did not answer", extra={"parcel": parcel_id, "reason": str(trouble)[:200]})
            polled.unanswered.append(number)
            continue
        with unit_of_work():
            if _record(parcel_id, reports, as_of or clock.now()):
                polled.with_news.append(number)
    return polled
