"""What has happened to a case since an agent opened its page: nobody acts on a page that is no longer true."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from marketplace.database import db
from marketplace.disputes import caseload
from marketplace.disputes.models import Dispute, DisputeMessage
from marketplace.disputes.words import what_happened
from marketplace.errors import Refusal
from marketplace.events import ActorKind, Event
from marketplace.people.models import Person

# Whose queue it leaves for a while is nothing to whoever has its page open.
_CHANGES_IT = Event.action.not_in((caseload.SNOOZE, caseload.WAKE))


class CaseChanged(Refusal):
    """The page that was sent is older than the case."""

    message = _l("This case changed while you were looking at it. Nothing was done; look again.")


@dataclass(frozen=True)
class Change:
    """One thing that happened since: what, when, who (empty: the shop itself), and the words, where there are any."""

    title: str
    at: datetime
    by: str
    words: str = ""


def mark(dispute: Dispute) -> int:
    """How far the case has come: the id of the last thing that happened to it."""
    return (
        db.session.scalar(
            sa.select(sa.func.max(Event.id)).where(
                Event.subject_type == Dispute.__tablename__, Event.subject_id == dispute.id, _CHANGES_IT
            )
        )
        or 0
    )


def since(dispute: Dispute, mark: int) -> list[Change]:
    """What has happened after a mark, oldest first."""
    rows = db.session.execute(
        sa.select(Event, Person.name, DisputeMessage.words)
        .outerjoin(Person, sa.and_(Event.actor_kind == ActorKind.PERSON, Person.id == Event.actor_id))
        .outerjoin(DisputeMessage, DisputeMessage.id == Event.detail["message_id"].as_integer())
        .where(
            Event.subject_type == Dispute.__tablename__, Event.subject_id == dispute.id, Event.id > mark, _CHANGES_IT
        )
        .order_by(Event.id)
    )
    return [Change(str(what_happened(event)), event.at, name or "", words or "") for event, name, words in rows]
