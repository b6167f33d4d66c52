"""Who to sign in as, to see each side of the sandbox's demo world."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache

import sqlalchemy as sa

from marketplace.database import db
from marketplace.events import SYSTEM
from marketplace.people import accounts, membership, passwords, staffing
from marketplace.people.models import Person, Role, StaffRole
from marketplace.programme import versions

# Every demo person has it. It is refused wherever a password is chosen, and a shop in production knows no demo person.
DEMO_PASSWORD = "walk the whole shop"  # noqa: S105 (shown to everybody on purpose)


@dataclass(frozen=True)
class DemoSignIn:
    """One line of the table."""

    role: str
    email: str
    start: str  # the page to begin at


def find() -> list[DemoSignIn]:
    """Some members, and who works in each role, with the demo's password; two where the work takes two people."""
    members = _of(sa.not_(Person.roles.any()), Person.loyalty_account_id.is_not(None))
    found = [DemoSignIn("member", person.email, "/sell") for person in members[:3]]
    for role in (Role.REVIEWER, Role.AGENT, Role.WAREHOUSE, Role.MANAGER):
        at_work = _of(Person.roles.any(StaffRole.role == role))[:2]
        found += [DemoSignIn(role.value, person.email, _start(role)) for person in at_work]
    return found


def open_account(*, email: str, name: str, at: datetime, roles: Sequence[Role] = ()) -> Person:
    """An account of the demo world: proved, in the club unless it is staff's, with the password everybody knows."""
    person = accounts.open_account(email=email, at=at)
    person.name, person.password_hash = name, _demo_hash()
    if roles:
        staffing.give_roles(person, roles, by=SYSTEM, at=at)
    accounts.verify_email(person, at=at)
    (membership.link if roles else membership.join)(person, at=at)
    return person


@cache
def _demo_hash() -> str:
    return passwords.hashed(DEMO_PASSWORD)


def table(rows: list[DemoSignIn]) -> str:
    """The sign-ins as columns of plain text, with the password they share."""
    lines = [("Sign in as", "E-mail", "Start at"), *((row.role, row.email, row.start) for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(3)]
    table = "\n".join(
        "  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip() for line in lines
    )
    return f"{table}\n\nPassword for all: {DEMO_PASSWORD}\nStaff are asked for a code: the page shows it."


def _start(role: Role) -> str:
    """The page where that role's work waits: at intake, where no member lists anything."""
    if role in (Role.REVIEWER, Role.WAREHOUSE) and not versions.current().policy.modes.peer_to_peer:
        return "/desk/intake"
    return _STARTS[role]


_STARTS = {
    Role.REVIEWER: "/desk/review",
    Role.AGENT: "/desk/orders",
    Role.WAREHOUSE: "/desk/supply",
    Role.MANAGER: "/desk",
}


def _of(*conditions: sa.ColumnElement[bool]) -> list[Person]:
    """People who can sign in with the demo password, oldest account first; a handful are looked at."""
    query = sa.select(Person).where(Person.password_hash.is_not(None), *conditions).order_by(Person.id).limit(10)
    return [person for person in db.session.scalars(query) if passwords.fits(person.password_hash, DEMO_PASSWORD)]
