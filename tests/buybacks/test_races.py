"""The forks of a buyback under several hands at once: one way is taken, everybody else is told by name, paid once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm.attributes import set_committed_value

from marketplace import clock, events
from marketplace.buybacks import inspecting, quoting, requesting, silence, terms
from marketplace.buybacks.models import Buyback
from marketplace.buybacks.states import BuybackState as S
from marketplace.buybacks.states import CannotAnswerHope, CannotAnswerQuote, CannotCallOff, CannotConclude
from marketplace.credits import store_credit
from marketplace.database import db, unit_of_work
from marketplace.events import SYSTEM, Event
from marketplace.jobs import runner
from marketplace.ledger import proofs
from marketplace.listings.states import ListingState
from marketplace.money import Money
from marketplace.payouts.models import Payout, PayoutForm
from marketplace.people.models import Person
from tests.buybacks import steps
from tests.fresh import FreshDatabase
from tests.programme import world

OF_EACH = 3
Act = Callable[[Buyback, Person, datetime], object]


def accept(buyback: Buyback, _by: Person, _due: datetime) -> None:
    quoting.accept(buyback, PayoutForm.STORE_CREDIT, steps.TO_THE_STORE, by=buyback.owner, at=clock.now())


def lapse(buyback: Buyback, _by: Person, due: datetime) -> None:
    silence.sweep([buyback.id], due)


def answer(buyback: Buyback, by: Person, _due: datetime) -> None:
    quoting.answer(buyback, Money(17_000, buyback.currency), by=by, at=clock.now())


def withdraw(buyback: Buyback, _by: Person, _due: datetime) -> None:
    requesting.withdraw(buyback, by=buyback.owner, at=clock.now())


def confirm(buyback: Buyback, by: Person, _due: datetime) -> None:
    inspecting.confirm(buyback, by=by, at=clock.now())


def revise(buyback: Buyback, by: Person, _due: datetime) -> None:
    inspecting.revise(buyback, Money(9_000, buyback.currency), reason="Worn.", by=by, at=clock.now())


def hoped() -> Buyback:
    buyback = steps.quoted()
    with unit_of_work():
        quoting.hope(buyback, Money(17_000, buyback.currency), by=buyback.owner, at=clock.now())
    return buyback


@dataclass(frozen=True)
class Fork:
    """Where a buyback stands, the ways that are tried at once, and how those who come too late are refused."""

    led: Callable[[], Buyback]
    stands: S
    acts: tuple[Act, ...]
    refusals: tuple[type[Exception], ...]
    ends: tuple[S, ...]


FORKS = {
    "she accepts while the quote lapses": Fork(
        steps.quoted, S.QUOTED, (accept, lapse), (CannotAnswerQuote,), (S.ACCEPTED, S.LAPSED)
    ),
    "the desk answers while she withdraws": Fork(
        hoped, S.HOPED, (answer, withdraw), (CannotAnswerHope, CannotCallOff), (S.QUOTED, S.WITHDRAWN)
    ),
    "one agent confirms while another revises": Fork(
        steps.inspected, S.INSPECTING, (confirm, revise), (CannotConclude,), (S.PAID, S.REVISED)
    ),
    "several agents confirm": Fork(steps.inspected, S.INSPECTING, (confirm,) * 2, (CannotConclude,), (S.PAID,)),
}


def race(fresh: FreshDatabase, fork: Fork) -> tuple[int, list[Any]]:
    """Several of each hand press at once; returns the buyback and what became of each."""

    def begin() -> tuple[int, datetime, list[int]]:
        steps.open_for_buying(valid_days=3, send_days=30)
        buyback = fork.led()
        assert buyback.due_at is not None
        return buyback.id, buyback.due_at, [steps.expert().id for _ in range(OF_EACH * len(fork.acts))]

    key, due, agents = fresh.run(begin)

    def press(act: Act, agent: int) -> Callable[[], Any]:
        def pressed() -> None:
            with unit_of_work():
                act(db.session.get_one(Buyback, key), db.session.get_one(Person, agent), due)

        return pressed

    acts = fork.acts * OF_EACH
    return key, fresh.in_parallel([press(act, agent) for act, agent in zip(acts, agents, strict=True)])


def taken(key: int, fork: Fork) -> list[str]:
    """The ways out of where it stood that were taken."""
    left = sa.select(Event.action).where(
        Event.subject_type == Buyback.__tablename__, Event.subject_id == key, Event.from_state == fork.stands
    )
    return list(db.session.scalars(left.where(Event.action != "hope")))


def unnamed(outcomes: list[Any], fork: Fork) -> list[Any]:
    """What went wrong in any other way than by a refusal of its own name."""
    return [one for one in outcomes if one is not None and not isinstance(one, fork.refusals)]


@pytest.mark.rule("NAP-03", "LUX-61")
@pytest.mark.parametrize("name", FORKS)
def test_one_way_is_taken_and_a_piece_is_bought_and_paid_once(fresh_database: FreshDatabase, name: str) -> None:
    fork = FORKS[name]
    key, outcomes = race(fresh_database, fork)
    assert unnamed(outcomes, fork) == []

    def judge() -> None:
        runner.run_until_idle()
        buyback = db.session.get_one(Buyback, key)
        [way] = taken(key, fork)
        assert buyback.state in fork.ends and buyback.listing is not None and buyback.item is not None
        has_ended = buyback.state in (S.LAPSED, S.WITHDRAWN)
        assert (buyback.listing.state is ListingState.WITHDRAWN) is has_ended
        payouts = db.session.scalars(sa.select(Payout.amount_minor)).all()
        if way == "confirm":
            credit = store_credit.balance_of(buyback.owner_id, buyback.currency, at=clock.now())
            assert (payouts, buyback.item.owner_id, steps.purchases_in_ledger()) == ([15_500], None, 15_500)
            assert credit == terms.total(world.policy(), PayoutForm.STORE_CREDIT, Money(15_500, buyback.currency))
        else:
            assert (payouts, buyback.item.owner_id, steps.purchases_in_ledger()) == ([], buyback.owner_id, 0)
        assert proofs.faults() == []

    fresh_database.run(judge)


@pytest.mark.parametrize("name", FORKS)
def test_control_without_lock_and_claim_the_same_race_goes_wrong(
    fresh_database: FreshDatabase, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    fork = FORKS[name]

    def as_it_stood(buyback: Buyback) -> Buyback:
        """As everybody has read it before anybody wrote."""
        set_committed_value(buyback, "state", fork.stands)
        return buyback

    def unconditional(model: Any, names: tuple[str, ...], dialect: str) -> sa.Update:
        columns = model.__table__.c
        keys = events.bound_among(columns.id, "claimed", dialect)
        left = sa.or_(columns.id > 0, columns.state == sa.bindparam("leaves", type_=columns.state.type))
        values = {one: sa.bindparam(f"new_{one}", type_=columns[one].type) for one in ("state", *names)}
        return sa.update(model.__table__).where(keys, left).values(values).returning(columns.id)

    def led() -> Buyback:
        ready = fork.led()
        for module in (quoting, inspecting, requesting):
            monkeypatch.setattr(module, "locked", as_it_stood)
        monkeypatch.setattr(events, "_claim", unconditional)
        monkeypatch.setattr(silence, "sweep", lapse_unseen)
        return ready

    def lapse_unseen(keys: list[int], at: datetime) -> None:
        quoting.lapse(as_it_stood(db.session.get_one(Buyback, keys[0])), by=SYSTEM, at=at)

    key, outcomes = race(fresh_database, Fork(led, fork.stands, fork.acts, fork.refusals, fork.ends))
    ways = fresh_database.run(lambda: taken(key, fork))
    assert len(ways) > 1 or unnamed(outcomes, fork), "without the protection more than one way is taken"
