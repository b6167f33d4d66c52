"""News of buybacks, for the letters to their owners."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class BuybackMoved:
    """``action`` is the move of the table that was made."""

    buyback_id: int
    action: str
    at: datetime


@dataclass(frozen=True)
class BuybackReadyToCome:
    """Its owner can hand the piece over: its label is there, or it needs none."""

    buyback_id: int
    at: datetime
