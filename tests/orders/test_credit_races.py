"""One credit wanted twice at the same moment: by two checkouts, by a checkout and a till. Each beside its control."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

from marketplace import clock
from marketplace.credits import spending
from marketplace.credits.models import ApiToken, Scope
from marketplace.credits.spending import NotEnoughLeft, Pot
from marketplace.database import db, finish, unit_of_work
from marketplace.ledger import Account, balance, proofs
from marketplace.orders.credit import CreditChanged
from marketplace.people.models import Person
from tests.fresh import FreshDatabase
from tests.orders.wallets import a_holder, credit_spends_here, deposits, offer, start, usd
from tests.shopping import live_listing

Spend = Callable[[], object]


def by_checkout(holder: Person) -> Spend:
    """An offer that all of the credit goes towards, about to be paid for."""
    checkout = offer(holder, [live_listing()])
    assert checkout.credit == usd(10_000)
    checkout_id = checkout.id
    return lambda: start(checkout_id)


def by_till(holder: Person) -> Spend:
    """A till of the brand's that is about to take all of it."""
    with unit_of_work():
        token = ApiToken(name="shop", scope=Scope.STORE_CREDIT, token_hash="x", made_at=clock.now())
        db.session.add(token)
    holder_id, token_id = holder.id, token.id

    def redeem() -> str:
        with unit_of_work():
            person, token = db.session.get_one(Person, holder_id), db.session.get_one(ApiToken, token_id)
            wanted = {"amount": usd(10_000), "reference": "receipt 1", "token": token, "at": clock.now()}
            return spending.redeem_credit(holder=person, **wanted).number

    return redeem


def spend_twice(fresh: FreshDatabase, other: Callable[[Person], Spend]) -> list[Any]:
    """A checkout and another spending of one person's whole credit, at once: what came of each."""

    def prepare() -> list[Spend]:
        credit_spends_here()
        holder = a_holder(10_000)
        return [by_checkout(holder), other(holder)]

    return fresh.in_parallel(fresh.run(prepare))


def liability() -> int:
    return -balance(Account.STORE_CREDIT_LIABILITY, "USD").minor


@pytest.mark.fault("G03")
@pytest.mark.parametrize("other", [by_checkout, by_till])
def test_credit_that_two_want_at_once_is_spent_once(
    fresh_database: FreshDatabase, other: Callable[[Person], Spend]
) -> None:
    outcomes = spend_twice(fresh_database, other)
    refused = [one for one in outcomes if isinstance(one, Exception)]
    assert [type(one) in (CreditChanged, NotEnoughLeft) for one in refused] == [True]

    def judge() -> None:
        assert liability() == 0
        assert deposits() == (0 if isinstance(outcomes[0], Exception) and other is by_till else 10_000)
        assert proofs.faults() == []

    fresh_database.run(judge)


@pytest.mark.parametrize("other", [by_checkout, by_till])
def test_control_without_the_lock_the_same_race_spends_it_twice(
    fresh_database: FreshDatabase, other: Callable[[Person], Spend], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The locks are let go between the look at the credit and the spending: each believes what it saw."""
    look, seen = spending.pots_of, threading.Barrier(2)

    def look_and_let_go(*whose: Any, **when: Any) -> list[Pot]:
        found = look(*whose, **when)
        finish()
        seen.wait(30)
        return found

    monkeypatch.setattr(spending, "pots_of", look_and_let_go)
    outcomes = spend_twice(fresh_database, other)
    assert [one for one in outcomes if isinstance(one, Exception)] == []

    def judge() -> None:
        assert liability() == -10_000
        assert any("overdrawn" in fault for fault in proofs.faults())

    fresh_database.run(judge)
