"""The loyalty club: whoever joins may list what they bought under its account (MK-02, MK-03, MK-21)."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from marketplace import events
from marketplace.database import db, public_id
from marketplace.errors import ProgrammingError
from marketplace.people.models import LoyaltyAccount, Person


def link(person: Person, *, at: datetime) -> LoyaltyAccount | None:
    """Link ``person`` to the loyalty account of their verified e-mail, where there is one (MK-21)."""
    if person.email_verified_at is None:
        raise ProgrammingError("a loyalty account is linked by a verified e-mail only")
    account = db.session.scalar(sa.select(LoyaltyAccount).where(LoyaltyAccount.email == person.email))
    if account is not None and person.loyalty_account_id != account.id:
        person.loyalty_account = account
        events.record(person, "loyalty_linked", by=person, at=at, loyalty_account=account.id)
    return account


def join(person: Person, *, at: datetime) -> LoyaltyAccount:
    """Make ``person`` a member: by the loyalty account of their verified e-mail, or by a new one (MK-03)."""
    account = link(person, at=at)
    if account is None:
        account = LoyaltyAccount(number=public_id("V", 9), email=person.email, joined_at=at, opened_here=True)
        db.session.add(account)
        db.session.flush()
        link(person, at=at)
    return account


def follow_email(person: Person, *, at: datetime) -> None:
    """After a change of e-mail: a number we gave moves along, the brand's stays with its own e-mail (MK-21)."""
    account = person.loyalty_account
    if account is None or account.email == person.email:
        return
    theirs = db.session.scalar(sa.select(LoyaltyAccount).where(LoyaltyAccount.email == person.email))
    if theirs is None and account.opened_here:
        account.email = person.email
        return
    person.loyalty_account = theirs
    events.record(person, "loyalty_unlinked", by=person, at=at, loyalty_account=account.id)
