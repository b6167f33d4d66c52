"""News of sales elsewhere, for whoever cares for the piece."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class SoldElsewhere:
    """The piece is theirs: it is gone from everywhere else."""

    sale_id: int
    listing_id: int
    at: datetime


@dataclass(frozen=True)
class SentElsewhere:
    """The warehouse handed it to the channel's carrier."""

    sale_id: int
    listing_id: int
    by_id: int
    at: datetime


@dataclass(frozen=True)
class CompletedElsewhere:
    """The sale stands: whose piece it was is owed for it."""

    sale_id: int
    listing_id: int
    at: datetime


@dataclass(frozen=True)
class CancelledElsewhere:
    """The sale came to nothing before it was complete. ``is_lost``: so did the piece."""

    sale_id: int
    listing_id: int
    is_lost: bool
    at: datetime
