"""Finding a person for the desk."""

from __future__ import annotations

import sqlalchemy as sa

from marketplace.database import db
from marketplace.people.emails import EmailRefused, clean_email
from marketplace.people.models import LoyaltyAccount, Person


def look_up(words: str) -> Person | None:
    """The account with this e-mail or loyalty number, else None; to write down who looked is the caller's."""
    words = words.strip()
    try:
        condition = Person.email == clean_email(words)
    except EmailRefused:
        account = sa.select(LoyaltyAccount.id).where(LoyaltyAccount.number == words)
        condition = Person.loyalty_account_id == account.scalar_subquery()
    return db.session.scalar(sa.select(Person).where(condition, Person.is_account))
