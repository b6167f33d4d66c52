"""Many tills at once, really at once: own database, real commits. Each race stands beside its control."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable

import pytest
import sqlalchemy as sa

from marketplace.credits import spending
from marketplace.credits.models import GiftCard, Redemption
from marketplace.database import db, finish
from marketplace.ledger import proofs
from marketplace.money import Money
from marketplace.seats import SEATS
from tests.credits.tills import Till, a_token, held
from tests.fresh import FreshDatabase

TILLS = 20


@pytest.fixture
def tills(fresh_database: FreshDatabase) -> list[Till]:
    return [Till(fresh_database.client(), fresh_database.run(a_token)) for _ in range(TILLS)]


def statuses(fresh: FreshDatabase, calls: list[Callable[[], object]]) -> Counter[int]:
    return Counter(answer.status_code for answer in fresh.in_parallel(calls))  # type: ignore[attr-defined]


def redemptions() -> int:
    return db.session.scalar(sa.select(sa.func.count()).select_from(Redemption)) or 0


@pytest.mark.fault("G03")
def test_twenty_tills_spend_a_card_once(fresh_database: FreshDatabase, tills: list[Till]) -> None:
    code = tills[0].card(8_000)
    answers = statuses(fresh_database, [lambda till=till: till.redeem(code, 8_000) for till in tills])
    assert answers == {201: 1, 404: TILLS - 1}
    assert fresh_database.run(redemptions) == 1
    assert fresh_database.run(lambda: held(code)) == Money(0, "USD")
    assert fresh_database.run(proofs.faults) == []


@pytest.mark.fault("G03")
def test_twenty_tills_never_spend_more_than_the_card_holds(fresh_database: FreshDatabase, tills: list[Till]) -> None:
    code = tills[0].card(8_000)
    answers = statuses(fresh_database, [lambda till=till: till.redeem(code, 1_500) for till in tills])
    assert answers == {201: 5, 409: TILLS - 5}
    assert fresh_database.run(lambda: held(code)) == Money(500, "USD")
    assert fresh_database.run(proofs.faults) == []


def test_control_without_the_lock_the_same_race_overspends(
    fresh_database: FreshDatabase, tills: list[Till], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The lock is let go between the look at the balance and the spending: each till believes what it saw."""
    code = tills[0].card(8_000)
    look, seen = spending.usable_card, threading.Barrier(SEATS)  # as many as are worked on at once

    def look_and_let_go(asked: str) -> tuple[GiftCard, Money]:
        found = look(asked)
        finish()
        seen.wait(30)
        return found

    monkeypatch.setattr(spending, "usable_card", look_and_let_go)
    monkeypatch.setattr("marketplace.credits.idempotency.db.session.begin_nested", _no_savepoint)
    answers = statuses(fresh_database, [lambda till=till: till.redeem(code, 8_000) for till in tills[:SEATS]])
    assert answers == {201: SEATS}
    assert fresh_database.run(lambda: held(code)) == Money(-8_000 * (SEATS - 1), "USD")
    assert any("overdrawn" in fault for fault in fresh_database.run(proofs.faults))


class _no_savepoint:  # noqa: N801 - stands for a function
    def __enter__(self) -> None: ...

    def __exit__(self, *_trouble: object) -> None: ...


def test_one_call_sent_twenty_times_at_once_is_one_redemption(fresh_database: FreshDatabase) -> None:
    till = Till(fresh_database.client(), fresh_database.run(a_token))
    code = till.card(8_000)
    calls = [Till(fresh_database.client(), till.token) for _ in range(TILLS)]
    answers = fresh_database.in_parallel([lambda call=call: call.redeem(code, 1_000, key="once") for call in calls])
    assert {(answer.status_code, answer.text) for answer in answers} == {(201, answers[0].text)}
    assert fresh_database.run(redemptions) == 1
    assert fresh_database.run(lambda: held(code)) == Money(7_000, "USD")


def test_a_redemption_is_reversed_once_by_twenty_at_once(fresh_database: FreshDatabase) -> None:
    till = Till(fresh_database.client(), fresh_database.run(a_token))
    code = till.card(8_000)
    redemption = till.redeem(code, 3_000).json["id"]
    calls = [Till(fresh_database.client(), till.token) for _ in range(TILLS)]
    answers = statuses(fresh_database, [lambda call=call: call.reverse(redemption) for call in calls])
    assert answers == {200: 1, 409: TILLS - 1}
    assert fresh_database.run(lambda: held(code)) == Money(8_000, "USD")
    assert fresh_database.run(proofs.faults) == []
