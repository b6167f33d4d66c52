"""Which pieces a shopper's criteria mean: sets of ids taken from the shelf."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from pyroaring import BitMap

from marketplace.catalogue.search import Search, Wanted, read_query, search_in
from marketplace.catalogue.search.queries import Term, term
from marketplace.database import committed
from marketplace.listings import shelves
from marketplace.listings.criteria import Criteria
from marketplace.listings.models import Listing
from marketplace.listings.shelf import Shelf
from marketplace.listings.states import ListingState
from marketplace.people.models import Person


def for_sale() -> list[sa.ColumnElement[Any]]:
    """What makes a listing one that can be bought now: live, and its seller not suspended."""
    suspended = sa.select(Person.id).where(Person.suspended_at.is_not(None))
    return [
        Listing.state == ListingState.LIVE,
        sa.or_(Listing.seller_id.is_(None), Listing.seller_id.not_in(suspended)),
    ]


@dataclass(frozen=True)
class Slip:
    """A word that no piece has, and the words one slip away from it that were searched for instead."""

    typed: str
    instead: tuple[str, ...]


@dataclass(frozen=True)
class Match:
    """The criteria beside the shelf: ``scope`` is all of the category, ``parts`` what each filter leaves of it.

    The words typed are a part of their own, by the name ``q``; a piece is found that is in every part.
    """

    criteria: Criteria
    shelf: Shelf
    scope: BitMap
    parts: dict[str, BitMap]
    slips: tuple[Slip, ...] = ()
    found: BitMap = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "found", self.without())

    def without(self, *names: str) -> BitMap:
        """What would be found without these filters."""
        return BitMap.intersection(self.scope, *(part for name, part in self.parts.items() if name not in names))

    def nearest(self, count: int) -> list[int]:
        """The ids of pieces that meet all filters but as few as can be, the newest first."""
        meeting = [self.scope] + [BitMap()] * len(self.parts)  # by how many parts at least a piece is in
        for part in self.parts.values():
            for number in range(len(self.parts), 0, -1):
                meeting[number] = meeting[number] | (meeting[number - 1] & part)
        found: list[int] = []
        for pieces in reversed(meeting):
            found += self.shelf.ordering(self.criteria.sort).first(pieces - BitMap(found), count - len(found))
            if len(found) >= count:
                break
        return found


@contextmanager
def matching(criteria: Criteria) -> Iterator[Match]:
    """The criteria beside the shelf as it is now, which stays as it is meanwhile."""
    with shelves.open_shelf() as shelf:
        scope = shelf.having("category", [criteria.category]) if criteria.category else shelf.for_sale.copy()
        parts = {name: shelf.having(name, values) for name, values in criteria.chosen.items()}
        slips: tuple[Slip, ...] = ()
        if criteria.words:
            with committed() as connection:
                parts["q"], slips = _saying(criteria.words, shelf, search_in(connection))
        yield Match(criteria, shelf, scope, parts, slips)


def _saying(words: str, shelf: Shelf, search: Search) -> tuple[BitMap, tuple[Slip, ...]]:
    """The pieces that hold every word, or a word close to one that none holds."""
    wanted = read_query(words)
    if not wanted.terms:  # signs alone ask for nothing
        return shelf.for_sale.copy(), ()
    found = shelf.of_styles(search.styles(wanted))
    if found:
        return found, ()
    corrected = [_corrected(one, shelf, search) for one in wanted.terms]
    slips = tuple(slip for _term, slip in corrected if slip)
    if not slips:
        return found, ()
    return shelf.of_styles(search.styles(Wanted(tuple(one for one, _slip in corrected)))), slips


def _corrected(one: Term, shelf: Shelf, search: Search) -> tuple[Term, Slip | None]:
    if shelf.of_styles(search.styles(Wanted((one,)))):
        return one, None
    instead = tuple(search.near(one.typed[-1]))
    if not instead:
        return one, None
    phrases = [phrase for word in instead for phrase in term((*one.typed[:-1], word)).phrases]
    return Term(one.typed, tuple(phrases)), Slip(one.typed[-1], instead)
