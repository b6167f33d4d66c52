"""News from payouts."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from marketplace.money import Money


@dataclass(frozen=True)
class GiftCardReady:
    """A seller's gift card has been issued. ``code`` rides along in memory, sealed into the mail's outbox row."""

    payout_id: int
    at: datetime
    code: str = field(repr=False)


@dataclass(frozen=True)
class CreditReady:
    """A seller has been paid in store credit."""

    payout_id: int
    at: datetime


@dataclass(frozen=True)
class DebtCovered:
    """A part of what a seller owed, or all of it, was taken from a payout of theirs."""

    payout_id: int
    debt_id: int
    amount: Money
    at: datetime


@dataclass(frozen=True)
class GiftCardReplaced:
    """A lost card was voided and a new one issued (MK-66)."""

    gift_card_id: int
    at: datetime
    code: str = field(repr=False)


@dataclass(frozen=True)
class GoodwillReady:
    """The gift card of a goodwill has been issued."""

    goodwill_id: int
    at: datetime
    code: str = field(repr=False)


@dataclass(frozen=True)
class PayoutHeld:
    """The desk keeps a payout back: its seller is told why, what clears it, and until when at the latest."""

    hold_id: int
    at: datetime


@dataclass(frozen=True)
class BankCodeWanted:
    """Somebody wants to change bank details: the code goes to the account's own address."""

    person_id: int
    at: datetime
    code: str = field(repr=False)


@dataclass(frozen=True)
class BankDetailsChanged:
    """Bank details were changed; their owner hears of it."""

    person_id: int
    at: datetime


@dataclass(frozen=True)
class CashSent:
    """A bank transfer has been carried out."""

    payout_id: int
    transfer_id: int
    at: datetime


@dataclass(frozen=True)
class CashCameBack:
    """A bank did not take a transfer, or sent it back (LUX-76)."""

    payout_id: int
    transfer_id: int
    at: datetime
