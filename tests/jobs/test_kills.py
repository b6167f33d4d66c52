"""A worker killed with SIGKILL in the middle of a sweep, again and again: each order is credited once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from marketplace.credits.models import GiftCard
from marketplace.database import db, unit_of_work
from marketplace.payouts.models import Payout
from marketplace.people.models import Person
from tests.accounts import mail_to
from tests.books import assert_books_balance
from tests.fresh import FreshDatabase
from tests.jobs.test_celery import assert_each_credited_once, nothing_is_open, windows_pass
from tests.orders.stories import delivered_order
from tests.plugins.redis import RedisServer
from tests.processes import Process, tool, until
from tests.shop import SETTINGS

# How often it is killed at each point of tests/jobs/mortal_worker.py; a window commits once.
DEATHS = {
    "sweep-begins": 1,
    "windows-swept": 1,
    "windows-committed": 1,
    "claimed": 1,
    "before-issue": 1,
    "issued": 2,
    "recorded-uncommitted": 1,
    "settled": 1,
}
PATIENCE = 150  # seconds: a process begins slowly on a busy machine
ORDERS = 2


pytestmark = pytest.mark.timeout(400)


@pytest.fixture
def kills(tmp_path: Path) -> Path:
    folder = tmp_path / "kills"
    folder.mkdir()
    return folder


@pytest.fixture
def mortal(fresh_database: FreshDatabase, redis_server: RedisServer, kills: Path, tmp_path: Path) -> Iterator[Process]:
    """A worker with beat in a process of its own, which starts a new child whenever one is killed."""
    fresh_database.run(lambda: windows_pass([delivered_order() for _ in range(ORDERS)]))
    env = {
        "DATABASE_URL": fresh_database.url,
        "SECRET_KEY": SETTINGS.secret_key,
        "PUBLIC_URL": SETTINGS.public_url,
        "SANDBOX": "1",
        "PHOTO_STORE_URL": f"file://{fresh_database.photos}",
        "JOBS": "celery",
        "REDIS_URL": redis_server.url,
        "KILLS": str(kills),
    }
    beat = ("-B", "--schedule", str(tmp_path / "beat"))
    work = ("worker", "--concurrency", "1", "--loglevel", "warning", "--without-gossip", "--without-mingle", *beat)
    worker = Process("worker", tool("celery", "-A", "tests.jobs.mortal_worker:celery", *work), env, tmp_path / "log")
    yield worker
    worker.kill()


@pytest.mark.fault("W02")
def test_a_worker_killed_mid_sweep_credits_each_order_once(
    fresh_database: FreshDatabase, mortal: Process, kills: Path
) -> None:
    for point, times in DEATHS.items():
        for number in range(times):
            (kills / f"{point}.{number}").touch()
    mortal.start()
    until(lambda: not any(kills.iterdir()), "every death was died", patience=PATIENCE)
    until(lambda: fresh_database.run(nothing_is_open), "all is done in the end", patience=PATIENCE)
    mortal.kill()
    fresh_database.run(lambda: assert_each_credited_once(ORDERS))
    fresh_database.run(assert_each_was_told_once)
    assert_books_balance(fresh_database.app)


def test_control_a_killed_worker_issues_a_second_card_where_nobody_looks_for_the_first(
    fresh_database: FreshDatabase, mortal: Process, kills: Path
) -> None:
    fresh_database.run(forget_that_references_are_unique)
    (kills / "issued.0").touch()
    mortal.env = {**mortal.env, "UNPROTECTED": "1"}
    mortal.start()
    until(lambda: not any(kills.iterdir()), "the death was died", patience=PATIENCE)
    until(lambda: fresh_database.run(nothing_is_open), "all is done in the end")
    assert fresh_database.run(lambda: db.session.scalar(sa.select(sa.func.count(GiftCard.id)))) == ORDERS + 1


def assert_each_was_told_once() -> None:
    with unit_of_work(reading=True) as session:
        for email in session.scalars(sa.select(Person.email).join(Payout, Payout.seller_id == Person.id)):
            assert [letter.message for letter in mail_to(email)].count("gift_card_ready") == 1


def forget_that_references_are_unique() -> None:
    with unit_of_work() as session:
        session.execute(sa.text("DROP INDEX uq_gift_cards_own_reference"))
