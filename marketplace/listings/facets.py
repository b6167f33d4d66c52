"""The filters beside a list of pieces, each value with the number of pieces it would give.

with matching(criteria) as match:
    counted = count(match)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from pyroaring import BitMap

from marketplace.listings.criteria import FACETS, Criteria
from marketplace.listings.matching import Match

MOST_VALUES = 12  # of one facet: a page is read by people; what is rarer is found by its words
_BY_NUMBER = ("price", "discount", "size")


@dataclass(frozen=True)
class FacetValue:
    value: str
    count: int
    is_chosen: bool


@dataclass(frozen=True)
class Facet:
    """One kind of filter, with the values that most pieces of this category have; a count of 0 stays in the list."""

    name: str
    values: Sequence[FacetValue]


@dataclass(frozen=True)
class Wider:
    """Criteria with one filter less, and how many pieces they would find; ``value`` is None where words are dropped."""

    name: str
    value: str | None
    criteria: Criteria
    count: int


@dataclass(frozen=True)
class Counted:
    """How many pieces meet the criteria, and how many would with one value more or less."""

    total: int
    facets: Sequence[Facet]


def count(match: Match) -> Counted:
    """Each facet with its values: how many pieces each would give together with what the other facets say."""
    names = [name for name in FACETS if name != "category" or match.criteria.category is None]
    return Counted(len(match.found), [_facet(name, match) for name in names])


def _facet(name: str, match: Match) -> Facet:
    chosen = match.criteria.chosen.get(name, ())
    others = match.without(name) if chosen else match.found
    known = match.shelf.values[name]
    values = sorted({*_most(known, match), *chosen}, key=_by_number if name in _BY_NUMBER else str.casefold)
    nothing = BitMap()
    counts = [others.intersection_cardinality(known.get(value, nothing)) for value in values]
    return Facet(name, [FacetValue(value, found, value in chosen) for value, found in zip(values, counts, strict=True)])


def _most(known: dict[str, BitMap], match: Match) -> list[str]:
    """The values that most pieces of the category have, whatever else is chosen: so that none comes or goes."""
    if match.criteria.category is None:
        sizes = {value: len(having) for value, having in known.items()}
    else:
        sizes = {value: match.scope.intersection_cardinality(having) for value, having in known.items()}
    return sorted(filter(sizes.__getitem__, sizes), key=lambda value: (-sizes[value], value))[:MOST_VALUES]


def _by_number(value: str) -> tuple[bool, str, str]:
    """Numbers first, in their order; ``100-200`` counts as 100."""
    number = value.partition("-")[0]
    return (not number.isdecimal(), number.zfill(9), value)


def wider(match: Match) -> list[Wider]:
    """What one filter less would find, most first; nothing where not even that helps."""
    criteria = match.criteria
    less = [_without_value(name, value, match) for name, values in criteria.chosen.items() for value in values]
    if criteria.words:
        less.append(Wider("q", None, replace(criteria, words=""), len(match.without("q"))))
    return sorted((one for one in less if one.count), key=lambda one: -one.count)


def _without_value(name: str, value: str, match: Match) -> Wider:
    criteria, others = match.criteria.without(name, value), match.without(name)
    left = criteria.chosen.get(name)
    count = others.intersection_cardinality(match.shelf.having(name, left)) if left else len(others)
    return Wider(name, value, criteria, count)
