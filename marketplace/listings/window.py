"""Listings as a shop window shows them: plain rows, everything a card says in one statement."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa

from marketplace.database import db
from marketplace.listings.piece import LP, SHOWN, I, L, Offered, P, PictureFile
from marketplace.listings.states import ListingState
from marketplace.people.models import Person

_FILE = ("key", "width", "height", "widths")


def shown(ids: Sequence[int]) -> list[Offered]:
    """These pieces in this order, without those that were sold this moment."""
    if not ids:
        return []
    found = {row[0]: _offered(row) for row in db.session.execute(_CARDS, {"ids": list(ids)}) if _is_for_sale(row)}
    return [found[listing] for listing in ids if listing in found]


def _is_for_sale(row: Any) -> bool:
    return row.state is ListingState.LIVE and row.suspended_at is None


def _offered(row: Sequence[Any]) -> Offered:
    library, seller = row[-8:-4], row[-4:]
    return Offered(*[*row[: len(SHOWN)], PictureFile.read(*(library if library[0] else seller))])


def _picture(table: Any) -> Iterable[Any]:
    return (table.c[name] for name in _FILE)


_library, _own = LP.alias(), P.alias()
_first_of_library = (
    sa.select(_library.c.id).where(_library.c.style_id == I.c.style_id).order_by(_library.c.position).limit(1)
)
_first_of_own = sa.select(_own.c.id).where(_own.c.listing_id == L.c.id).order_by(_own.c.position).limit(1)

# Tables, not classes: the layer that maps objects has nothing to do here, and takes a while to find that out. The ids
# are the only condition: told of the state too, SQLite reads every live listing by an index of states.
_CARDS = (
    sa.select(*SHOWN, Person.__table__.c.suspended_at, *_picture(LP), *_picture(P))
    .select_from(L.join(I, I.c.id == L.c.item_id))
    .outerjoin(Person.__table__, Person.__table__.c.id == L.c.seller_id)
    .outerjoin(LP, LP.c.id == _first_of_library.correlate(I).scalar_subquery())
    .outerjoin(P, sa.and_(LP.c.id.is_(None), P.c.id == _first_of_own.correlate(L).scalar_subquery()))
    .where(L.c.id.in_(sa.bindparam("ids", expanding=True)))
)
