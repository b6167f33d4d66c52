"""What the gift-card API answers, as JSON values: cards, redemptions, refusals."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from marketplace.credits import cards, spending, store_credit, tokens
from marketplace.credits.issuing import ReferenceTaken
from marketplace.credits.models import GiftCard, Redemption
from marketplace.credits.requests import Unreadable
from marketplace.errors import NotFound, Refusal
from marketplace.money import Money

CODES: dict[type[Refusal], str] = {
    tokens.TokenMissing: "unauthorized",
    tokens.ScopeMissing: "forbidden",
    spending.CardNotUsable: "card_not_usable",
    spending.NotEnoughLeft: "not_enough_left",
    spending.WrongCurrency: "wrong_currency",
    spending.AlreadyReversed: "already_reversed",
    spending.CardVoided: "card_voided",
    spending.NoCredit: "no_credit",
    ReferenceTaken: "reference_taken",
    NotFound: "not_found",
}


@dataclass(frozen=True)
class Answer:
    """A status and a JSON body. ``code`` is a gift card's, kept apart so that it is never stored in the clear."""

    status: int
    body: dict[str, Any]
    code: str | None = field(default=None, repr=False)


def refused(refusal: Refusal) -> Answer:
    """A refusal as the API says it: ``{"error": {"code", "message"}}``, with what is left where that is the reason."""
    code = refusal.code if isinstance(refusal, Unreadable) else CODES.get(type(refusal), "refused")
    error: dict[str, Any] = {"code": code, "message": str(refusal.message)}
    if isinstance(refusal, spending.NotEnoughLeft):
        error["balance"] = refusal.left.minor
    return Answer(refusal.status, {"error": error})


def issued(card: GiftCard, code: str) -> Answer:
    return Answer(201, {**described(card, card.initial), "code": None}, code)


def described(card: GiftCard, left: Money) -> dict[str, Any]:
    """A card as the shop that asked for it may see it. Amounts are minor units."""
    return {
        **balance(card, left),
        "amount": card.initial_minor,
        "reference": card.reference,
        "state": cards.state_of(card, left).value,
        "issued_at": card.issued_at.isoformat(),
    }


def balance(card: GiftCard, left: Money) -> dict[str, Any]:
    """A card as a till that knows its code may see it."""
    return {"number": card.number, "last_four": card.last_four, "balance": left.minor, "currency": left.currency}


def redemption(spent: Redemption, card: GiftCard) -> dict[str, Any]:
    """A redemption, and the card it was taken from or given back to."""
    return {**_spent(spent), "gift_card": balance(card, cards.balance_of(card))}


def credit_redemption(spent: Redemption, *, at: datetime) -> dict[str, Any]:
    """A redemption of a person's credit, and what that person may spend now."""
    left = store_credit.balance_of(spent.holder_id or 0, spent.currency, at=at)
    return {**_spent(spent), "balance": left.minor}


def _spent(spent: Redemption) -> dict[str, Any]:
    return {
        "id": spent.number,
        "state": "reversed" if spent.reversed_at else "redeemed",
        "amount": spent.amount_minor,
        "currency": spent.currency,
        "reference": spent.reference,
        "redeemed_at": spent.redeemed_at.isoformat(),
        "reversed_at": spent.reversed_at.isoformat() if spent.reversed_at else None,
    }
