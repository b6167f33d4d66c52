"""Many rows at once go to PostgreSQL as one document; what is stored is the same as one at a time."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy as sa

from marketplace import many_rows
from marketplace.database import db, unit_of_work
from marketplace.events import ActorKind, Event
from marketplace.jobs.outbox import OutboxRow, OutboxState
from marketplace.many_rows import insert_all

AT = datetime(2026, 2, 3, 4, 5, 6, 789_012, tzinfo=UTC)
ODD = ("", 'O\'Neil \\ "so"', "tab\tline\nend", "Łódź 😀", "%(name)s %s :name", "{}")


def rows(prefix: str) -> list[dict[str, Any]]:
    """One row for each odd text, twice over, with every kind of value a column may have."""
    return [
        {
            "kind": text[:40],
            "key": f"{prefix}-{number}",
            "subject_type": "orders",
            "subject_id": number,
            "request": {"text": text, "deep": [1, None, {"amount": 2**53, "yes": True}]},
            "sealed": None if number % 2 else bytes(range(256)),
            "queued_at": AT,
            "due_at": AT.replace(microsecond=0),
            "state": OutboxState.PENDING,
            "attempts": 0,
        }
        for number, text in enumerate((*ODD, *ODD))
    ]


def stored(prefix: str) -> list[tuple[Any, ...]]:
    found = db.session.scalars(sa.select(OutboxRow).where(OutboxRow.key.like(f"{prefix}-%")).order_by(OutboxRow.id))
    plain = [column.key for column in OutboxRow.__table__.columns if column.key not in ("id", "key")]
    return [(row.key.partition("-")[2], *(getattr(row, name) for name in plain)) for row in found]


def test_a_document_of_rows_stores_what_single_rows_store(app, monkeypatch: pytest.MonkeyPatch) -> None:
    with unit_of_work():
        for row in rows("single"):
            insert_all(OutboxRow, [row])
        monkeypatch.setattr(many_rows, "FEW", 0)
        ids = insert_all(OutboxRow, rows("many"), returning=OutboxRow.id)
    db.session.expire_all()
    assert ids == sorted(ids)
    assert stored("many") == stored("single")
    assert len(stored("many")) == 2 * len(ODD)


def test_what_comes_back_is_in_the_order_given(app) -> None:
    given = [
        {
            "at": AT,
            "subject_type": "things",
            "subject_id": number,
            "action": "look",
            "from_state": None,
            "to_state": None,
            "actor_kind": ActorKind.SYSTEM,
            "actor_id": None,
            "detail": {},
        }
        for number in reversed(range(300))
    ]
    with unit_of_work():
        events = insert_all(Event, given, returning=Event)
    assert [event.subject_id for event in events] == [row["subject_id"] for row in given]


def test_a_row_whose_key_stands_is_left_standing(app) -> None:
    with unit_of_work():
        insert_all(OutboxRow, rows("once")[:3])
        insert_all(OutboxRow, rows("once"), new=True)
    assert len(stored("once")) == 2 * len(ODD)
