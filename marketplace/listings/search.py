"""What the shop shows: live listings by category, words and facets, in a given order, page by page.

    criteria = Criteria.read(request.args, category="bags")
    page = search_listings(criteria, Cursor.read(request.args))
    for facet in facets(criteria): ...

Values of one facet are alternatives, facets narrow each other. Pages follow one another by key, never by offset, so a
piece that sells meanwhile neither repeats nor hides another.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

import sqlalchemy as sa
from babel.numbers import get_currency_precision
from sqlalchemy.orm import joinedload, selectinload

from marketplace.catalogue.models import Style
from marketplace.catalogue.words import LONGEST_QUERY, query_words
from marketplace.database import db
from marketplace.errors import NotFound
from marketplace.listings.models import Item, Listing
from marketplace.listings.states import ListingState
from marketplace.people.models import Person
from marketplace.programme import versions

PAGE_SIZE = 24
MOST_CHOSEN = 20  # values of one facet in one query
LONGEST_VALUE = 60
PRICE_BANDS = ((0, 100), (100, 200), (200, 300), (300, 500), (500, None))  # whole units of the programme's currency

_CURSOR = re.compile(r"\A([0-9]{1,18})\.([0-9]{1,18})\Z")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Sort(enum.StrEnum):
    NEWEST = "newest"
    PRICE_UP = "price-up"
    PRICE_DOWN = "price-down"


class NoSuchPage(NotFound):
    """The place in the list that the address names is not one we ever gave out."""


class Query(Protocol):
    """A query string, as werkzeug's ``MultiDict`` gives it."""

    def get(self, key: str, default: str = ...) -> str: ...

    def getlist(self, key: str) -> list[str]: ...


# What is asked -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Criteria:
    """What a shopper wants to see. ``chosen`` holds, by facet name, the values ticked."""

    category: str | None = None
    words: str = ""
    chosen: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    sort: Sort = Sort.NEWEST

    @classmethod
    def read(cls, args: Query, category: str | None = None) -> Criteria:
        """The criteria in a query string: ``q``, ``sort`` and the facets' names, each as often as it has values."""
        chosen = {name: _values(args.getlist(name)) for name in FACETS}
        sort = args.get("sort", "")
        return cls(
            category=category,
            words=args.get("q", "").strip()[:LONGEST_QUERY],
            chosen={name: values for name, values in chosen.items() if values},
            sort=Sort(sort) if sort in set(Sort) else Sort.NEWEST,
        )

    def pairs(self) -> list[tuple[str, str]]:
        """The criteria as pairs of a query string, in a fixed order, without what goes without saying."""
        pairs = [("q", self.words)] if self.words else []
        pairs += [(name, value) for name in FACETS for value in self.chosen.get(name, ())]
        return pairs + ([("sort", self.sort.value)] if self.sort is not Sort.NEWEST else [])

    def without(self, name: str, value: str) -> Criteria:
        """The criteria with one value of a facet taken out."""
        left = tuple(kept for kept in self.chosen.get(name, ()) if kept != value)
        others = {key: values for key, values in self.chosen.items() if key != name}
        return replace(self, chosen={**others, name: left} if left else others)


def _values(typed: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(value[:LONGEST_VALUE] for value in typed if value))[:MOST_CHOSEN]


@dataclass(frozen=True)
class Cursor:
    """A place in the list: right after a listing (``forward``) or right before it."""

    forward: bool
    value: int
    id: int

    @classmethod
    def read(cls, args: Query) -> Cursor | None:
        """The place named by ``after`` or ``before``; None is the beginning. Raises ``NoSuchPage``."""
        after, before = args.get("after", ""), args.get("before", "")
        text = after or before
        if not text:
            return None
        found = _CURSOR.match(text)
        if not found or (after and before):
            raise NoSuchPage()
        return cls(bool(after), int(found[1]), int(found[2]))


@dataclass(frozen=True)
class Page:
    """Some listings in their order. ``newer`` and ``older`` are what ``before`` and ``after`` must say, or None."""

    listings: Sequence[Listing]
    total: int
    newer: str | None
    older: str | None


# Facets --------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class FacetValue:
    value: str
    count: int
    is_chosen: bool


@dataclass(frozen=True)
class Facet:
    """One kind of filter, with every value that any piece in this category has; a count of 0 stays in the list."""

    name: str
    values: Sequence[FacetValue]


def band_name(low: int, high: int | None) -> str:
    """The name of a price band in addresses: ``100-200``, ``500-``."""
    return f"{low}-{high or ''}"


def _band(currency: str) -> sa.ColumnElement[Any]:
    unit = 10 ** get_currency_precision(currency)
    below = [(Listing.price_minor < high * unit, band_name(low, high)) for low, high in PRICE_BANDS if high is not None]
    return sa.case(*below, else_=band_name(*PRICE_BANDS[-1]))


def _column(name: str) -> sa.ColumnElement[Any]:
    if name == "price":
        return _band(versions.current().policy.market.currency)
    columns: dict[str, sa.ColumnElement[Any]] = {
        "condition": Listing.grade,  # type: ignore[dict-item]
        "colour": Listing.colour,  # type: ignore[dict-item]
        "material": Listing.material,  # type: ignore[dict-item]
        "style": Listing.title,  # type: ignore[dict-item]
    }
    return columns[name]


FACETS = ("condition", "price", "colour", "style", "material")


def facets(criteria: Criteria) -> list[Facet]:
    """Each facet with its values: how many pieces each would give together with what the other facets say."""
    return [_facet(name, criteria) for name in FACETS]


def _facet(name: str, criteria: Criteria) -> Facet:
    column = _column(name)
    open_here = {key: values for key, values in criteria.chosen.items() if key != name}
    known = db.session.scalars(sa.select(column).where(*_wanted(Criteria(criteria.category))).distinct())
    counted = sa.select(column, sa.func.count()).where(*_wanted(replace(criteria, chosen=open_here))).group_by(column)
    counts: dict[str, int] = dict(db.session.execute(counted).tuples().all())
    chosen = criteria.chosen.get(name, ())
    values = dict.fromkeys([value for value in known if value] + list(chosen))
    order = _band_order if name == "price" else str.casefold
    return Facet(
        name, [FacetValue(value, counts.get(value, 0), value in chosen) for value in sorted(values, key=order)]
    )


def _band_order(name: str) -> str:
    return name.partition("-")[0].zfill(9)


# Finding -------------------------------------------------------------------------------------------------------------


def for_sale() -> list[sa.ColumnElement[bool]]:
    """What makes a listing one that can be bought now: live, and its seller not suspended."""
    suspended = sa.select(Person.id).where(Person.suspended_at.is_not(None))
    return [
        Listing.state == ListingState.LIVE,
        sa.or_(Listing.seller_id.is_(None), Listing.seller_id.not_in(suspended)),
    ]


def _wanted(criteria: Criteria) -> list[sa.ColumnElement[bool]]:
    wanted = for_sale()
    if criteria.category:
        wanted.append(Listing.category == criteria.category)
    # The stored text has a space before each word, so a word typed matches from the start of one.
    wanted += [Listing.search_text.contains(f" {word}", autoescape=True) for word in query_words(criteria.words)]
    return wanted + [_column(name).in_(values) for name, values in criteria.chosen.items()]


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


def with_pictures() -> list[Any]:
    """Loader options for what a card shows: the style's library pictures and the seller's photos."""
    style = joinedload(Listing.item).joinedload(Item.style)
    return [style.selectinload(Style.pictures), selectinload(Listing.photos)]


def search_listings(criteria: Criteria, cursor: Cursor | None = None, *, size: int = PAGE_SIZE) -> Page:
    """One page of what is for sale and meets the criteria. Raises ``NoSuchPage`` for a place out of all bounds."""
    wanted = _wanted(criteria)
    total = db.session.scalar(sa.select(sa.func.count()).select_from(Listing).where(*wanted)) or 0
    column, descends = _sorted_by(criteria.sort)
    backwards = cursor is not None and not cursor.forward
    downwards = descends is not backwards
    order = [column.desc(), Listing.id.desc()] if downwards else [column.asc(), Listing.id.asc()]
    query = sa.select(Listing).where(*wanted).order_by(*order).limit(size + 1).options(*with_pictures())
    if cursor is not None:
        query = query.where(_beyond(criteria.sort, cursor))
    found = list(db.session.scalars(query))
    more, shown = len(found) > size, found[:size]
    if backwards:
        shown.reverse()
    has_newer, has_older = (more, True) if backwards else (cursor is not None, more)
    return Page(
        listings=shown,
        total=total,
        newer=_cursor_text(criteria.sort, shown[0]) if shown and has_newer else None,
        older=_cursor_text(criteria.sort, shown[-1]) if shown and has_older else None,
    )


def newest(limit: int) -> Sequence[Listing]:
    """The pieces that went live last."""
    return search_listings(Criteria(), size=limit).listings


def similar(listing: Listing, limit: int = 8) -> Sequence[Listing]:
    """Pieces for sale like this one: the same style first, then the same category and colour, then near in price."""
    likeness = sa.case(
        (Listing.title == listing.title, 0),
        (sa.and_(Listing.category == listing.category, Listing.colour == listing.colour), 1),
        (Listing.category == listing.category, 2),
        else_=3,
    )
    away = sa.func.abs(Listing.price_minor - (listing.price_minor or listing.original_price_minor))
    return db.session.scalars(
        sa.select(Listing)
        .where(*for_sale(), Listing.id != listing.id)
        .order_by(likeness, away, Listing.id.desc())
        .limit(limit)
        .options(*with_pictures())
    ).all()
