"""Every piece for sale, kept in memory as sets of listing ids: one set for each value of each facet.

Which pieces meet any combination of filters, how many each further filter would leave, and which come next in any order
are operations on such sets: a few microseconds each, exact, for a million pieces in some forty megabytes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import chain
from typing import Any, NamedTuple, TypeVar

from pyroaring import BitMap

from marketplace.listings.criteria import DISCOUNT_BANDS, FACETS, Band, Sort, band_of
from marketplace.listings.ordering import Ordering

BEGINNING = datetime(2000, 1, 1, tzinfo=UTC)  # from which the seconds of a listing's going live are counted
_SECOND = timedelta(seconds=1)
TOLD = {  # the facets that a listing says itself
    "category": "category",
    "style": "title",
    "colour": "colour",
    "condition": "grade",
    "size": "size",
    "material": "material",
    "hardware": "hardware",
}

Ids = Sequence[int]


class Stocked(NamedTuple):
    """What the shelf needs to know of a listing; ``for_sale`` is live and its seller not suspended."""

    id: int
    for_sale: bool
    style_id: int
    title: str
    category: str
    colour: str
    material: str
    hardware: str
    size: str
    grade: str | None
    price_minor: int | None
    original_price_minor: int
    live_at: datetime | None
    saves: int
    changed_in: int


class Pricing(NamedTuple):
    """What turns a seller's price into the one a buyer sees: the fixed shipping amount is in it (GAP-02)."""

    shipping_minor: int
    unit: int  # minor units in a whole one of the currency
    bands: tuple[Band, ...]  # in whole units

    def shown(self, price_minor: int | None) -> int:
        return (price_minor or 0) + self.shipping_minor


class Shelf:
    """All pieces for sale. ``values`` holds, by facet and value, the ids of the listings that have it."""

    def __init__(self, pricing: Pricing) -> None:
        self.pricing = pricing
        self.for_sale = BitMap()
        self.values: dict[str, dict[str, BitMap]] = {name: {} for name in FACETS}
        self._styles: dict[int, BitMap] = {}
        rising = Ordering(descends=False)
        self._orderings = {
            Sort.NEWEST: Ordering(descends=True),
            Sort.PRICE_UP: rising,
            Sort.PRICE_DOWN: rising.the_other_way(),
            Sort.SAVING: Ordering(descends=True),
            Sort.SAVED: Ordering(descends=True),
        }

    def ordering(self, sort: Sort) -> Ordering:
        return self._orderings[sort]

    # Keeping it ------------------------------------------------------------------------------------------------------

    def change(self, offered: Sequence[Stocked]) -> None:
        """Take in listings as they are now, whatever was known of them."""
        self._forget(BitMap([one.id for one in offered]))
        self.add([one for one in offered if one.for_sale])

    def _forget(self, ids: BitMap) -> None:
        self.for_sale -= ids
        for having in chain(self._styles.values(), *(known.values() for known in self.values.values())):
            having.difference_update(ids)
        for ordering in self._orderings.values():
            ordering.forget(ids)

    def add(self, offered: Collection[Sequence[Any]]) -> None:
        """Take in listings for sale of which nothing is known yet: rows with the fields of ``Stocked``."""
        if not offered:
            return
        column: Any = Stocked._make(zip(*offered, strict=True))  # each field a column of them
        kinds = zip(column.style_id, *(getattr(column, name) for name in TOLD.values()), strict=True)
        for kind, having in _grouped(column.id, kinds).items():
            self.note_kind(kind, having)
        for prices, having in _grouped(
            column.id, zip(column.price_minor, column.original_price_minor, strict=True)
        ).items():
            self.note_prices(*prices, having)
        for saves, having in _grouped(column.id, column.saves).items():
            self.note_saves(saves, having)
        self.note_moments(column.id, [seconds(moment) for moment in column.live_at])

    # A shop has far fewer kinds of pieces, prices and counts than pieces: each is noted for all that have it at once.

    def note_kind(self, kind: Sequence[Any], having: BitMap) -> None:
        """Pieces for sale of one style that say the same of themselves: its id, then the fields of ``TOLD``."""
        self.for_sale.update(having)
        self._styles.setdefault(kind[0], BitMap()).update(having)
        for facet, value in zip(TOLD, kind[1:], strict=True):
            self._note_value(facet, value, having)

    def note_prices(self, price_minor: int | None, original_minor: int, having: BitMap) -> None:
        """What a buyer sees and how far it lies below the original price: in bands, and as numbers to order by."""
        minor = self.pricing.shown(price_minor)
        share = saving(minor, original_minor)
        self._note_value("price", band_of(minor / self.pricing.unit, self.pricing.bands), having)
        self._note_value("discount", band_of(share / 100, DISCOUNT_BANDS), having)
        self._orderings[Sort.PRICE_UP].put(having, minor)
        self._orderings[Sort.SAVING].put(having, share)

    def note_saves(self, saves: int, having: BitMap) -> None:
        """How many people keep each of these in mind."""
        self._orderings[Sort.SAVED].put(having, saves)

    def note_moments(self, ids: Ids, moments: Ids) -> None:
        """When each went live, in ``seconds``."""
        self._orderings[Sort.NEWEST].put_each(ids, moments)

    def _note_value(self, facet: str, value: str | None, having: BitMap) -> None:
        if value:
            self.values[facet].setdefault(value, BitMap()).update(having)

    # Asking it -------------------------------------------------------------------------------------------------------

    def having(self, facet: str, values: Iterable[str]) -> BitMap:
        """The pieces that have any of these values."""
        known = self.values[facet]
        return BitMap.union(BitMap(), *(known[value] for value in values if value in known))

    def of_styles(self, style_ids: Iterable[int]) -> BitMap:
        """The pieces of any of these styles."""
        known = self._styles
        return BitMap.union(BitMap(), *(known[style_id] for style_id in style_ids if style_id in known))


V = TypeVar("V")


def _grouped(ids: Ids, values: Iterable[V]) -> dict[V, BitMap]:
    """The ids by their values."""
    found: defaultdict[V, list[int]] = defaultdict(list)
    for listing, value in zip(ids, values, strict=True):
        found[value].append(listing)
    return {value: BitMap(having) for value, having in found.items()}


def saving(price_minor: int, original_minor: int) -> int:
    """By how many basis points a price lies below the original one; 0 where it does not."""
    return max(0, (original_minor - price_minor) * 10_000 // original_minor) if original_minor > 0 else 0


def seconds(moment: datetime | None) -> int:
    """When a piece went live, as a number to order by."""
    return max(0, (moment - BEGINNING) // _SECOND) if moment else 0
