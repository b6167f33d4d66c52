"""A person's gift cards as their account and the desk show them: never more of a code than its last four (G05)."""

from __future__ import annotations

from dataclasses import dataclass

from flask_babel import LazyString

from marketplace.credits import cards
from marketplace.credits.cards import CardState
from marketplace.credits.models import GiftCard
from marketplace.credits.words import CARD_STATES, CARD_TONES
from marketplace.money import Money
from marketplace.people.models import Person


@dataclass(frozen=True)
class Statement:
    """One card, what it still holds, and what took its place."""

    card: GiftCard
    left: Money
    successor: GiftCard | None = None

    @property
    def state(self) -> CardState:
        return cards.state_of(self.card, self.left)

    @property
    def label(self) -> LazyString:
        return CARD_STATES[self.state]

    @property
    def tone(self) -> str:
        return CARD_TONES[self.state]


def statements(holder: Person) -> list[Statement]:
    """Every card a person was paid with, newest first."""
    held = cards.cards_of(holder)
    left = cards.balances(held)
    successors = {card.replaces_id: card for card in held if card.replaces_id is not None}
    return [Statement(card, left[card.id], successors.get(card.id)) for card in held]
