"""The log of who at the desk read whose personal data. It is only ever added to (fault P06)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.database import Model, db
from marketplace.people.models import Person


class Reading(Model):
    """One member of staff had the personal data of one record on the screen. Ids only, no personal text."""

    __tablename__ = "readings"
    __table_args__ = (sa.Index(None, "subject_type", "subject_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    reader_id: Mapped[int] = mapped_column(index=True)
    subject_type: Mapped[str] = mapped_column(sa.String(40))
    subject_id: Mapped[int]


def note(subject: Any, *, by: Person, at: datetime) -> None:
    """Write down that ``by`` reads what we know of ``subject``."""
    row = Reading(at=at, reader_id=by.id, subject_type=subject.__tablename__, subject_id=subject.id)
    db.session.add(row)
    db.session.flush()


def latest(limit: int, *, before: int | None = None) -> Sequence[tuple[Reading, str]]:
    """The log from its newest line on, or from the line ``before`` on, each with the reader's name."""
    query = sa.select(Reading, Person.name).join(Person, Person.id == Reading.reader_id)
    if before is not None:
        query = query.where(Reading.id < before)
    return [(row, name) for row, name in db.session.execute(query.order_by(Reading.id.desc()).limit(limit))]
