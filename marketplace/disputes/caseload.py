"""Who at the desk works on which case: whose it is, who has put it aside for a while, who is looking at it.

Nothing here is a party's to see, and nothing here moves a deadline or money.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Mapped, mapped_column

from marketplace import events
from marketplace.database import Model, db, insert_new
from marketplace.disputes import thread
from marketplace.disputes.models import Dispute
from marketplace.disputes.states import DisputeOver
from marketplace.errors import Refusal
from marketplace.people.models import Person, Role, StaffRole
from marketplace.programme import versions

SNOOZE, WAKE = "snooze", "wake"  # what an agent does to a queue of their own: on record, and no change of the case
LOOKING = timedelta(minutes=10)  # so long after opening a case an agent counts as looking at it


class NoAgent(Refusal):
    message = _l("This person does not work on cases.")
    status = 422


class CannotSnooze(Refusal):
    message = _l("A case can be put aside only until a day within the limit, and while it is open.")
    status = 422


class Assignment(Model):
    """Whose case it is; a case without a row is nobody's."""

    __tablename__ = "dispute_assignments"

    dispute_id: Mapped[int] = mapped_column(sa.ForeignKey("disputes.id"), primary_key=True)
    agent_id: Mapped[int] = mapped_column(sa.ForeignKey("people.id"), index=True)
    assigned_at: Mapped[datetime]


class Snooze(Model):
    """A case that one agent has put aside: hidden from that agent's own queue until a moment."""

    __tablename__ = "dispute_snoozes"

    dispute_id: Mapped[int] = mapped_column(sa.ForeignKey("disputes.id"), primary_key=True)
    agent_id: Mapped[int] = mapped_column(sa.ForeignKey("people.id"), primary_key=True)
    until: Mapped[datetime]
    reason: Mapped[str] = mapped_column(sa.String(500))


class Visit(Model):
    """When an agent last opened a case's page."""

    __tablename__ = "dispute_visits"

    dispute_id: Mapped[int] = mapped_column(sa.ForeignKey("disputes.id"), primary_key=True)
    agent_id: Mapped[int] = mapped_column(sa.ForeignKey("people.id"), primary_key=True)
    seen_at: Mapped[datetime]


def agents() -> Sequence[Person]:
    """Everybody who works on cases, by name."""
    works = sa.select(StaffRole.person_id).where(StaffRole.role.in_((Role.AGENT, Role.MANAGER)))
    return db.session.scalars(sa.select(Person).where(Person.id.in_(works)).order_by(Person.name, Person.id)).all()


# Whose it is ---------------------------------------------------------------------------------------------------------


def agent_of(dispute: Dispute) -> Person | None:
    """Whose case it is."""
    mine = sa.select(Assignment.agent_id).where(Assignment.dispute_id == dispute.id)
    return db.session.scalar(sa.select(Person).where(Person.id == mine.scalar_subquery()))


def agent_ids(dispute_ids: Collection[int]) -> dict[int, int]:
    """Whose each of these cases is, by case; those of nobody are left out."""
    rows = sa.select(Assignment.dispute_id, Assignment.agent_id).where(Assignment.dispute_id.in_(dispute_ids))
    return {row.dispute_id: row.agent_id for row in db.session.execute(rows)}


def assign(dispute: Dispute, to: Person | None, *, by: Person, at: datetime) -> None:
    """Make the case somebody's, or nobody's. Raises ``NoAgent`` and ``DisputeOver``.

    It may be a case the agent is party to: then it is the page and the verbs that refuse (fault P06).
    """
    if dispute.is_over:
        raise DisputeOver()
    if to is not None and not to.has_role(Role.AGENT):
        raise NoAgent()
    db.session.execute(sa.delete(Assignment).where(Assignment.dispute_id == dispute.id))
    if to is not None:
        db.session.add(Assignment(dispute_id=dispute.id, agent_id=to.id, assigned_at=at))
    events.record(dispute, "assign", by=by, at=at, agent_id=to.id if to else None)


# Put aside -----------------------------------------------------------------------------------------------------------


def snooze_of(dispute: Dispute, agent: Person, at: datetime) -> Snooze | None:
    """The agent's own pause of a case, while it lasts."""
    row = db.session.get(Snooze, (dispute.id, agent.id))
    return row if row is not None and row.until > at else None


def latest_snooze(at: datetime) -> datetime:
    """Until when a case may be put aside from now on; a limit of staff's is always the current one (GAP-18)."""
    return at + timedelta(days=versions.current().policy.desk.max_snooze_days)


def snooze(dispute: Dispute, *, until: datetime, reason: str, by: Person, at: datetime) -> None:
    """Hide the case from the agent's own queue until a moment; its deadline runs on. Raises ``CannotSnooze``."""
    if dispute.is_over or not at < until <= latest_snooze(at):
        raise CannotSnooze()
    _forget(dispute, by)
    db.session.add(Snooze(dispute_id=dispute.id, agent_id=by.id, until=until, reason=reason))
    events.record(dispute, SNOOZE, by=by, at=at, note_id=thread.keep(dispute, reason, by=by, at=at).id)


def wake(dispute: Dispute, *, by: Person, at: datetime) -> None:
    """Bring a case back to the agent's own queue; harmless where it is there."""
    if _forget(dispute, by):
        events.record(dispute, WAKE, by=by, at=at)


def _forget(dispute: Dispute, agent: Person) -> bool:
    own = sa.delete(Snooze).where(Snooze.dispute_id == dispute.id, Snooze.agent_id == agent.id)
    return db.session.scalar(own.returning(Snooze.dispute_id)) is not None


# Who is looking ------------------------------------------------------------------------------------------------------


def note_visit(dispute_id: int, agent: Person, *, at: datetime) -> None:
    """The agent has the case on the screen."""
    row = {"dispute_id": dispute_id, "agent_id": agent.id, "seen_at": at}
    if db.session.scalar(insert_new(Visit).values(row).returning(Visit.dispute_id)) is None:
        own = (Visit.dispute_id == dispute_id, Visit.agent_id == agent.id)
        db.session.execute(sa.update(Visit).where(*own).values(seen_at=at))


def others_looking(dispute: Dispute, agent: Person, at: datetime) -> list[tuple[Person, datetime]]:
    """The other agents who opened the case lately, and when, the latest first."""
    rows = db.session.execute(
        sa.select(Person, Visit.seen_at)
        .join(Visit, Visit.agent_id == Person.id)
        .where(Visit.dispute_id == dispute.id, Visit.agent_id != agent.id, Visit.seen_at > at - LOOKING)
        .order_by(Visit.seen_at.desc())
    )
    return [(person, seen_at) for person, seen_at in rows]
