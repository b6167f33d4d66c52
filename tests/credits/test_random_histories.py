"""Whatever is done to gift cards and credit, in any order: none is overdrawn, and the ledger knows each balance."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from hypothesis import given, settings
from hypothesis import strategies as st

from marketplace import clock, events
from marketplace.credits import cards, issuing, spending, store_credit, voiding
from marketplace.credits.models import ApiToken, GiftCard, Redemption, Scope, StoreCredit
from marketplace.database import db
from marketplace.errors import Refusal
from marketplace.events import SYSTEM
from marketplace.ledger import Account, Line, Posting, balance, post, proofs
from marketplace.money import Money
from marketplace.people.models import Person
from marketplace.programme import versions

AMOUNTS = st.integers(1, 500)
STEPS = st.one_of(
    st.tuples(st.just("issue"), AMOUNTS, st.just(0)),
    st.tuples(st.just("redeem"), AMOUNTS, st.integers(0, 9)),
    st.tuples(st.just("reverse"), st.just(0), st.integers(0, 9)),
    st.tuples(st.just("replace"), st.just(0), st.integers(0, 9)),
    st.tuples(st.just("void"), st.just(0), st.integers(0, 9)),
    st.tuples(st.just("give_credit"), AMOUNTS, st.integers(0, 1)),
    st.tuples(st.just("spend_credit"), AMOUNTS, st.integers(0, 1)),
    st.tuples(st.just("credit_ends"), st.just(0), st.integers(0, 9)),
)
NEEDS = {"reverse": "spent", "credit_ends": "credits", "issue": None, "give_credit": None, "spend_credit": None}


class World:
    """The gift cards, and beside them what each must hold, kept by plain addition."""

    def __init__(self) -> None:
        self.token = ApiToken(name="till", scope=Scope.GIFT_CARDS, token_hash="x", made_at=clock.now())
        db.session.add(self.token)
        self.codes: list[str] = []
        self.cards: list[GiftCard] = []
        self.spent: list[Redemption] = []
        self.holds: dict[int, int] = {}
        self.people = [Person(email=f"{name}@example.com", name=name, joined_at=clock.now()) for name in "ab"]
        db.session.add_all(self.people)
        db.session.flush()
        self.credits: list[StoreCredit] = []
        self.owns: dict[int, int] = {person.id: 0 for person in self.people}  # what each of the two may spend

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
        if spent.holder_id is not None:
            self.owns[spent.holder_id] += spent.amount_minor
            return
        assert spent.reversed_to_id is not None
        self.holds[spent.reversed_to_id] += spent.amount_minor

    def give_credit(self, amount: int, which: int) -> None:
        at, person, terms = clock.now(), self.people[which], versions.current().policy
        wanted, bonus = Money(amount, "USD"), Money(amount // 10, "USD")
        credit, lines = store_credit.issue(person.id, wanted, bonus=bonus, reference="T", terms=terms, at=at)
        # Each ends a day after the one before, so that the order in which they are spent is told.
        credit.expires_at += timedelta(days=len(self.credits))
        cause = events.record(credit, "issue", by=SYSTEM, at=at)
        post(Posting("issue", credit, cause, at, credit.number, (Line(Account.SELLER_PAYABLE, wanted), *lines)))
        self.credits.append(credit)
        self.owns[person.id] += amount + amount // 10

    def spend_credit(self, amount: int, which: int) -> None:
        person, more = self.people[which], {"reference": "r", "token": self.token, "at": clock.now()}
        self.spent.append(spending.redeem_credit(holder=person, amount=Money(amount, "USD"), **more))
        self.owns[person.id] -= amount

    def credit_ends(self, _amount: int, which: int) -> None:
        credit = self.credits[which % len(self.credits)]
        left = 0 if credit.expired_at else store_credit.balances([credit])[credit.id].minor
        credit.expires_at = clock.now()
        store_credit.sweep_expired([credit.id], clock.now())
        self.owns[credit.holder_id] -= left

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
        owned = {key: store_credit.balance_of(key, "USD", at=clock.now()).minor for key in self.owns}
        assert owned == self.owns
        assert balance(Account.STORE_CREDIT_LIABILITY, "USD") == Money(-sum(owned.values()), "USD")


def live(steps: list[tuple[str, int, int]]) -> None:
    world = World()
    for verb, amount, which in steps:
        needed = NEEDS.get(verb, "cards")
        if needed is not None and not getattr(world, needed):
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


def test_a_history_that_would_spend_credit_twice_is_noticed(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control for store credit: with what a pot holds no longer asked, the very same check fails."""
    look = spending.pots_of

    def bottomless(*whose: object, **when: object) -> list[spending.Pot]:
        return [spending.Pot(Money(10**6, "USD"), store_credit_id=pot.store_credit_id) for pot in look(*whose, **when)]

    monkeypatch.setattr(spending, "pots_of", bottomless)
    with pytest.raises(AssertionError):
        live([("give_credit", 100, 0), ("spend_credit", 70, 0), ("spend_credit", 70, 0)])
