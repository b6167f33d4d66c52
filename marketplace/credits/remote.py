"""Another house as the issuer, over HTTP: it speaks the document we serve ourselves at ``/api/v1/openapi.json``.

A card is asked for under the key of its outbox row, which is the same after a crash, and with the order's number as its
reference. A repeat under the key brings the same card with its code, so asking again can never make a second one. What
is answered is held to what was asked before anybody hears of it (faults G01, G02).
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

from marketplace.credits.issuer import CardWanted, IssuedCard, IssueRefused
from marketplace.credits.requests import Code
from marketplace.jobs.calling import ANSWER_SECONDS, House
from marketplace.jobs.outbox import NotDone, OutcomeUnknown
from marketplace.money import Money

PATH = "/api/v1/gift-cards"
_CURRENCY = re.compile(r"\A[A-Z]{3}\Z")

# The refusals the document knows of an issue. Those of the token are ours to mend, so they are tried again.
_FOR_GOOD: Final = {400, 409, 413, 415, 422}


class _Card(msgspec.Struct, frozen=True):
    """An ``IssuedGiftCard`` of the document; what else an issuer may add is not ours to judge."""

    number: Annotated[str, Meta(min_length=1, max_length=40)]
    last_four: Annotated[str, Meta(min_length=4, max_length=4)]
    amount: int
    balance: int
    currency: str
    reference: str
    state: str
    code: Code | None


class _Found(msgspec.Struct, frozen=True):
    gift_cards: list[dict[str, Any]]


class _Trouble(msgspec.Struct, frozen=True):
    code: str
    message: str = ""


class _Error(msgspec.Struct, frozen=True):
    error: _Trouble


class RemoteIssuer:
    """The issuer at ``url``: the address of its shop, with or without the path of the API."""

    def __init__(self, url: str, token: str, *, seconds: float = ANSWER_SECONDS) -> None:
        cards = url.rstrip("/").removesuffix("/gift-cards").removesuffix("/api/v1") + PATH
        hint = "look at GIFT_CARD_ISSUER_TOKEN and at its limits"
        self._there = House("the issuer", cards, token, hint=hint, seconds=seconds)

    def issue(self, wanted: CardWanted) -> IssuedCard:
        body = {"amount": wanted.amount.minor, "currency": wanted.amount.currency, "reference": wanted.reference}
        answer = self._there.ask("POST", json=body, headers={"Idempotency-Key": wanted.key})
        if answer.status == 201:
            return _as_asked(self._there.read(answer, _Card), wanted)
        if answer.status in _FOR_GOOD:
            said = self._there.read(answer, _Error).error
            raise IssueRefused(f"{said.code}: {said.message}"[:400])
        raise self._there.strange(answer)

    def look_up(self, wanted: CardWanted) -> IssuedCard | None:
        """Found by its reference, the card is asked for again under its key: only that answer holds the code."""
        try:
            answer = self._there.ask("GET", params={"reference": wanted.reference})
            if answer.status != 200:
                raise self._there.strange(answer)
            return self.issue(wanted) if self._there.read(answer, _Found).gift_cards else None
        except NotDone as trouble:
            raise OutcomeUnknown(str(trouble)) from None  # it is still not known what became of the first call

    def trouble(self) -> str:
        """Why no card could be asked for right now; empty where one could."""
        try:
            answer = self._there.ask("GET", params={"reference": "doctor"})
        except (NotDone, OutcomeUnknown) as trouble:
            return str(trouble)
        return "" if answer.status == 200 else str(self._there.strange(answer))


def _as_asked(card: _Card, wanted: CardWanted) -> IssuedCard:
    """The card as the port speaks of it; raises ``IssueRefused`` where it is not whole, fresh and for us (G02).

    Another amount or currency is passed on as it is: the payout compares it with what is owed.
    """
    if card.reference != wanted.reference:
        raise IssueRefused("the issuer answered with the card of another reference")
    if card.code is None or not card.code.isprintable():
        raise IssueRefused(f"the issuer no longer tells the code of gift card {card.number}")
    if not _CURRENCY.match(card.currency):
        raise IssueRefused(f"gift card {card.number} is in no currency")
    if card.state != "active" or card.balance != card.amount:
        raise IssueRefused(f"gift card {card.number} is {card.state} and does not hold all of its amount")
    return IssuedCard(card.number, card.last_four, Money(card.amount, card.currency), card.code)
