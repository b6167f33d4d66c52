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

# Every demo person has it. It is refused wherever a password is chosen, and a shop in production knows no demo person.
DEMO_PASSWORD = "walk the whole shop"  # noqa: S105 (shown to everybody on purpose)


@dataclass(frozen=True)
class DemoSignIn:
    """One line of the table."""

    role: str
    email: str
    start: str  # the page to begin at


def find() -> list[DemoSignIn]:
    """The first person of each role whose password is the demo's, and some members."""
    found = [
        DemoSignIn(role.value, person.email, start)
        for role, start in _STARTS.items()
        if (person := _first(Person.roles.any(StaffRole.role == role)))
    ]
    members = _of(sa.not_(Person.roles.any()), Person.loyalty_account_id.is_not(None))
    return [*(DemoSignIn("member", person.email, "/sell") for person in members[:3]), *found]


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


def _first(*conditions: sa.ColumnElement[bool]) -> Person | None:
    return next(iter(_of(*conditions)), None)
