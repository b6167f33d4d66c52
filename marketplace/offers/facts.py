"""News of offers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class OfferMoved:
    """An offer was made or answered; ``action`` is the move of its table, or ``propose``."""

    offer_id: int
    action: str
    at: datetime
