"""The bag: listing numbers in the browser's signed session. It never holds a piece: first paid, first served."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from flask import session

from marketplace.database import db
from marketplace.listings.models import Listing

KEY = "bag"
MOST = 20


def numbers() -> list[str]:
    """The listing numbers in the bag, in the order they were added."""
    return [str(number) for number in session.get(KEY, [])]


def put_in(number: str) -> None:
    """Add a piece; one that is in stays where it is. A full bag lets its oldest line go."""
    if number not in numbers():
        session[KEY] = [*numbers(), number][-MOST:]


def take_out(*gone: str) -> None:
    """Remove pieces; harmless where they are not in."""
    session[KEY] = [number for number in numbers() if number not in gone]


def listings(*loading: Any) -> list[Listing]:
    """The pieces in the bag, in the order they were added; ``loading`` says what is wanted of them besides."""
    wanted = numbers()
    if not wanted:
        return []
    rows = db.session.scalars(sa.select(Listing).where(Listing.number.in_(wanted)).options(*loading))
    found = {listing.number: listing for listing in rows}
    return [found[number] for number in wanted if number in found]
