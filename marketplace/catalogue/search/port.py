"""What the shop asks of a full-text search."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from marketplace.catalogue.search.queries import Wanted


class Search(Protocol):
    """A search over the words of all styles, as they stand in the transaction it is asked in."""

    def styles(self, wanted: Wanted) -> Sequence[int]:
        """The ids of the styles that meet the query, in no particular order."""
        ...

    def near(self, word: str) -> Sequence[str]:
        """The known words that one slip of the finger makes of ``word``, by the alphabet; none for a short word."""
        ...

    def beginning(self, start: str, limit: int) -> Sequence[str]:
        """The first known words, by the alphabet, that begin so."""
        ...
