"""What a person bought in the brand's own shops, as the purchase file tells it (MK-04, MK-22)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa

from marketplace.database import db
from marketplace.people.models import Person, Purchase

PAGE = 25


@dataclass(frozen=True)
class HistoryPage:
    """Some purchases, newest first; ``older`` is the place to go on from, None at the end."""

    purchases: list[Purchase]
    older: str | None


def history(person: Person, *, after: str | None = None, limit: int = PAGE) -> HistoryPage:
    """Everything to be shown to ``person``: bought under their loyalty account, on the site and in stores alike.

    Purchases made as a guest with the person's verified e-mail come along, to say why they cannot be listed (MK-25).
    ``after`` is an earlier page's ``older``; a place that cannot be read is the beginning.
    """
    query = sa.select(Purchase).where(_belongs_to(person))
    if place := _read(after):
        query = query.where(sa.tuple_(Purchase.purchased_on, Purchase.id) < sa.tuple_(*map(sa.literal, place)))
    query = query.order_by(Purchase.purchased_on.desc(), Purchase.id.desc()).limit(limit + 1)
    found = list(db.session.scalars(query))
    last = found[limit - 1] if len(found) > limit else None
    return HistoryPage(found[:limit], f"{last.purchased_on}_{last.id}" if last else None)


def purchase_of(person: Person, purchase_id: int) -> Purchase | None:
    """One purchase, where it is in this person's history."""
    return db.session.scalar(sa.select(Purchase).where(Purchase.id == purchase_id, _belongs_to(person)))


def _belongs_to(person: Person) -> sa.ColumnElement[bool]:
    conditions: list[sa.ColumnElement[bool]] = [sa.false()]
    if person.loyalty_account_id is not None:
        conditions.append(Purchase.loyalty_account_id == person.loyalty_account_id)
    if person.email_verified_at is not None:
        conditions.append(sa.and_(Purchase.loyalty_account_id.is_(None), Purchase.email == person.email))
    return sa.or_(*conditions)


def _read(after: str | None) -> tuple[date, int] | None:
    day, _, number = (after or "").partition("_")
    try:
        return date.fromisoformat(day), int(number)
    except ValueError:
        return None
