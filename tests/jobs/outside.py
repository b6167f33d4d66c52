"""A world outside that remembers what it was asked, and misbehaves when told to."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar

import sqlalchemy as sa

from marketplace import clock
from marketplace.database import db, unit_of_work
from marketplace.jobs import outbox
from marketplace.jobs.outbox import Done, OutboxRow, Refused

KIND = "errand"


@dataclass
class Subject:
    """Something the errands are about."""

    id: int = 1
    __tablename__: ClassVar[str] = "things"


@dataclass
class Outside:
    """Carries out errands: ``done`` counts by key what really happened there, ``heard`` what was recorded here.

    ``trouble`` is raised by ``perform``, before the work or, with ``after_work``, when it has been done.
    """

    trouble: Exception | None = None
    after_work: bool = False
    refuses: bool = False
    done: Counter[str] = field(default_factory=Counter)
    looked_up: Counter[str] = field(default_factory=Counter)
    heard: Counter[str] = field(default_factory=Counter)
    secrets_seen: list[dict[str, str]] = field(default_factory=list)
    in_transaction: list[bool] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def perform(self, row: OutboxRow) -> Done | Refused:
        with self._lock:
            self.in_transaction.append(db.session().in_transaction())
            self.secrets_seen.append(row.secrets)
            if self.trouble and not self.after_work:
                raise self.trouble
            if self.refuses:
                return Refused("no such place")
            self.done[row.key] += 1
            if self.trouble:
                raise self.trouble
            return Done({"receipt": row.key}, {"code": "told once"})

    def look_up(self, row: OutboxRow) -> Done | None:
        with self._lock:
            self.in_transaction.append(db.session().in_transaction())
            self.looked_up[row.key] += 1
            return Done({"receipt": row.key}) if self.done[row.key] else None

    def record(self, row: OutboxRow, outcome: Done | Refused, *, at: datetime) -> None:
        with self._lock:
            self.heard[row.key] += 1


def enqueue(*keys: str, secrets: dict[str, str] | None = None) -> None:
    """Queue an errand for each key, in one unit of work."""
    with unit_of_work():
        for key in keys:
            outbox.enqueue(KIND, key=key, subject=Subject(), request={"for": key}, at=clock.now(), secrets=secrets)


def rows() -> list[OutboxRow]:
    db.session.expire_all()
    return list(db.session.scalars(sa.select(OutboxRow).where(OutboxRow.kind == KIND).order_by(OutboxRow.id)))


def pass_wall_time() -> None:
    """Pauses and leases are over."""
    with unit_of_work() as session:
        open_rows = sa.update(OutboxRow).where(OutboxRow.state.in_(outbox.OPEN))
        session.execute(open_rows.values(due_at=clock.shared()))
