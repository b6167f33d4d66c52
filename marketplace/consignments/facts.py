"""News of consigned pieces, for the letters to their owners."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class PieceMoved:
    """``action`` is the move of the table that was made."""

    piece_id: int
    action: str
    at: datetime


@dataclass(frozen=True)
class LabelReady:
    """The label for a consignment's parcel is there (NAP-26)."""

    consignment_id: int
    at: datetime
