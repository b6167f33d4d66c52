"""Who issues the gift cards, in our words. ``own`` is the shop itself; another house may do it over HTTP.

The port has two verbs, those a payout needs, and a question for ``flask doctor``. Voiding, replacing and redeeming are
done where the card is kept: here for our own cards, at the other house for theirs.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol, cast

from flask import current_app

from marketplace.money import Money


@dataclass(frozen=True)
class CardWanted:
    """One card asked for. ``key`` is the same however often it is asked, ``reference`` the number people see."""

    amount: Money
    reference: str
    key: str


@dataclass(frozen=True)
class IssuedCard:
    """A card as its issuer describes it. ``card_id`` names our own row; None where another house keeps the card."""

    number: str
    last_four: str
    amount: Money
    code: str = field(repr=False)
    card_id: int | None = None


class IssueRefused(Exception):
    """The issuer says no, for good."""


class GiftCardIssuer(Protocol):
    """Both verbs run outside any transaction and raise ``jobs.outbox.NotDone`` or ``OutcomeUnknown`` on trouble."""

    def issue(self, wanted: CardWanted) -> IssuedCard:
        """The card for ``wanted.reference``: the same key gives the same card. Raises ``IssueRefused`` for good."""
        ...

    def look_up(self, wanted: CardWanted) -> IssuedCard | None:
        """The card of an issue whose answer was lost, with a code that works; None where there is none."""
        ...

    def trouble(self) -> str:
        """Why no card could be asked for right now, in words for the operator; empty where one could."""
        ...


def issuer() -> GiftCardIssuer:
    """The issuer this deployment runs with."""
    return cast("GiftCardIssuer", current_app.extensions["gift_cards"])
