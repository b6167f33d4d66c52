"""Putting listings in order by a number each, without holding or sorting the numbers.

A number is kept by its binary figures: for each figure, the set of the listings whose number has it. The first few of
any set of listings then take one step a figure, however many listings there are.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import compress

from pyroaring import BitMap

FEW = 64  # so many are sorted one by one


@dataclass(frozen=True)
class Place:
    """Where a listing stands: its number, and its id for those that have the same."""

    number: int
    id: int


class Ordering:
    """The numbers of listings (integers from 0). Among equal ones the listing with the higher id comes first."""

    def __init__(self, *, descends: bool) -> None:
        self._descends = descends
        self._figures: list[BitMap] = []

    def the_other_way(self) -> Ordering:
        """The same numbers, once and for all, from the other end."""
        other = Ordering(descends=not self._descends)
        other._figures = self._figures
        return other

    def put(self, listings: Iterable[int], number: int) -> None:
        """Give listings that have no number yet this one."""
        ids = listings if isinstance(listings, BitMap) else BitMap(listings)
        self._make_room(number.bit_length())
        for place, figure in enumerate(self._figures):
            if number >> place & 1:
                figure.update(ids)

    def put_each(self, listings: Iterable[int], numbers: Iterable[int]) -> None:
        """Give each listing a number of its own: quicker than one by one where hardly any are equal."""
        ids, own = list(listings), list(numbers)
        self._make_room(max(own, default=0).bit_length())
        for place, figure in enumerate(self._figures):
            figure.update(list(compress(ids, map((1 << place).__and__, own))))

    def _make_room(self, figures: int) -> None:
        self._figures += [BitMap() for _ in range(figures - len(self._figures))]

    def forget(self, listings: BitMap) -> None:
        """Take these listings out."""
        for figure in self._figures:
            figure.difference_update(listings)

    def place_of(self, listing: int) -> Place:
        return Place(sum(1 << place for place, figure in enumerate(self._figures) if listing in figure), listing)

    def after(self, found: BitMap, place: Place) -> BitMap:
        """Those of ``found`` that come after a place."""
        lower, same, higher = self._around(found, place.number)
        return (lower if self._descends else higher) | same[: same.rank(place.id) - (place.id in same)]

    def before(self, found: BitMap, place: Place) -> BitMap:
        """Those that come before it."""
        lower, same, higher = self._around(found, place.number)
        return (higher if self._descends else lower) | same[same.rank(place.id) :]

    def _around(self, found: BitMap, number: int) -> tuple[BitMap, BitMap, BitMap]:
        """Those whose number is lower, the same, and higher."""
        if number.bit_length() > len(self._figures):
            return found, BitMap(), BitMap()
        lower, same, higher = BitMap(), found, BitMap()
        for bit, figure in self._from_the_highest():
            if number >> bit & 1:
                lower |= same - figure
                same = same & figure
            else:
                higher |= same & figure
                same = same - figure
            if not same:
                break
        return lower, same, higher

    def first(self, found: BitMap, count: int) -> list[int]:
        """The first ``count`` of ``found``, in order."""
        return self._end(found, count, descends=self._descends, newest=True)

    def last(self, found: BitMap, count: int) -> list[int]:
        """The last ``count`` of ``found``, in order."""
        return self._end(found, count, descends=not self._descends, newest=False)[::-1]

    def _end(self, found: BitMap, count: int, *, descends: bool, newest: bool) -> list[int]:
        certain, rest = BitMap(), found
        for _bit, figure in self._from_the_highest():
            if len(rest) <= FEW:
                break
            ahead = rest & figure if descends else rest - figure
            if len(certain) + len(ahead) >= count:
                rest = ahead
            else:
                certain |= ahead
                rest = rest - ahead
        else:  # the numbers of what is left are all the same
            rest = rest[-count:] if newest else rest[:count]
        sign, tie = -1 if descends else 1, -1 if newest else 1
        places = [self.place_of(listing) for listing in certain | rest]
        places.sort(key=lambda place: (sign * place.number, tie * place.id))
        return [place.id for place in places[:count]]

    def _from_the_highest(self) -> Iterable[tuple[int, BitMap]]:
        return reversed(list(enumerate(self._figures)))
