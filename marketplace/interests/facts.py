"""News for people who keep something in mind."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class SavedPieceLowered:
    """A saved piece costs less than its reader last knew."""

    saved_id: int
    before_minor: int
    at: datetime


@dataclass(frozen=True)
class SearchFound:
    """New pieces match a saved search."""

    search_id: int
    listing_ids: Sequence[int]
    at: datetime
