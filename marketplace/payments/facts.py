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
class ChargebackOpened:
    """A bank asks about a payment, or takes it back: unpaid payouts of its orders stop."""

    chargeback_id: int
    at: datetime


@dataclass(frozen=True)
class ChargebackReported:
    """Where a chargeback stands by the provider's word, and what the provider has taken for it by now, in minor units.

    ``withdrawn_minor`` is less what was given back; ``fee_minor`` is the provider's own.
    """

    chargeback_id: int
    withdrawn_minor: int
    fee_minor: int
    at: datetime


@dataclass(frozen=True)
class RefundCompleted:
    refund_id: int
    at: datetime


@dataclass(frozen=True)
class RefundFailed:
    """The provider could not return the money, perhaps days after it said it had; ``why`` in its words, if any."""

    refund_id: int
    was_done: bool
    at: datetime
    why: str = ""
