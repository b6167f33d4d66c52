"""What nobody told us is asked for: by the runner every few minutes, by ``flask reconcile`` at once (B07, B10)."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from marketplace import chores, clock
from marketplace.database import db, unit_of_work
from marketplace.jobs import runner
from marketplace.orders.models import Order
from marketplace.orders.states import OrderState
from marketplace.payments.models import ProviderLook
from tests.apart import apart
from tests.books import assert_books_balance
from tests.fresh import FreshDatabase
from tests.shopping import live_listing, pay, to_payment
from tests.web import Browser


def paid_without_a_word(browser: Browser) -> None:
    pay(browser, to_payment(browser, live_listing()), webhook="lose")
    with unit_of_work():
        clock.advance(timedelta(minutes=2))


def state() -> OrderState:
    db.session.expire_all()
    return db.session.scalars(sa.select(Order)).one().state


def minutes_pass(minutes: int) -> None:
    """Of real time, for the rounds alone."""
    with unit_of_work() as session:
        earlier = clock.shared() - timedelta(minutes=minutes)
        session.execute(
            sa.update(ProviderLook).where(ProviderLook.source == chores.RECONCILING).values(looked_at=earlier)
        )


@pytest.mark.fault("B10")
def test_the_runner_asks_by_itself_every_five_minutes(
    app: Flask, client: Browser, run_jobs: Callable[[], None]
) -> None:
    paid_without_a_word(client)
    run_jobs()
    minutes_pass(4)
    run_jobs()
    assert state() is OrderState.AWAITING_PAYMENT, "the control: nobody has asked"
    minutes_pass(5)
    run_jobs()
    assert state() is OrderState.LABEL_ISSUED
    assert_books_balance(app)


@pytest.mark.fault("W03")
def test_of_several_runners_one_asks(fresh_database: FreshDatabase) -> None:
    def begun() -> None:
        chores.reconcile_when_due()
        minutes_pass(5)

    fresh_database.run(begun)
    assert sorted(fresh_database.in_parallel([chores.reconcile_when_due] * 6)) == [0, 0, 0, 0, 0, 1]


def test_the_command_names_what_it_found_and_its_exit_code_says_so(app: Flask, client: Browser) -> None:
    def asked() -> tuple[dict[str, list[str]], int]:
        result = apart(lambda: app.test_cli_runner().invoke(args=["reconcile", "--json"]))
        return json.loads(result.stdout), result.exit_code

    nothing = {
        "payments": [],
        "refunds": [],
        "news": [],
        "unknown": [],
        "parcels": [],
        "channels": [],
        "unanswered": [],
    }
    assert asked() == (nothing, 0)
    paid_without_a_word(client)
    found, exit_code = asked()
    assert exit_code == 1
    assert [name.split()[1] for name in found["payments"]] == ["paid"]
    assert state() is OrderState.LABEL_ISSUED
    assert_books_balance(app)


def test_who_does_not_answer_is_named(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(_since: object) -> None:
        raise runner.outbox.NotDone("away")

    monkeypatch.setattr(app.extensions["gateway"], "news", away)
    result = apart(lambda: app.test_cli_runner().invoke(args=["reconcile"]))
    assert (result.exit_code, "unanswered: the payment provider" in result.stdout) == (1, True)
