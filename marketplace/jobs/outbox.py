"""The outbox: everything that leaves the house is a row first, written with what caused it.

A row carries an idempotency key and the exact request, the same after a crash. A handler performs it outside any
transaction and ends in one of three outcomes: done, refused, unknown. Unknown is looked up before it is tried again.
A failing row is retried with growing pauses, then parked with an alarm; the others go on.
"""

from __future__ import annotations

import enum
import logging
import secrets as random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from marketplace import clock
from marketplace.database import JSONDocument, Model, db, enum_column, on_commit, unit_of_work
from marketplace.errors import ProgrammingError
from marketplace.jobs import sealing, waking
from marketplace.jobs.alarms import AlarmKind, raise_alarm
from marketplace.many_rows import insert_all

log = logging.getLogger(__name__)

LEASE = timedelta(minutes=2)
PAUSES = [timedelta(seconds=s) for s in (2, 10, 60, 300, 1800, 7200)]  # after that the row is parked
MOST_ATTEMPTS = len(PAUSES) + 1


class OutboxState(enum.StrEnum):
    PENDING = "pending"
    RUNNING = "running"
    UNKNOWN = "unknown"  # called, no answer: looked up before anything else
    DONE = "done"
    REFUSED = "refused"
    PARKED = "parked"


OPEN = (OutboxState.PENDING, OutboxState.RUNNING, OutboxState.UNKNOWN)


class OutboxRow(Model):
    """One thing to be done outside, once."""

    __tablename__ = "outbox"
    __table_args__ = (
        sa.Index(
            "ix_outbox_open",
            "due_at",
            sqlite_where=sa.text("state IN ('pending', 'running', 'unknown')"),
            postgresql_where=sa.text("state IN ('pending', 'running', 'unknown')"),
        ),
        sa.Index(None, "subject_type", "subject_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(sa.String(40))
    key: Mapped[str] = mapped_column(sa.String(120), unique=True)
    subject_type: Mapped[str] = mapped_column(sa.String(40))
    subject_id: Mapped[int]
    request: Mapped[dict[str, Any]] = mapped_column(JSONDocument)
    sealed: Mapped[bytes | None]
    state: Mapped[OutboxState] = mapped_column(enum_column(OutboxState), default=OutboxState.PENDING)
    queued_at: Mapped[datetime]  # business time
    due_at: Mapped[datetime]  # the database's own time, as the lease
    lease: Mapped[str | None] = mapped_column(sa.String(32))
    attempts: Mapped[int] = mapped_column(default=0)
    answer: Mapped[dict[str, Any] | None] = mapped_column(JSONDocument)
    trouble: Mapped[str | None] = mapped_column(sa.String(500))
    done_at: Mapped[datetime | None]

    @property
    def secrets(self) -> dict[str, str]:
        """What was sealed into the row; empty once the row is done."""
        return sealing.unseal(self.sealed) if self.sealed else {}


@dataclass(frozen=True)
class Done:
    """It happened; ``answer`` is kept in the row, ``secrets`` are handed to ``record`` and nowhere else."""

    answer: dict[str, Any] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class Refused:
    """The other side said no, for good."""

    reason: str
    answer: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Errand:
    """One of many things to be done outside; ``key`` and ``request`` are those of its row."""

    key: str
    subject: Any
    request: dict[str, Any]
    secrets: dict[str, str] | None = field(default=None, repr=False)


class NotDone(Exception):
    """It certainly did not happen (never reached, throttled): try again later."""


class OutcomeUnknown(Exception):
    """It may have happened: look it up before trying again."""


class Misused(Exception):
    """We asked wrongly, and would again: parked at once with an alarm, never tried in a loop (fault B15)."""


class Handler(Protocol):
    """How one kind of row is carried out. ``perform`` and ``look_up`` run outside any transaction."""

    def perform(self, row: OutboxRow) -> Done | Refused: ...

    def look_up(self, row: OutboxRow) -> Done | Refused | None:
        """What became of an unknown attempt; None where the other side has never heard of it."""
        ...

    def record(self, row: OutboxRow, outcome: Done | Refused, *, at: datetime) -> None:
        """Write the outcome down, in one transaction with the row."""
        ...


_handlers: dict[str, Handler] = {}


def register(kind: str, handler: Handler) -> None:
    """Say who carries out a kind; ``wiring`` alone calls this."""
    _handlers[kind] = handler


def enqueue(
    kind: str, *, key: str, subject: Any, request: dict[str, Any], at: datetime, secrets: dict[str, str] | None = None
) -> OutboxRow:
    """Write a row into the present transaction. A key that exists already returns the row that has it.

    The same key with another request is a fault of ours and raises ``ProgrammingError`` (B15).
    """
    known = db.session.scalar(sa.select(OutboxRow).where(OutboxRow.key == key))
    if known is not None:
        if known.request != request:
            raise ProgrammingError(f"outbox key {key!r} stands for another request")
        return known
    row = OutboxRow(**_new_row(kind, Errand(key, subject, request, secrets), at))
    db.session.add(row)
    db.session.flush()
    on_commit(waking.wake)
    return row


def enqueue_all(kind: str, errands: Sequence[Errand], *, at: datetime) -> None:
    """Write many rows with one statement. Here a key that exists already is refused by the database."""
    if errands:
        insert_all(OutboxRow, [_new_row(kind, errand, at) for errand in errands])
        on_commit(waking.wake)


def _new_row(kind: str, errand: Errand, at: datetime) -> dict[str, Any]:
    if kind not in _handlers:
        raise ProgrammingError(f"nobody carries out {kind!r}")
    return {
        "kind": kind,
        "key": errand.key,
        "subject_type": errand.subject.__tablename__,
        "subject_id": errand.subject.id,
        "request": errand.request,
        "sealed": sealing.seal(errand.secrets) if errand.secrets else None,
        "queued_at": at,
        "due_at": clock.shared(),
        "state": OutboxState.PENDING,
        "attempts": 0,
    }


def rows_of(subject: Any, kind: str | None = None) -> list[OutboxRow]:
    """The rows written for ``subject``, oldest first."""
    query = sa.select(OutboxRow).where(
        OutboxRow.subject_type == subject.__tablename__, OutboxRow.subject_id == subject.id
    )
    if kind:
        query = query.where(OutboxRow.kind == kind)
    return list(db.session.scalars(query.order_by(OutboxRow.id)))


def count_of(subject: Any, kind: str) -> int:
    """How many rows of a kind were written for ``subject``."""
    mine = sa.select(sa.func.count()).where(
        OutboxRow.subject_type == subject.__tablename__, OutboxRow.subject_id == subject.id, OutboxRow.kind == kind
    )
    return db.session.scalar(mine) or 0


def call_off(subject: Any, kind: str) -> bool:
    """Call off what has certainly not happened yet; False, and nothing changed, where a row may have been carried out.

    A row that has ended says nothing here: a refused one was never done.
    """
    mine = sa.select(OutboxRow).where(
        OutboxRow.subject_type == subject.__tablename__, OutboxRow.subject_id == subject.id, OutboxRow.kind == kind
    )
    rows = db.session.scalars(mine.with_for_update().execution_options(populate_existing=True)).all()
    if any(row.state not in (OutboxState.PENDING, OutboxState.REFUSED) for row in rows):
        return False
    for row in rows:
        if row.state is OutboxState.PENDING:
            row.state, row.trouble, row.sealed = OutboxState.REFUSED, "called off", None
    db.session.flush()
    return True


# Carrying out --------------------------------------------------------------------------------------------------------


def run_due(limit: int = 20) -> int:
    """Carry out up to ``limit`` due rows, each in its own transactions; returns how many were tried."""
    if _is_idle():
        return 0
    for tried in range(limit):
        claimed = _claim()
        if claimed is None:
            return tried
        _carry_out(*claimed)
    return limit


def _is_idle() -> bool:
    """Whether nothing is due: an idle runner never takes the write lock."""
    with unit_of_work(reading=True) as session:
        return session.execute(_first_due()).first() is None


def _claim() -> tuple[int, str] | None:
    """Lease the row that is due first: ``SKIP LOCKED`` on PostgreSQL, one writer at a time on SQLite.

    One row at a time, so that a process that dies holds back no other. An expired lease is due again, by the one clock
    that all workers share: by his own one who runs ahead would take the row out of another's hands (fault W08).
    """
    lease = random.token_hex(12)
    with unit_of_work() as session:
        found: Any = session.execute(_first_due().with_for_update(skip_locked=True)).first()
        if found is None:
            return None
        row_id, moment = found
        session.execute(_LEASED, {"row": row_id, "by": lease, "until": moment + LEASE})
    return row_id, lease


def _first_due() -> sa.Select[tuple[int, datetime]]:
    """The row that is due first, and the time by the clock that all workers share."""
    now = clock.database_clock(db.session())
    return _FIRST.add_columns(now).where(_ROWS.due_at <= now)


# Statements are made once: that costs as much as running them.
_TABLE: Any = OutboxRow.__table__
_ROWS = _TABLE.c
_FIRST = sa.select(_ROWS.id).where(_ROWS.state.in_(OPEN)).order_by(_ROWS.due_at, _ROWS.id).limit(1)
IS_DUE = sa.exists().where(_ROWS.state.in_(OPEN), _ROWS.due_at <= clock.SHARED)
# A row found RUNNING outlived its lease: whoever held it may have made the call, so it counts as unknown.
_LEASED = (
    sa.update(_TABLE)
    .where(_ROWS.id == sa.bindparam("row"))
    .values(
        state=sa.case((_ROWS.state == OutboxState.PENDING, OutboxState.RUNNING), else_=OutboxState.UNKNOWN),
        lease=sa.bindparam("by"),
        due_at=sa.bindparam("until"),
        attempts=_ROWS.attempts + 1,
    )
)


def _carry_out(row_id: int, lease: str) -> None:
    with unit_of_work(reading=True) as session:
        row = session.get_one(OutboxRow, row_id)
        session.expunge(row)
    if row.lease != lease:
        return
    if row.attempts > MOST_ATTEMPTS:
        # Nobody lived to count its failures: what ends the process at every try is given up all the same (fault W10).
        _try_later(row, lease, OutboxState.UNKNOWN, "the process ended at every attempt")
        return
    try:
        handler = _handlers[row.kind]
        outcome = _look_up(handler, row) if row.state is OutboxState.UNKNOWN else None
        if outcome is None:
            outcome = handler.perform(row)
    except NotDone as trouble:
        _try_later(row, lease, OutboxState.PENDING, str(trouble))
    except OutcomeUnknown as trouble:
        _try_later(row, lease, OutboxState.UNKNOWN, str(trouble))
    except Misused as trouble:
        _try_later(row, lease, OutboxState.PARKED, str(trouble))
    except Exception as trouble:
        # A fault in our own code must neither stop the other rows nor be forgotten: logged, retried, parked.
        log.exception("outbox row failed", extra={"row": row.id, "kind": row.kind})
        _try_later(row, lease, OutboxState.UNKNOWN, f"{type(trouble).__name__}: {trouble}")
    else:
        _settle(row, lease, handler, outcome)


def _look_up(handler: Handler, row: OutboxRow) -> Done | Refused | None:
    """A question that could not be put leaves the outcome as unknown as it was."""
    try:
        return handler.look_up(row)
    except NotDone as trouble:
        raise OutcomeUnknown(str(trouble)) from trouble


def _settle(row: OutboxRow, lease: str, handler: Handler, outcome: Done | Refused) -> None:
    try:
        with unit_of_work() as session:
            at = clock.now()
            mine = session.scalar(
                sa.select(OutboxRow).where(OutboxRow.id == row.id, OutboxRow.lease == lease).with_for_update()
            )
            if mine is None:
                return
            mine.state = OutboxState.DONE if isinstance(outcome, Done) else OutboxState.REFUSED
            mine.answer, mine.done_at, mine.sealed, mine.lease = outcome.answer, at, None, None
            mine.trouble = outcome.reason[:500] if isinstance(outcome, Refused) else None
            handler.record(mine, outcome, at=at)
    except Exception as trouble:
        log.exception("outbox answer could not be recorded", extra={"row": row.id, "kind": row.kind})
        _try_later(row, lease, OutboxState.UNKNOWN, f"{type(trouble).__name__}: {trouble}")


def _try_later(row: OutboxRow, lease: str, state: OutboxState, trouble: str) -> None:
    with unit_of_work() as session:
        mine = session.scalar(
            sa.select(OutboxRow).where(OutboxRow.id == row.id, OutboxRow.lease == lease).with_for_update()
        )
        if mine is None:
            return
        mine.trouble, mine.lease = trouble[:500], None
        if state is OutboxState.PARKED or mine.attempts >= MOST_ATTEMPTS:
            mine.state = OutboxState.PARKED
            raise_alarm(AlarmKind.JOB_PARKED, mine, at=clock.now(), kind_of_job=mine.kind)
        else:
            mine.state, mine.due_at = state, clock.shared() + PAUSES[mine.attempts - 1]
