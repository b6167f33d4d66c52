"""News from gift cards and store credit."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class CreditExpiresSoon:
    """What is left of a store credit ends soon; its holder is warned."""

    credit_id: int
    at: datetime
