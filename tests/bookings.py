"""Bare postings, for the tests of the ledger itself: about things that exist nowhere else."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from marketplace import clock, events
from marketplace.database import db, unit_of_work
from marketplace.events import SYSTEM
from marketplace.ledger import Account, Line, Posting, post
from marketplace.ledger.models import LedgerTransaction
from marketplace.money import Money


@dataclass
class Thing:
    """Something that is posted about."""

    id: int
    __tablename__: ClassVar[str] = "things"


def posting(
    amount: Money | None = None,
    *,
    about: int = 1,
    kind: str = "capture",
    lines: tuple[Line, ...] | None = None,
    at: datetime | None = None,
    part: str = "",
    reference: str = "R0000TEST",
) -> Posting:
    """A posting that balances: by default ``amount`` (245.00 USD) from clearing into the escrow of order ``about``."""
    amount = amount or Money(24_500, "USD")
    at = at or clock.now()
    thing = Thing(about)
    cause = events.record(thing, kind, by=SYSTEM, at=at)
    if lines is None:
        lines = (Line(Account.CLEARING, amount, order_id=about), Line(Account.ESCROW, -amount, order_id=about))
    return Posting(kind, thing, cause, at, reference, lines, part)


def book(amount: Money | None = None, **more: object) -> str:
    """Post one in a unit of work of its own; returns its key."""
    with unit_of_work():
        made = posting(amount, **more)  # type: ignore[arg-type]
        post(made)
    return made.key


def keys() -> list[str]:
    """The keys of everything posted, in order."""
    return list(db.session.scalars(db.select(LedgerTransaction.key).order_by(LedgerTransaction.id)))
