"""What a shopper asks the shop for, read from a query string and written back into one.

criteria = Criteria.read(request.args, category="tote")
cursor = Cursor.read(request.args)
"""

from __future__ import annotations

import enum
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from marketplace.catalogue.words import LONGEST_QUERY
from marketplace.errors import NotFound

# As they are called in addresses, in the order in which they stand beside a list.
FACETS = ("category", "style", "colour", "condition", "size", "price", "discount", "material", "hardware")
Band = tuple[int, int | None]
DISCOUNT_BANDS: Sequence[Band] = ((20, 40), (40, 60), (60, None))  # percent below the original price
MOST_CHOSEN = 20  # values of one facet in one query
LONGEST_VALUE = 60

_CURSOR = re.compile(r"\A([0-9]{1,18})\.([0-9]{1,9})\Z")


class Sort(enum.StrEnum):
    NEWEST = "newest"
    PRICE_UP = "price-up"
    PRICE_DOWN = "price-down"
    SAVING = "saving"
    SAVED = "saved"


class NoSuchPage(NotFound):
    """The place in the list that the address names is not one we ever gave out."""


def bands_between(steps: Sequence[int]) -> tuple[Band, ...]:
    """The bands that meet at rising steps: from 0 to the first, from each to the next, from the last up."""
    return tuple(zip((0, *steps), (*steps, None), strict=True))


def band_name(band: Band) -> str:
    """The name of a band in addresses: ``100-200``, ``500-``."""
    return f"{band[0]}-{band[1] or ''}"


def band_of(number: float, bands: Sequence[Band]) -> str | None:
    """The name of the band a number lies in; its upper end belongs to the next."""
    for band in bands:
        if band[0] <= number and (band[1] is None or number < band[1]):
            return band_name(band)
    return None


class Query(Protocol):
    """A query string, as werkzeug's ``MultiDict`` gives it."""

    def getlist(self, key: str) -> list[str]: ...


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
        asked = [name for name in FACETS if not (category and name == "category")]
        chosen = {name: _values(args.getlist(name)) for name in asked}
        sort = _first(args, "sort")
        return cls(
            category=category,
            words=_first(args, "q").strip()[:LONGEST_QUERY],
            chosen={name: values for name, values in chosen.items() if values},
            sort=Sort(sort) if sort in set(Sort) else Sort.NEWEST,
        )

    def pairs(self) -> list[tuple[str, str]]:
        """The criteria as pairs of a query string, in a fixed order, without what goes without saying."""
        pairs = [("q", self.words)] if self.words else []
        pairs += [(name, value) for name in FACETS for value in self.chosen.get(name, ())]
        return pairs + ([("sort", self.sort.value)] if self.sort is not Sort.NEWEST else [])

    @property
    def is_narrowed(self) -> bool:
        """Whether anything is asked beyond the category."""
        return bool(self.words or self.chosen)

    def without(self, name: str, value: str) -> Criteria:
        """The criteria with one value of a facet taken out."""
        left = tuple(kept for kept in self.chosen.get(name, ()) if kept != value)
        others = {key: values for key, values in self.chosen.items() if key != name}
        return replace(self, chosen={**others, name: left} if left else others)


def _first(args: Query, name: str) -> str:
    return next(iter(args.getlist(name)), "")


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
        after, before = _first(args, "after"), _first(args, "before")
        text = after or before
        if not text:
            return None
        found = _CURSOR.match(text)
        if not found or (after and before):
            raise NoSuchPage()
        return cls(bool(after), int(found[1]), int(found[2]))
