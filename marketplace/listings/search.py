"""What the shop shows: what is for sale by category, words and facets, in a given order, page by page.

    window = look(Criteria.read(request.args, category="tote"), Cursor.read(request.args))

Pages follow one another by key, never by offset, so a piece that sells meanwhile neither repeats nor hides another.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import joinedload
from sqlalchemy.orm.attributes import set_committed_value

from marketplace.catalogue.models import Style
from marketplace.catalogue.search import read_query, search_in
from marketplace.catalogue.words import query_words, search_text
from marketplace.database import committed, db
from marketplace.listings import shelves
from marketplace.listings.criteria import Criteria, Cursor
from marketplace.listings.facets import Counted, Wider, count, wider
from marketplace.listings.matching import Match, Slip, matching
from marketplace.listings.models import Item, Listing, ListingPhoto
from marketplace.listings.ordering import Place
from marketplace.listings.piece import Offered
from marketplace.listings.window import shown

PAGE_SIZE = 24

_PIECE = re.compile(r"\A/p/(.{1,200})-L[0-9A-Za-z]{1,12}\Z")


@dataclass(frozen=True)
class Page:
    """Some listings in their order. ``newer`` and ``older`` are what ``before`` and ``after`` must say, or None."""

    listings: Sequence[Offered]
    newer: str | None
    older: str | None


@dataclass(frozen=True)
class Window:
    """One page with every filter counted. ``nearest`` and ``wider`` are of use where nothing was found."""

    page: Page
    counted: Counted
    slips: Sequence[Slip]
    nearest: Sequence[Offered]
    wider: Sequence[Wider]


@dataclass(frozen=True)
class _Ids:
    """The ids of a page before their listings are read."""

    ids: list[int]
    newer: str | None
    older: str | None


def look(criteria: Criteria, cursor: Cursor | None = None, *, size: int = PAGE_SIZE) -> Window:
    """One page of what is for sale and meets the criteria, its filters counted at the same moment."""
    with matching(criteria) as match:
        page, counted, slips = _page(match, cursor, size), count(match), match.slips
        nearest = [] if match.found else match.nearest(8)
        less = [] if match.found else wider(match)
    return Window(_read(page), counted, slips, shown(nearest), less)


def search_listings(criteria: Criteria, cursor: Cursor | None = None, *, size: int = PAGE_SIZE) -> Page:
    """One page of what is for sale and meets the criteria."""
    with matching(criteria) as match:
        page = _page(match, cursor, size)
    return _read(page)


def _read(page: _Ids) -> Page:
    return Page(shown(page.ids), page.newer, page.older)


def _page(match: Match, cursor: Cursor | None, size: int) -> _Ids:
    ordering, found = match.shelf.ordering(match.criteria.sort), match.found
    if cursor is None:
        ids, more = ordering.first(found, size), len(found) > size
        has_newer, has_older = False, more
    else:
        place = Place(cursor.value, cursor.id)
        found = ordering.after(found, place) if cursor.forward else ordering.before(found, place)
        ids, more = (ordering.first if cursor.forward else ordering.last)(found, size), len(found) > size
        has_newer, has_older = (True, more) if cursor.forward else (more, True)
    ends: list[str | None] = [f"{place.number}.{place.id}" for place in map(ordering.place_of, ids[:1] + ids[-1:])] or [
        None,
        None,
    ]
    return _Ids(ids, ends[0] if has_newer else None, ends[1] if has_older else None)


def newest(limit: int) -> Sequence[Offered]:
    """The pieces that went live last."""
    return search_listings(Criteria(), size=limit).listings


def newest_of_each(categories: Sequence[str]) -> dict[str, Offered]:
    """The newest piece of each category that has any."""
    with shelves.open_shelf() as shelf:
        ordering = shelf.ordering(Criteria().sort)
        ids = [listing for name in categories for listing in ordering.first(shelf.having("category", [name]), 1)]
    return {piece.category: piece for piece in shown(ids)}


def suggest(begun: str, limit: int = 8) -> list[tuple[str, int]]:
    """What the words begun may become, each with how many pieces it would find: styles, colours, materials, numbers."""
    words = query_words(begun)
    if not words:
        return []
    with shelves.open_shelf() as shelf:
        known = [
            (value, len(having))
            for facet in ("style", "colour", "material")
            for value, having in list(shelf.values[facet].items())
            if having and all(f" {word}" in search_text(value) for word in words)
        ]
        if not known:
            with committed() as connection:
                search = search_in(connection)
                ends = [" ".join((*words[:-1], end)) for end in search.beginning(words[-1], limit)]
                known = [(said, len(shelf.of_styles(search.styles(read_query(said))))) for said in ends]
    return sorted((one for one in known if one[1]), key=lambda one: (-one[1], one[0]))[:limit]


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


def instead_of(address: str, limit: int) -> Sequence[Offered]:
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
