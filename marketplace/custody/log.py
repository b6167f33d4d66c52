"""Where a piece has been from its owner to whoever has it now, move by move, under the number on its tag."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from flask_babel import gettext as _

from marketplace.custody.models import CustodyEntry
from marketplace.database import db
from marketplace.people.models import Person

CARRIERS, BENCH, BUYERS, HOUSE = "carrier", "bench", "buyer", "house"  # places that the shop itself names


def put(tag: str, place: str, *, by: Person | None, at: datetime) -> None:
    """Write down where the piece went, and by whose hand; by nobody's is by the carrier's."""
    db.session.add(CustodyEntry(tag=tag, at=at, by_id=by.id if by else None, place=place))


def take_in(tag: str, place: str, *, store: str | None, by: Person, at: datetime) -> None:
    """Tick a piece in that lies before us; ``store``: where its owner handed it over, and the risk with it (BAL-02)."""
    if store is not None and store != place:
        put(tag, store, by=by, at=at)
    put(tag, place, by=by, at=at)


def entries(tag: str) -> Sequence[CustodyEntry]:
    """Everywhere the piece has been, oldest first."""
    return db.session.scalars(sa.select(CustodyEntry).where(CustodyEntry.tag == tag).order_by(CustodyEntry.id)).all()


def place_words(place: str) -> str:
    """A place as people read it."""
    named: dict[str, str] = {
        CARRIERS: _("With the carrier"),
        BENCH: _("With our experts"),
        BUYERS: _("With its buyer"),
        HOUSE: _("Back with us"),
    }
    return named.get(place, place)


def told(tag: str, *, until: datetime | None = None) -> list[tuple[CustodyEntry, str]]:
    """The entries, each with its place in words; to who sold the piece to us, those ``until`` it was ours."""
    return [(entry, place_words(entry.place)) for entry in entries(tag) if until is None or entry.at <= until]
