"""News from the payment provider."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class PaymentCaptured:
    """The provider confirms that the whole amount of an attempt was paid."""

    attempt_id: int
    at: datetime


@dataclass(frozen=True)
class PaymentExpired:
    """The provider confirms that an attempt ended without money."""

    attempt_id: int
    at: datetime


@dataclass(frozen=True)
class RefundCompleted:
    refund_id: int
    at: datetime


@dataclass(frozen=True)
class RefundFailed:
    """The provider could not return the money, perhaps days after it said it had."""

    refund_id: int
    was_done: bool
    at: datetime
