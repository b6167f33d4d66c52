"""Giving labels back through the outbox. A carrier may look for days whether one was used before it says (fault L09).

The price stays owed in the books until the carrier has said yes; a label it calls used stays paid.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa

from marketplace import events
from marketplace.database import db
from marketplace.events import CARRIER
from marketplace.jobs import deadlines, outbox
from marketplace.jobs.outbox import Done, NotDone, OutboxRow, Refused
from marketplace.shipping.carrier import Cancellation, CancellationPending, CarrierRefusal, current_carrier
from marketplace.shipping.labels import post_postage
from marketplace.shipping.locking import lock_parcel
from marketplace.shipping.models import Parcel
from marketplace.shipping.parcels import VOID_LABEL

log = logging.getLogger(__name__)

CHECK_VOID = "check_void"
PENDING = "void_pending"  # deadline: the carrier has not decided about a label given back
NEXT_LOOK = timedelta(days=1)
LONGEST_LOOK = timedelta(days=45)  # carriers decide within thirty days; silence after this counts as a no


class LabelCancellations:
    """How the outbox gives a label back."""

    def perform(self, row: OutboxRow) -> Done | Refused:
        return _outcome(current_carrier().cancel_label(row.request["provider_ref"], row.key))

    def look_up(self, row: OutboxRow) -> Done | Refused | None:
        answer = current_carrier().look_up_cancellation(row.request["provider_ref"], row.key)
        return None if answer is None else _outcome(answer)

    def record(self, row: OutboxRow, outcome: Done | Refused, *, at: datetime) -> None:
        _record(row.subject_id, outcome, at)


class CancellationQuestions:
    """How the outbox asks what a carrier has decided."""

    def perform(self, row: OutboxRow) -> Done | Refused:
        answer = current_carrier().look_up_cancellation(row.request["provider_ref"], row.key)
        if answer is None:
            raise NotDone("the carrier does not know of it any more")
        return _outcome(answer)

    def look_up(self, row: OutboxRow) -> Done | Refused | None:
        return None  # a question may be asked again

    def record(self, row: OutboxRow, outcome: Done | Refused, *, at: datetime) -> None:
        _record(row.subject_id, outcome, at)


def _outcome(answer: Cancellation) -> Done | Refused:
    if isinstance(answer, CarrierRefusal):
        return Refused(answer.words, {"code": answer.code})
    return Done({"refund_ref": answer.refund_ref, "pending": isinstance(answer, CancellationPending)})


def _record(parcel_id: int, outcome: Done | Refused, at: datetime) -> None:
    """Take the price back out of the books; a label the carrier calls used stays paid (fault L09)."""
    parcel = lock_parcel(parcel_id)
    if isinstance(outcome, Refused):
        events.record(parcel, "void_label_refused", by=CARRIER, at=at)
        log.warning("label stays paid", extra={"parcel": parcel.id})
    elif outcome.answer["pending"]:
        deadlines.set_deadline(PENDING, parcel, at + NEXT_LOOK)
    else:
        event = events.record(parcel, "void_label", by=CARRIER, at=at)
        post_postage(parcel, event, "postage_returned", at, sign=-1)


def sweep_pending(parcel_ids: Sequence[int], at: datetime) -> None:
    """The deadline of labels given back and not decided about: ask, or count a long silence as a no."""
    for parcel in db.session.scalars(sa.select(Parcel).where(Parcel.id.in_(parcel_ids))):
        asked_at = outbox.rows_of(parcel, VOID_LABEL)[0].queued_at
        if at < asked_at + LONGEST_LOOK:
            key = f"check-void-{parcel.key}:{at:%Y%m%dT%H%M%S}"
            outbox.enqueue(CHECK_VOID, key=key, subject=parcel, request={"provider_ref": parcel.provider_ref}, at=at)
        else:
            _record(parcel.id, Refused("no decision"), at)
