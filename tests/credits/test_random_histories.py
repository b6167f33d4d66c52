"""Whatever is done to gift cards in whatever order: none is overdrawn, and the ledger knows what each still holds."""

from __future__ import annotations

import pytest
from flask import Flask
from hypothesis import given, settings
from hypothesis import strategies as st

from marketplace import clock
from marketplace.credits import cards, issuing, spending, voiding
from marketplace.credits.models import ApiToken, GiftCard, Redemption, Scope
from marketplace.database import db
from marketplace.errors import Refusal
from marketplace.events import SYSTEM
from marketplace.ledger import Account, balance, proofs
from marketplace.money import Money

AMOUNTS = st.integers(1, 500)
STEPS = st.one_of(
    st.tuples(st.just("issue"), AMOUNTS, st.just(0)),
    st.tuples(st.just("redeem"), AMOUNTS, st.integers(0, 9)),
    st.tuples(st.just("reverse"), st.just(0), st.integers(0, 9)),
    st.tuples(st.just("replace"), st.just(0), st.integers(0, 9)),
    st.tuples(st.just("void"), st.just(0), st.integers(0, 9)),
)


class World:
    """The gift cards, and beside them what each must hold, kept by plain addition."""

    def __init__(self) -> None:
        self.token = ApiToken(name="till", scope=Scope.GIFT_CARDS, token_hash="x", made_at=clock.now())
        db.session.add(self.token)
        self.codes: list[str] = []
        self.cards: list[GiftCard] = []
        self.spent: list[Redemption] = []
        self.holds: dict[int, int] = {}

    def issue(self, amount: int, _which: int) -> None:
        wanted = {"amount": Money(amount, "USD"), "reference": f"R{len(self.cards)}", "at": clock.now()}
        card, code = issuing.issue_for(self.token, **wanted)
        self._keep(card, code, amount)

    def _keep(self, card: GiftCard, code: str, amount: int) -> None:
        self.cards.append(card)
        self.codes.append(code)
        self.holds[card.id] = amount

    def redeem(self, amount: int, which: int) -> None:
        place = which % len(self.cards)
        card, more = self.cards[place], {"reference": "r", "token": self.token, "at": clock.now()}
        spent = spending.redeem(code=self.codes[place], amount=Money(amount, "USD"), **more)
        self.spent.append(spent)
        self.holds[card.id] -= amount

    def reverse(self, _amount: int, which: int) -> None:
        spent = self.spent[which % len(self.spent)]
        spending.reverse(number=spent.number, token=self.token, at=clock.now())
        db.session.refresh(spent)
        assert spent.reversed_to_id is not None
        self.holds[spent.reversed_to_id] += spent.amount_minor

    def replace(self, _amount: int, which: int) -> None:
        card = self.cards[which % len(self.cards)]
        successor, code = voiding.replace(card, by=SYSTEM, at=clock.now(), reason="lost")
        self._keep(successor, code, self.holds[card.id])
        self.holds[card.id] = 0

    def void(self, _amount: int, which: int) -> None:
        card = self.cards[which % len(self.cards)]
        left = voiding.void(card, by=SYSTEM, at=clock.now(), reason="stolen")
        assert left.minor == self.holds[card.id]
        self.holds[card.id] = 0

    def check(self) -> None:
        found = {card_id: left.minor for card_id, left in cards.balances(self.cards).items()}
        assert found == self.holds
        assert min(found.values(), default=0) >= 0
        assert balance(Account.GIFT_CARD_LIABILITY, "USD") == Money(-sum(found.values()), "USD")


def live(steps: list[tuple[str, int, int]]) -> None:
    world = World()
    for verb, amount, which in steps:
        needs = world.spent if verb == "reverse" else world.cards
        if not needs and verb != "issue":
            continue
        try:
            with db.session.begin_nested():
                getattr(world, verb)(amount, which)
        except Refusal:
            pass
        world.check()
    assert proofs.faults() == []


@settings(max_examples=60)  # each is a history of up to 25 steps
@given(st.lists(STEPS, min_size=1, max_size=25))
def test_no_history_overdraws_a_card_or_loses_a_cent(app: Flask, steps: list[tuple[str, int, int]]) -> None:
    with db.session.begin_nested() as trial:
        live(steps)
        trial.rollback()


def test_a_history_that_would_overdraw_is_noticed(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: with the balance no longer asked, the very same check fails."""
    look = spending.usable_card
    monkeypatch.setattr(spending, "usable_card", lambda code: (look(code)[0], Money(10**6, "USD")))
    with pytest.raises(AssertionError):
        live([("issue", 100, 0), ("redeem", 70, 0), ("redeem", 70, 0)])
