"""Which pieces a shopper's criteria mean: sets of ids taken from the shelf."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from pyroaring import BitMap

from marketplace.catalogue.search import Search, Wanted, read_query, search_in
from marketplace.catalogue.search.queries import Term, names_near, term
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

    The words typed are a part of their own, by the name ``q``; a piece is found that is in every part. Where no piece
    has them all, ``words`` holds those that have each.
    """

    criteria: Criteria
    shelf: Shelf
    scope: BitMap
    parts: dict[str, BitMap]
    slips: tuple[Slip, ...] = ()
    words: tuple[BitMap, ...] = ()
    found: BitMap = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "found", self.without())

    def without(self, *names: str) -> BitMap:
        """What would be found without these filters."""
        return BitMap.intersection(self.scope, *(part for name, part in self.parts.items() if name not in names))

    def nearest(self, count: int) -> list[int]:
        """The ids of pieces that meet all filters but as few as can be, the newest first; each word counts as one."""
        parts = [part for name, part in self.parts.items() if name != "q" or not self.words] + list(self.words)
        meeting = [self.scope] + [BitMap()] * len(parts)  # by how many parts at least a piece is in
        for part in parts:
            for number in range(len(parts), 0, -1):
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
        slips, words = tuple[Slip, ...](), tuple[BitMap, ...]()
        if criteria.words:
            with committed() as connection:
                search = search_in(connection)
                parts["q"], slips = _saying(criteria.words, shelf, search)
                if not parts["q"]:
                    words = _each(criteria.words, shelf, search)
        yield Match(criteria, shelf, scope, parts, slips, words)


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


def _each(words: str, shelf: Shelf, search: Search) -> tuple[BitMap, ...]:
    """The pieces that hold each of the words."""
    return tuple(shelf.of_styles(search.styles(Wanted((one,)))) for one in read_query(words).terms)


def _corrected(one: Term, shelf: Shelf, search: Search) -> tuple[Term, Slip | None]:
    if shelf.of_styles(search.styles(Wanted((one,)))):
        return one, None
    instead = tuple(search.near(one.typed[-1]) or names_near(one.typed[-1]))
    if not instead:
        return one, None
    meant = [term((*one.typed[:-1], word)) for word in instead]
    phrases = tuple(phrase for other in meant for phrase in other.phrases)
    return Term(one.typed, phrases, all(other.is_name for other in meant)), Slip(one.typed[-1], instead)
