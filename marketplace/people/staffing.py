"""Staff: who works here, and in which roles."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from marketplace import events
from marketplace.database import db
from marketplace.events import HasActor
from marketplace.people import accounts, mailed_links, second_factor, sign_ins
from marketplace.people.models import Person, Role, StaffRole, TokenPurpose


def add(email: str, roles: Sequence[Role], *, by: HasActor, at: datetime) -> Person:
    """Let the person with this e-mail work here in ``roles``; one without an account is sent a link to finish it."""
    person = accounts.account_of(email) or accounts.open_account(email=email, at=at)
    give_roles(person, roles, by=by, at=at)
    if person.email_verified_at is None:
        mailed_links.send(person, TokenPurpose.VERIFY, person.email, at=at)
    return person


def give_roles(person: Person, roles: Sequence[Role], *, by: HasActor, at: datetime) -> None:
    """Give ``roles`` on top of those held. Every sign-in ends, as each was made with fewer rights (fault P09)."""
    held = {row.role for row in person.roles}
    new = [role for role in dict.fromkeys(roles) if role not in held]
    if not new:
        return
    person.roles.extend(StaffRole(role=role, given_at=at) for role in new)
    second_factor.prepare(person)
    db.session.flush()
    sign_ins.end_all(person, at=at)
    events.record(person, "roles_given", by=by, at=at, roles=sorted(new))


def take_roles(person: Person, roles: Sequence[Role], *, by: HasActor, at: datetime) -> None:
    """Take ``roles`` away and end every sign-in (fault P09)."""
    lost = [row for row in person.roles if row.role in roles]
    for row in lost:
        person.roles.remove(row)
    db.session.flush()
    if lost:
        sign_ins.end_all(person, at=at)
        events.record(person, "roles_taken", by=by, at=at, roles=sorted(row.role for row in lost))


def everyone() -> Sequence[Person]:
    """Everybody who works here, by e-mail."""
    return db.session.scalars(sa.select(Person).where(Person.roles.any()).order_by(Person.email)).all()
