"""One change to many cases at once, and the ten seconds in which its agent may take it back.

Who a case belongs to and who has put it aside can be taken back; closing cannot, because it pays sellers.
"""

from __future__ import annotations

import enum
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Mapped, mapped_column

from marketplace import events
from marketplace.database import JSONDocument, Model, db, enum_column
from marketplace.disputes import caseload, resting
from marketplace.disputes.caseload import Assignment, Snooze
from marketplace.disputes.locking import lock_all
from marketplace.disputes.models import Dispute
from marketplace.disputes.permissions import can_appeal, is_party
from marketplace.disputes.states import Side
from marketplace.errors import Refusal
from marketplace.people.models import Person

UNDO = timedelta(seconds=10)


class TooLate(Refusal):
    message = _l("This can no longer be taken back.")


class Verb(enum.StrEnum):
    """What can be done to many cases at once."""

    ASSIGN = "assign"
    SNOOZE = "snooze"
    CLOSE = "close"


class BulkChange(Model):
    """What one agent did to many cases at once, and how each of them stood before."""

    __tablename__ = "dispute_bulk_changes"

    id: Mapped[int] = mapped_column(primary_key=True)
    agent_id: Mapped[int] = mapped_column(sa.ForeignKey("people.id"), index=True)
    verb: Mapped[Verb] = mapped_column(enum_column(Verb))
    made_at: Mapped[datetime]
    before: Mapped[list[Any]] = mapped_column(JSONDocument)  # [case, what was, what is], ids and moments only
    undone_at: Mapped[datetime | None]


def allows(verb: Verb, dispute: Dispute, *, by: Person, at: datetime) -> bool:
    """Whether the case lets itself be dealt with so: closed is only what nobody can appeal against any more."""
    if verb is not Verb.CLOSE:
        return not dispute.is_over
    if not resting.is_waiting_for_appeals(dispute) or is_party(dispute, by):
        return False
    return not any(can_appeal(dispute, side, at) for side in (Side.BUYER, Side.SELLER))


def assign(dispute_ids: Sequence[int], to: Person | None, *, by: Person, at: datetime) -> BulkChange:
    """Make these cases somebody's or nobody's; those that are over are left alone."""
    cases = _allowed(Verb.ASSIGN, dispute_ids, by, at)
    owners = caseload.agent_ids([dispute.id for dispute in cases])
    now = to.id if to else None
    for dispute in cases:
        caseload.assign(dispute, to, by=by, at=at)
    return _keep(Verb.ASSIGN, [[dispute.id, owners.get(dispute.id), now] for dispute in cases], by, at)


def snooze(dispute_ids: Sequence[int], *, until: datetime, reason: str, by: Person, at: datetime) -> BulkChange:
    """Hide these cases from the agent's own queue for a while. Raises ``CannotSnooze`` past the limit."""
    cases = _allowed(Verb.SNOOZE, dispute_ids, by, at)
    before = {dispute.id: caseload.snooze_of(dispute, by, at) for dispute in cases}
    kept = [
        [key, [row.until.isoformat(), row.reason] if row else None, until.isoformat()] for key, row in before.items()
    ]
    for dispute in cases:
        caseload.snooze(dispute, until=until, reason=reason, by=by, at=at)
    return _keep(Verb.SNOOZE, kept, by, at)


def close(dispute_ids: Sequence[int], *, by: Person, at: datetime) -> int:
    """Close those of these cases that nobody can appeal against any more; returns how many that were."""
    cases = _allowed(Verb.CLOSE, dispute_ids, by, at)
    for dispute in cases:
        resting.rest(dispute, by=by, at=at)
    return len(cases)


def _allowed(verb: Verb, dispute_ids: Sequence[int], by: Person, at: datetime) -> list[Dispute]:
    return [dispute for dispute in lock_all(dispute_ids) if allows(verb, dispute, by=by, at=at)]


def _keep(verb: Verb, before: list[Any], by: Person, at: datetime) -> BulkChange:
    change = BulkChange(agent_id=by.id, verb=verb, made_at=at, before=before)
    db.session.add(change)
    db.session.flush()
    return change


# Taking it back ------------------------------------------------------------------------------------------------------


def last_of(agent: Person, at: datetime) -> BulkChange | None:
    """The change this agent may still take back."""
    return db.session.scalar(
        sa.select(BulkChange)
        .where(BulkChange.agent_id == agent.id, BulkChange.undone_at.is_(None), BulkChange.made_at > at - UNDO)
        .order_by(BulkChange.id.desc())
        .limit(1)
    )


def undo(change: BulkChange, *, by: Person, at: datetime) -> int:
    """Put every case back as it was, but for those somebody has dealt with since; returns how many.

    Raises ``TooLate`` after ten seconds, a second time, and for somebody else's change.
    """
    mine = (BulkChange.id == change.id, BulkChange.agent_id == by.id, BulkChange.undone_at.is_(None))
    claim = sa.update(BulkChange).where(*mine, BulkChange.made_at > at - UNDO).values(undone_at=at)
    if db.session.scalar(claim.returning(BulkChange.id)) is None:
        raise TooLate()
    put_back = _assigned_before if change.verb is Verb.ASSIGN else _aside_before
    return sum(put_back(dispute_id, was, is_now, by, at) for dispute_id, was, is_now in change.before)


def _assigned_before(dispute_id: int, was: int | None, is_now: int | None, by: Person, at: datetime) -> bool:
    dispute = db.session.get_one(Dispute, dispute_id)
    if caseload.agent_ids([dispute_id]).get(dispute_id) != is_now:
        return False
    db.session.execute(sa.delete(Assignment).where(Assignment.dispute_id == dispute_id))
    if was is not None:
        db.session.add(Assignment(dispute_id=dispute_id, agent_id=was, assigned_at=at))
    events.record(dispute, "assign", by=by, at=at, agent_id=was)
    return True


def _aside_before(dispute_id: int, was: list[str] | None, is_now: str, by: Person, at: datetime) -> bool:
    row = db.session.get(Snooze, (dispute_id, by.id))
    if row is None or row.until != datetime.fromisoformat(is_now):
        return False
    caseload.wake(db.session.get_one(Dispute, dispute_id), by=by, at=at)
    if was is not None:
        until, reason = was
        db.session.add(
            Snooze(dispute_id=dispute_id, agent_id=by.id, until=datetime.fromisoformat(until), reason=reason)
        )
    db.session.flush()
    return True
