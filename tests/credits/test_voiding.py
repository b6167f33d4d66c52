"""Ending a card before it is spent: what was left is taken back, or moves to a card in its place (MK-66)."""

from __future__ import annotations

import pytest

from marketplace import clock, events
from marketplace.credits import voiding
from marketplace.credits.models import GiftCard
from marketplace.database import db, unit_of_work
from marketplace.events import SYSTEM
from marketplace.ledger import Account, balance, proofs
from marketplace.money import Money
from marketplace.people.models import Person, Role
from tests.accounts import an_account
from tests.bookings import keys
from tests.credits.tills import Till, card_of, error, held


def usd(minor: int) -> Money:
    return Money(minor, "USD")


@pytest.fixture
def till(client) -> Till:
    return Till(client)


@pytest.fixture
def agent(app) -> Person:
    return an_account(roles=[Role.AGENT])


def void(code: str, by: events.HasActor) -> Money:
    with unit_of_work():
        return voiding.void(card_of(code), by=by, at=clock.now(), reason="Bought with a stolen card")


def replace(code: str, by: events.HasActor) -> tuple[GiftCard, str]:
    with unit_of_work():
        return voiding.replace(card_of(code), by=by, at=clock.now(), reason="Lost the mail")


def test_a_voided_card_gives_back_what_was_not_spent(till: Till, agent: Person) -> None:
    code = till.card(8_000)
    till.redeem(code, 3_000)
    assert void(code, agent) == usd(5_000)
    assert held(code) == usd(0)
    assert balance(Account.LOSSES, "USD") == usd(-5_000)
    assert error(till.redeem(code, 1)) == (404, "card_not_usable")
    assert proofs.faults() == []


def test_a_spent_card_is_voided_without_a_posting(till: Till, agent: Person) -> None:
    code = till.card(500)
    till.redeem(code, 500)
    before = keys()
    assert void(code, agent) == usd(0)
    assert keys() == before
    assert card_of(code).voided_at is not None


def test_who_voided_a_card_and_why_is_on_record(till: Till, agent: Person) -> None:
    code = till.card(500)
    void(code, agent)
    card = card_of(code)
    assert card.void_reason == "Bought with a stolen card"
    last = events.history(card)[-1]
    assert (last.action, last.actor_id, last.detail) == ("void", agent.id, {"left_minor": 500})


def test_a_card_is_voided_once(till: Till, agent: Person) -> None:
    code = till.card(500)
    void(code, agent)
    before = keys()
    with pytest.raises(voiding.AlreadyVoided):
        void(code, agent)
    with pytest.raises(voiding.AlreadyVoided):
        replace(code, agent)
    assert keys() == before


def test_a_replacement_holds_what_was_left_and_the_old_code_opens_nothing(till: Till, agent: Person) -> None:
    code = till.card(8_000)
    till.redeem(code, 3_000)
    successor, fresh = replace(code, agent)
    assert successor.initial == usd(5_000)
    assert successor.replaces_id == card_of(code).id
    assert (held(code), held(fresh)) == (usd(0), usd(5_000))
    assert error(till.look_up(code)) == (404, "card_not_usable")
    assert till.redeem(fresh, 5_000).status_code == 201
    assert balance(Account.GIFT_CARD_LIABILITY, "USD") == usd(0)
    assert balance(Account.LOSSES, "USD") == usd(0)
    assert proofs.faults() == []


def test_nothing_left_is_nothing_to_replace(till: Till, agent: Person) -> None:
    code = till.card(500)
    till.redeem(code, 500)
    before = keys()
    with pytest.raises(voiding.NothingLeft):
        replace(code, agent)
    assert keys() == before
    assert card_of(code).voided_at is None


def test_nobody_replaces_a_card_of_their_own(till: Till, agent: Person) -> None:
    code = till.card(500)
    with unit_of_work():
        card_of(code).holder_id = agent.id
    with pytest.raises(voiding.OwnCard):
        replace(code, agent)
    assert card_of(code).voided_at is None
    assert held(code) == usd(500)


# A reversal after the card has ended ---------------------------------------------------------------------------------


def test_what_is_given_back_goes_to_the_last_replacement(till: Till, agent: Person) -> None:
    code = till.card(8_000)
    redemption = till.redeem(code, 3_000).json["id"]
    _, second = replace(code, agent)
    third, fresh = replace(second, agent)
    answer = till.reverse(redemption)
    assert (answer.status_code, answer.json["gift_card"]["number"]) == (200, third.number)
    assert (held(code), held(second), held(fresh)) == (usd(0), usd(0), usd(8_000))
    assert proofs.faults() == []


def test_nothing_goes_back_to_a_card_that_was_voided_for_good(till: Till) -> None:
    code = till.card(8_000)
    redemption = till.redeem(code, 3_000).json["id"]
    void(code, SYSTEM)
    before = keys()
    assert error(till.reverse(redemption)) == (409, "card_voided")
    assert (keys(), held(code)) == (before, usd(0))
    db.session.expire_all()
