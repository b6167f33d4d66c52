"""Every piece for sale, kept in memory as sets of listing ids: one set for each value of each facet.

Which pieces meet any combination of filters, how many each further filter would leave, and which come next in any order
are operations on such sets: a few microseconds each, exact, for a million pieces in some forty megabytes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import chain
from typing import NamedTuple, TypeVar

from pyroaring import BitMap

from marketplace.listings.criteria import DISCOUNT_BANDS, FACETS, PRICE_BANDS, Sort, band_of
from marketplace.listings.ordering import Ordering

_BEGINNING = datetime(2000, 1, 1, tzinfo=UTC)  # from which the seconds of a listing's going live are counted
_SECOND = timedelta(seconds=1)
_TOLD = {  # the facets that a listing says itself
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

    def shown(self, price_minor: int | None) -> int:
        return (price_minor or 0) + self.shipping_minor


class Shelf:
    """All pieces for sale. ``values`` holds, by facet and value, the ids of the listings that have it."""

    def __init__(self, pricing: Pricing) -> None:
        self.pricing = pricing
        self.for_sale = BitMap()
        self.values: dict[str, dict[str, BitMap]] = {name: {} for name in FACETS}
        self._styles: dict[int, BitMap] = {}
        self._orderings = {
            Sort.NEWEST: Ordering(descends=True),
            Sort.PRICE_UP: Ordering(descends=False),
            Sort.PRICE_DOWN: Ordering(descends=True),
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
        gone = ids & self.for_sale
        if not gone:
            return
        self.for_sale -= gone
        for having in chain(self._styles.values(), *(known.values() for known in self.values.values())):
            having.difference_update(gone)
        for ordering in self._orderings.values():
            ordering.forget(gone)

    def add(self, offered: Collection[Stocked]) -> None:
        """Take in listings for sale of which nothing is known yet."""
        ids = [one.id for one in offered]
        shown = [self.pricing.shown(one.price_minor) for one in offered]
        savings = [saving(minor, one.original_price_minor) for minor, one in zip(shown, offered, strict=True)]
        self.for_sale.update(ids)
        for style_id, having in _grouped(ids, [one.style_id for one in offered]).items():
            self._styles.setdefault(style_id, BitMap()).update(having)
        self._note_values(ids, offered, shown, savings)
        self._note_numbers(ids, offered, shown, savings)

    def _note_values(self, ids: Ids, offered: Collection[Stocked], shown: list[int], savings: list[int]) -> None:
        unit = self.pricing.unit
        by_facet: dict[str, list[str | None]] = {
            name: [getattr(one, field) for one in offered] for name, field in _TOLD.items()
        }
        by_facet["price"] = [band_of(minor / unit, PRICE_BANDS) for minor in shown]
        by_facet["discount"] = [band_of(share / 100, DISCOUNT_BANDS) for share in savings]
        for name, values in by_facet.items():
            for value, having in _grouped(ids, values).items():
                if value:
                    self.values[name].setdefault(value, BitMap()).update(having)

    def _note_numbers(self, ids: Ids, offered: Collection[Stocked], shown: list[int], savings: list[int]) -> None:
        self._orderings[Sort.NEWEST].put_each(ids, [seconds(one.live_at) for one in offered])
        for sort, numbers in (
            (Sort.PRICE_UP, shown),
            (Sort.PRICE_DOWN, shown),
            (Sort.SAVING, savings),
            (Sort.SAVED, [one.saves for one in offered]),
        ):
            for number, having in _grouped(ids, numbers).items():
                self._orderings[sort].put(having, number)

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


def _grouped(ids: Ids, values: Iterable[V]) -> dict[V, list[int]]:
    """The ids by their values."""
    found: defaultdict[V, list[int]] = defaultdict(list)
    for listing, value in zip(ids, values, strict=True):
        found[value].append(listing)
    return found


def saving(price_minor: int, original_minor: int) -> int:
    """By how many basis points a price lies below the original one; 0 where it does not."""
    return max(0, (original_minor - price_minor) * 10_000 // original_minor) if original_minor > 0 else 0


def seconds(moment: datetime | None) -> int:
    """When a piece went live, as a number to order by."""
    return max(0, (moment - _BEGINNING) // _SECOND) if moment else 0
