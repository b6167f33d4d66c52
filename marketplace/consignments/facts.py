"""News of consigned pieces, for the letters to their owners."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from marketplace.money import Money


@dataclass(frozen=True)
class PieceMoved:
    """``action`` is the move of the table that was made."""

    piece_id: int
    action: str
    at: datetime


@dataclass(frozen=True)
class PriceStepped:
    """Smart Pricing lowered what its owner receives: ``before`` is what that was."""

    piece_id: int
    before: Money
    at: datetime


@dataclass(frozen=True)
class ReadyToCome:
    """Its owner can hand a consignment over: its label is there (NAP-26), or it needs none."""

    consignment_id: int
    at: datetime
