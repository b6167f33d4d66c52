"""Fixtures of the whole suite. Factories make records; fixtures here only give a shop, a clock and a browser."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa
from flask import Flask

pytest.register_assert_rewrite("tests.books", "tests.web")

from marketplace import clock
from marketplace.database import db
from marketplace.jobs import runner
from tests.apart import apart
from tests.fresh import FreshDatabase
from tests.web import Browser
from tests.worlds import playing

if TYPE_CHECKING:
    from tests.plugins.databases import Databases

pytest_plugins = [
    "tests.plugins.databases",
    "tests.plugins.promises",
    "tests.plugins.budget",
    "tests.plugins.counts",
    "tests.plugins.browsers",
    "tests.plugins.network",
    "tests.plugins.properties",
    "tests.plugins.redis",
]


@pytest.fixture
def app(engine: str, databases: Databases, monkeypatch: pytest.MonkeyPatch) -> Iterator[Flask]:
    """The shop on ``engine``, inside one outer transaction that is rolled back after the test.

    Each unit of work within is a savepoint. Time stands still as it does within any one transaction. A test that begins
    with a kept world has it at once.
    """
    theatre = databases.theatre(engine)
    theatre.shop.test_client_class = Browser
    with theatre.shop.app_context(), playing(theatre, monkeypatch):
        yield theatre.shop


@pytest.fixture
def client(app: Flask) -> Browser:
    """A visitor's browser, without scripts."""
    browser = app.test_client()
    assert isinstance(browser, Browser)
    return browser


@pytest.fixture
def fresh_database(engine: str, databases: Databases) -> Iterator[FreshDatabase]:
    """A migrated database of the test's own, with real commits: for races and for other processes."""
    copies = databases.of(engine)
    fresh = FreshDatabase(copies.copy(), photos=databases.folder / "photos-fresh")
    yield fresh
    fresh.close()
    copies.drop(fresh.url)


# Time ----------------------------------------------------------------------------------------------------------------


@pytest.fixture
def clock_at(app: Flask) -> Callable[[datetime], datetime]:
    """Set business time to a moment, earlier or later, and return it."""

    def set_clock(moment: datetime) -> datetime:
        session = db.session()
        offset_us = (moment - clock.shared()) // timedelta(microseconds=1)
        session.execute(sa.delete(clock.ClockOffset))
        session.execute(sa.insert(clock.ClockOffset).values(id=1, offset_us=offset_us))
        session.commit()
        session.expire_all()
        return clock.now()

    return set_clock


@pytest.fixture
def advance(app: Flask) -> Callable[..., datetime]:
    """Let business time pass: ``advance(days=3)``, ``advance(hours=2)``; returns the new now."""

    def pass_time(**step: float) -> datetime:
        moment = clock.advance(timedelta(**step))
        db.session.commit()
        return moment

    return pass_time


# Jobs ----------------------------------------------------------------------------------------------------------------


@pytest.fixture
def run_jobs(app: Flask) -> Callable[[], int]:
    """Do everything that is due now, as the runner would; returns how much that was."""

    def run() -> int:
        with app.app_context():
            return runner.run_until_idle()

    return lambda: apart(run)
