"""How a member of staff likes the desk to be."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.database import Model, db
from marketplace.people.models import Person


class StaffPreference(Model):
    """One person's choices; who has made none has no row."""

    __tablename__ = "staff_preferences"

    person_id: Mapped[int] = mapped_column(sa.ForeignKey("people.id"), primary_key=True)
    has_keys: Mapped[bool]  # whether single keys work at the desk (WCAG 2.1.4)


def has_keys(person: Person) -> bool:
    """Whether single keys work for this person: yes, until they switch them off."""
    chosen = db.session.get(StaffPreference, person.id)
    return chosen is None or chosen.has_keys


def choose_keys(person: Person, *, on: bool) -> None:
    """Switch single keys on or off."""
    db.session.merge(StaffPreference(person_id=person.id, has_keys=on))
