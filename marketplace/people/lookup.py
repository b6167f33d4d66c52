"""Finding a person for the desk: every look leaves a trace in their history."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from marketplace import events
from marketplace.database import db
from marketplace.events import HasActor
from marketplace.people.emails import EmailRefused, clean_email
from marketplace.people.models import LoyaltyAccount, Person


def look_up(words: str, *, by: HasActor, at: datetime) -> Person | None:
    """The account with this e-mail or loyalty number, else None; that it was looked at is written down."""
    person = _find(words.strip())
    if person is not None:
        events.record(person, "looked_up", by=by, at=at)
    return person


def _find(words: str) -> Person | None:
    try:
        condition = Person.email == clean_email(words)
    except EmailRefused:
        account = sa.select(LoyaltyAccount.id).where(LoyaltyAccount.number == words)
        condition = Person.loyalty_account_id == account.scalar_subquery()
    return db.session.scalar(sa.select(Person).where(condition, Person.is_account))
