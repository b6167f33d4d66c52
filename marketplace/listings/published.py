"""Every piece that has a page, in parts small enough for one file: for site maps and product feeds.

A sold piece keeps its address; after ``SOLD_STAYS`` it is told to be gone for good.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from marketplace.database import db
from marketplace.errors import Refusal
from marketplace.listings.piece import LP, SUSPENDED, I, L, P, S
from marketplace.listings.states import PUBLIC, ListingState

SOLD_STAYS = timedelta(days=90)
PART = 50_000  # what a site map may hold; parts go by id, so that a piece never changes its file

_CHANGED = sa.func.coalesce(L.c.sold_at, L.c.reviewed_at, L.c.live_at).label("changed_at")


class GoneForGood(Refusal):
    """Sold so long ago that search engines may forget it."""

    message = _l("It was sold a while ago.")
    status = 410


def is_gone(listing: Any, *, at: datetime) -> bool:
    """Whether the piece was sold too long ago to be kept in mind."""
    return listing.state is ListingState.SOLD and listing.sold_at is not None and listing.sold_at < at - SOLD_STAYS


def _has_page(at: datetime) -> Any:
    return sa.and_(L.c.state.in_(PUBLIC), sa.or_(L.c.state != ListingState.SOLD, L.c.sold_at >= at - SOLD_STAYS))


def parts(*, at: datetime) -> list[tuple[int, datetime | None]]:
    """The numbers of the parts that hold anything, each with the moment it last changed."""
    number = sa.cast((L.c.id - L.c.id % PART) / PART, sa.Integer).label("part")
    found = sa.select(number, sa.func.max(_CHANGED)).where(_has_page(at)).group_by(number).order_by(number)
    return [(row[0], row[1]) for row in db.session.execute(found)]


def _part(number: int) -> Any:
    return sa.and_(L.c.id >= number * PART, L.c.id < (number + 1) * PART)


def pages(number: int, *, at: datetime) -> Sequence[Any]:
    """Of one part: number, title and colour (which make the address), and when it last changed."""
    wanted = sa.select(L.c.number, L.c.title, L.c.colour, _CHANGED).where(_part(number), _has_page(at))
    return db.session.execute(wanted.order_by(L.c.id)).all()


def for_sale(number: int, *, brands: bool = False) -> Sequence[Any]:
    """Of one part: what can be bought now, with its style and its first picture, the library's or its seller's.

    ``brands``: the brand's own listings alone.
    """
    first = sa.select(sa.func.min(P.c.id)).where(P.c.listing_id == L.c.id).correlate(L).scalar_subquery()
    joined = L.join(I, I.c.id == L.c.item_id).join(S, S.c.id == I.c.style_id)
    joined = joined.outerjoin(LP, sa.and_(LP.c.style_id == S.c.id, LP.c.position == 0))
    joined = joined.outerjoin(P, sa.and_(LP.c.id.is_(None), P.c.id == first))
    columns = ("number", "title", "house", "category", "colour", "material", "grade", "currency", "price_minor")
    picture = (sa.func.coalesce(LP.c[name], P.c[name]).label(name) for name in ("key", "widths"))
    wanted = sa.select(*(L.c[name] for name in columns), L.c.words, S.c.number.label("style_number"), *picture)
    ours = L.c.seller_id.is_(None)
    offered = ours if brands else sa.or_(ours, L.c.seller_id.not_in(SUSPENDED))
    live = (L.c.state == ListingState.LIVE, offered)
    return db.session.execute(wanted.select_from(joined).where(_part(number), *live).order_by(L.c.id)).all()
