"""The inbox: a webhook is verified, stored once by its event id, answered; reactions come afterwards.

Any order, any repetition: the second copy of an event is answered like the first and changes nothing.
"""

from __future__ import annotations

import enum
import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from marketplace import clock
from marketplace.database import JSONDocument, Model, db, enum_column, insert_new, on_commit, unit_of_work
from marketplace.jobs import waking
from marketplace.jobs.alarms import AlarmKind, raise_alarm

log = logging.getLogger(__name__)

MOST_ATTEMPTS = 8


class InboxState(enum.StrEnum):
    PENDING = "pending"
    DONE = "done"
    PARKED = "parked"


class InboxRow(Model):
    """One event as the outside sent it."""

    __tablename__ = "inbox"
    __table_args__ = (
        sa.UniqueConstraint("source", "event_id"),
        sa.Index(
            "ix_inbox_pending",
            "due_at",
            sqlite_where=sa.text("state = 'pending'"),
            postgresql_where=sa.text("state = 'pending'"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    source: Mapped[str] = mapped_column(sa.String(20))
    event_id: Mapped[str] = mapped_column(sa.String(120))
    payload: Mapped[dict[str, Any]] = mapped_column(JSONDocument)
    received_at: Mapped[datetime]
    state: Mapped[InboxState] = mapped_column(enum_column(InboxState), default=InboxState.PENDING)
    due_at: Mapped[datetime]  # the database's own time
    attempts: Mapped[int] = mapped_column(default=0)
    trouble: Mapped[str | None] = mapped_column(sa.String(500))


Reaction = Callable[[InboxRow, datetime], None]
_reactions: dict[str, Reaction] = {}


def register(source: str, reaction: Reaction) -> None:
    """Say what reads a source's events, in one transaction each; ``wiring`` alone calls this."""
    _reactions[source] = reaction


def receive(source: str, event_id: str, payload: dict[str, Any], *, at: datetime) -> bool:
    """Store an event that has been verified; False where it was known already."""
    fields = {
        "source": source,
        "event_id": event_id[:120],
        "payload": payload,
        "received_at": at,
        "state": InboxState.PENDING,
        "due_at": clock.shared(),
        "attempts": 0,
    }
    stored = db.session.scalar(insert_new(InboxRow).values(fields).returning(InboxRow.id))
    if stored is not None:
        on_commit(waking.wake)
    return stored is not None


IS_DUE = sa.exists().where(InboxRow.state == InboxState.PENDING, InboxRow.due_at <= clock.SHARED)


def run_due(limit: int = 50) -> int:
    """React to pending events, each in its own transaction; returns how many were tried."""
    with unit_of_work(reading=True) as session:
        ids = session.scalars(
            sa.select(InboxRow.id)
            .where(InboxRow.state == InboxState.PENDING, InboxRow.due_at <= clock.database_clock(session))
            .order_by(InboxRow.id)
            .limit(limit)
        ).all()
    for row_id in ids:
        try:
            _react(row_id)
        except Exception as trouble:
            # One poisoned event must not stop the others: logged, retried with growing pauses, then parked.
            log.exception("inbox event failed", extra={"row": row_id})
            _try_later(row_id, f"{type(trouble).__name__}: {trouble}")
    return len(ids)


def _pending(session: Any, row_id: int) -> InboxRow | None:
    row: InboxRow | None = session.scalar(
        sa.select(InboxRow)
        .where(InboxRow.id == row_id, InboxRow.state == InboxState.PENDING)
        .with_for_update(skip_locked=True)
    )
    return row


def _react(row_id: int) -> None:
    with unit_of_work() as session:
        row = _pending(session, row_id)
        if row is None:
            return
        row.attempts += 1
        row.state = InboxState.DONE
        _reactions[row.source](row, clock.now())


def _try_later(row_id: int, trouble: str) -> None:
    with unit_of_work() as session:
        row = _pending(session, row_id)
        if row is None:
            return
        row.attempts += 1
        row.trouble = trouble[:500]
        row.due_at = clock.shared() + timedelta(seconds=2**row.attempts)
        if row.attempts >= MOST_ATTEMPTS:
            row.state = InboxState.PARKED
            raise_alarm(AlarmKind.JOB_PARKED, row, at=clock.now(), source=row.source)
