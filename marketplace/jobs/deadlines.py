"""Deadlines are rows, due at an instant of business time and swept in batches.

A deadline kind has one handler over many subjects at once. A batch that fails is taken back and tried one at a time;
one that keeps failing is parked with an alarm, and the others go on.
"""

from __future__ import annotations

import enum
import logging
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, mapped_column

from marketplace import clock
from marketplace.database import Model, db, enum_column, unit_of_work
from marketplace.errors import ProgrammingError
from marketplace.jobs.alarms import AlarmKind, raise_alarm
from marketplace.many_rows import among, bound_among

log = logging.getLogger(__name__)

BATCH = 1000
MOST_FAILURES = 5


class DeadlineState(enum.StrEnum):
    WAITING = "waiting"
    FIRED = "fired"
    CANCELLED = "cancelled"
    PARKED = "parked"


class Deadline(Model):
    """A moment at which silence has an outcome."""

    __tablename__ = "deadlines"
    __table_args__ = (
        sa.Index(
            "uq_deadlines_waiting",
            "kind",
            "subject_id",
            unique=True,
            sqlite_where=sa.text("state = 'waiting'"),
            postgresql_where=sa.text("state = 'waiting'"),
        ),
        sa.Index(
            "ix_deadlines_due",
            "kind",
            "due_at",
            sqlite_where=sa.text("state = 'waiting'"),
            postgresql_where=sa.text("state = 'waiting'"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(sa.String(40))
    subject_type: Mapped[str] = mapped_column(sa.String(40))
    subject_id: Mapped[int]
    due_at: Mapped[datetime]
    state: Mapped[DeadlineState] = mapped_column(enum_column(DeadlineState), default=DeadlineState.WAITING)
    ended_at: Mapped[datetime | None]
    failures: Mapped[int] = mapped_column(default=0)


Sweep = Callable[[Sequence[int], datetime], None]
_sweeps: dict[str, Sweep] = {}


def register(kind: str, sweep: Sweep) -> None:
    """Say what happens when deadlines of ``kind`` pass: ``sweep(subject ids, as_of)``, in one transaction."""
    _sweeps[kind] = sweep


# Statements are made once: that costs as much as running them.
_TABLE: Any = Deadline.__table__
_ROWS = _TABLE.c
_VALUES = {
    "kind": sa.bindparam("of_kind"),
    "subject_type": sa.bindparam("of_type"),
    "subject_id": sa.bindparam("of"),
    "due_at": sa.bindparam("moment", type_=_ROWS.due_at.type),
    "state": DeadlineState.WAITING,
    "failures": 0,
}


@lru_cache
def _set(dialect: str) -> sa.Executable:
    """A new deadline, or the one that waits already, moved."""
    insert: Any = (postgresql if dialect == "postgresql" else sqlite).insert(_TABLE).values(_VALUES)
    waits = sa.text("state = 'waiting'")  # as the index says it, so that the database knows which one is meant
    moved = {"due_at": insert.excluded.due_at, "failures": 0}
    return cast(
        "sa.Executable",
        insert.on_conflict_do_update(index_elements=["kind", "subject_id"], index_where=waits, set_=moved),
    )


def set_deadline(kind: str, subject: Any, due_at: datetime) -> None:
    """Set the deadline of this kind for ``subject``, moving one that waits already."""
    if kind not in _sweeps:
        raise ProgrammingError(f"nobody answers the deadline {kind!r}")
    db.session.flush()
    connection = db.session.connection()
    whose = {"of_kind": kind, "of_type": subject.__tablename__, "of": subject.id, "moment": due_at}
    connection.execute(_set(connection.dialect.name), whose)


def cancel_deadlines(subjects: Iterable[Any], *kinds: str, at: datetime) -> None:
    """Take back the waiting deadlines of these kinds for these subjects, where there are any.

    One that a sweep fires at this very moment is left to it: the sweep waits for the subject, finds it moved and lets
    it be. Were we to wait for the deadline in turn, neither would ever go on (fault W01).
    """
    ids = [subject.id for subject in subjects]
    if ids:
        db.session.flush()
        connection = db.session.connection()
        connection.execute(_cancelled(kinds, connection.dialect.name), {"of": ids, "at": at})


@lru_cache
def _cancelled(kinds: tuple[str, ...], dialect: str) -> sa.Executable:
    whose = bound_among(_ROWS.subject_id, "of", dialect)
    waiting = (
        sa.select(_ROWS.id)
        .where(_ROWS.kind.in_(kinds), whose, _ROWS.state == DeadlineState.WAITING)
        .with_for_update(skip_locked=True)
    )
    ended = {"state": DeadlineState.CANCELLED, "ended_at": sa.bindparam("at", type_=_ROWS.ended_at.type)}
    return sa.update(_TABLE).where(_ROWS.id.in_(waiting)).values(ended)


def waiting_deadline(kind: str, subject: Any) -> Deadline | None:
    """The deadline of this kind that waits for ``subject``."""
    return db.session.scalar(
        sa.select(Deadline).where(
            Deadline.kind == kind, Deadline.subject_id == subject.id, Deadline.state == DeadlineState.WAITING
        )
    )


def state_of(kind: str, subject: Any) -> DeadlineState | None:
    """What became of the latest deadline of this kind; None where there never was one."""
    return db.session.scalar(
        sa.select(Deadline.state)
        .where(Deadline.kind == kind, Deadline.subject_id == subject.id)
        .order_by(Deadline.id.desc())
        .limit(1)
    )


# Sweeping ------------------------------------------------------------------------------------------------------------


def is_due() -> sa.ColumnElement[bool]:
    """Whether a deadline of any registered kind has passed, as a part of a question."""
    waiting = (_ROWS.state == DeadlineState.WAITING, _ROWS.due_at <= clock.NOW)
    return sa.exists().where(_ROWS.kind.in_(kinds()), *waiting)


def kinds() -> tuple[str, ...]:
    """The kinds that somebody answers for, in the order they were registered."""
    return tuple(_sweeps)


def sweep(as_of: datetime | None = None) -> int:
    """Fire everything due at ``as_of`` (default: now); returns how many deadlines fired."""
    fired = 0
    for kind in _kinds_due(as_of):
        while ids := _due(kind, as_of):
            done = _fire_all(kind, ids, as_of)
            fired += done
            if not done:
                break
    return fired


def _kinds_due(as_of: datetime | None) -> list[str]:
    """The kinds of which something is due, in the order they were registered: one question for all of them."""
    if not _sweeps:
        return []
    with unit_of_work(reading=True) as session:
        answers = session.execute(_which_are_due(kinds()), {"moment": as_of or clock.now()}).one()
    return [kind for kind, has_passed in zip(kinds(), answers, strict=True) if has_passed]


@lru_cache(maxsize=2)
def _which_are_due(of_kinds: tuple[str, ...]) -> sa.Executable:
    waiting = (_ROWS.state == DeadlineState.WAITING, _ROWS.due_at <= sa.bindparam("moment"))
    return sa.select(*(sa.exists().where(_ROWS.kind == kind, *waiting) for kind in of_kinds))


def _due(kind: str, as_of: datetime | None) -> list[int]:
    with unit_of_work(reading=True) as session:
        moment = as_of or clock.now()
        return list(session.scalars(_DUE.limit(BATCH), {"of_kind": kind, "moment": moment}))


_DUE = (
    sa.select(_ROWS.id)
    .where(_ROWS.kind == sa.bindparam("of_kind"), _ROWS.state == DeadlineState.WAITING)
    .where(_ROWS.due_at <= sa.bindparam("moment"))
    .order_by(_ROWS.due_at)
)


def _fire_all(kind: str, ids: Sequence[int], as_of: datetime | None) -> int:
    try:
        return _fire(kind, ids, as_of)
    except Exception:
        # One poisoned row must not hold back the batch: it is found by trying each alone.
        log.exception("deadline batch failed", extra={"kind": kind, "size": len(ids)})
    fired = 0
    for deadline_id in ids:
        try:
            fired += _fire(kind, [deadline_id], as_of)
        except Exception:
            log.exception("deadline failed", extra={"kind": kind, "deadline": deadline_id})
            _count_failure(deadline_id)
    return fired


def _fire(kind: str, ids: Sequence[int], as_of: datetime | None) -> int:
    with unit_of_work() as session:
        at = as_of or clock.now()
        claim = (
            sa.update(Deadline)
            .where(among(Deadline.id, ids), Deadline.state == DeadlineState.WAITING, Deadline.due_at <= at)
            .values(state=DeadlineState.FIRED, ended_at=at)
            .returning(Deadline.subject_id)
            .execution_options(synchronize_session=False)
        )
        subjects = list(session.scalars(claim))
        if subjects:
            _sweeps[kind](subjects, at)
        return len(subjects)


def _count_failure(deadline_id: int) -> None:
    with unit_of_work() as session:
        row = session.get_one(Deadline, deadline_id, with_for_update=True)
        row.failures += 1
        if row.failures >= MOST_FAILURES:
            row.state = DeadlineState.PARKED
            raise_alarm(AlarmKind.JOB_PARKED, row, at=clock.now(), kind_of_job=row.kind)
