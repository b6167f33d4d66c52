"""What the shop shows: what is for sale by category, words and facets, in a given order, page by page.

    page = search_listings(Criteria.read(request.args, category="tote"), Cursor.read(request.args))

Pages follow one another by key, never by offset, so a piece that sells meanwhile neither repeats nor hides another.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import joinedload
from sqlalchemy.orm.attributes import set_committed_value

from marketplace.catalogue.models import Style
from marketplace.catalogue.words import query_words
from marketplace.database import db
from marketplace.listings.criteria import Criteria, Cursor, NoSuchPage, Sort
from marketplace.listings.matching import wanted
from marketplace.listings.models import Item, Listing, ListingPhoto

PAGE_SIZE = 24

_PIECE = re.compile(r"\A/p/(.{1,200})-L[0-9A-Za-z]{1,12}\Z")

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True)
class Page:
    """Some listings in their order. ``newer`` and ``older`` are what ``before`` and ``after`` must say, or None."""

    listings: Sequence[Listing]
    newer: str | None
    older: str | None


def _sorted_by(sort: Sort) -> tuple[sa.ColumnElement[Any], bool]:
    """The column a sort goes by and whether it descends; the id settles ties the same way round."""
    if sort is Sort.NEWEST:
        return Listing.live_at, True  # type: ignore[return-value]
    return Listing.price_minor, sort is Sort.PRICE_DOWN  # type: ignore[return-value]


def _beyond(sort: Sort, cursor: Cursor) -> sa.ColumnElement[bool]:
    column, descends = _sorted_by(sort)
    try:
        value = _EPOCH + cursor.value * _MICROSECOND if sort is Sort.NEWEST else cursor.value
    except OverflowError:
        raise NoSuchPage() from None
    here = sa.tuple_(sa.literal(value, column.type), sa.literal(cursor.id))
    place = sa.tuple_(column, Listing.id)
    return place < here if descends is cursor.forward else place > here


def _cursor_text(sort: Sort, listing: Listing) -> str:
    if sort is Sort.NEWEST and listing.live_at is not None:
        return f"{(listing.live_at - _EPOCH) // _MICROSECOND}.{listing.id}"
    return f"{listing.price_minor}.{listing.id}"


def with_pictures() -> Any:
    """Loader option for what a card shows first: the style's library pictures."""
    return joinedload(Listing.item).joinedload(Item.style).selectinload(Style.pictures)


def _ready_for_cards(listings: Sequence[Listing]) -> Sequence[Listing]:
    """Have the seller's photos at hand, by one question, where the library has no picture to show."""
    bare = {listing.id: listing for listing in listings if not listing.item.style.pictures}
    if bare:
        photos: dict[int, list[ListingPhoto]] = {listing_id: [] for listing_id in bare}
        query = sa.select(ListingPhoto).where(ListingPhoto.listing_id.in_(bare)).order_by(ListingPhoto.position)
        for photo in db.session.scalars(query):
            photos[photo.listing_id].append(photo)
        for listing_id, taken in photos.items():
            set_committed_value(bare[listing_id], "photos", taken)
    return listings


def search_listings(criteria: Criteria, cursor: Cursor | None = None, *, size: int = PAGE_SIZE) -> Page:
    """One page of what is for sale and meets the criteria. Raises ``NoSuchPage`` for a place out of all bounds."""
    conditions = wanted(criteria)
    column, descends = _sorted_by(criteria.sort)
    backwards = cursor is not None and not cursor.forward
    downwards = descends is not backwards
    order = [column.desc(), Listing.id.desc()] if downwards else [column.asc(), Listing.id.asc()]
    query = sa.select(Listing).where(*conditions).order_by(*order).limit(size + 1).options(with_pictures())
    if cursor is not None:
        query = query.where(_beyond(criteria.sort, cursor))
    found = list(db.session.scalars(query))
    more, shown = len(found) > size, found[:size]
    if backwards:
        shown.reverse()
    has_newer, has_older = (more, True) if backwards else (cursor is not None, more)
    return Page(
        listings=_ready_for_cards(shown),
        newer=_cursor_text(criteria.sort, shown[0]) if shown and has_newer else None,
        older=_cursor_text(criteria.sort, shown[-1]) if shown and has_older else None,
    )


def newest(limit: int) -> Sequence[Listing]:
    """The pieces that went live last."""
    return search_listings(Criteria(), size=limit).listings


def instead_of(address: str, limit: int) -> Sequence[Listing]:
    """Pieces for the page of an address that leads nowhere: those its words describe, then the newest.

    Only the address is read: what nobody may see is told apart from what never was by nothing (fault P04).
    """
    named = _PIECE.match(address)
    words = query_words(named[1]) if named else []
    for some in filter(None, (words, words[:-1])):  # the last word is the colour: better another one than none
        if found := search_listings(Criteria(words=" ".join(some)), size=limit).listings:
            others = [listing for listing in newest(limit + len(found)) if listing not in found]
            return [*found, *others][:limit]
    return newest(limit)
