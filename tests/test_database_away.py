"""PostgreSQL stopped in the middle of work: pages say so, nothing is lost, and the work ends by itself (fault W04)."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask

from marketplace import application
from marketplace.database import db, unit_of_work
from marketplace.jobs import outbox
from marketplace.jobs.runner import EmbeddedRunner
from tests.books import assert_books_balance
from tests.fresh import FreshDatabase
from tests.jobs.outside import KIND, Outside, enqueue
from tests.jobs.test_celery import assert_each_credited_once, nothing_is_open, windows_pass
from tests.orders.stories import delivered_order
from tests.plugins.postgresql import Cluster, NoPostgreSQL, own_cluster
from tests.plugins.redis import free_port
from tests.processes import until
from tests.shop import build_template, close, make_shop
from tests.web import Browser

ORDERS = 3


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    """A cluster that may be stopped: never the one of ``TEST_DATABASE_URL``."""
    try:
        made = own_cluster()
    except NoPostgreSQL as why:
        if os.environ.get("REQUIRE_POSTGRESQL"):
            pytest.fail(str(why))
        pytest.skip(str(why))
    build_template(made.url)
    yield made
    made.remove()


@pytest.fixture
def shop(cluster: Cluster, tmp_path: Path) -> Iterator[FreshDatabase]:
    fresh = FreshDatabase(cluster.url, photos=tmp_path)
    yield fresh
    fresh.close()


@pytest.mark.fault("W04")
def test_the_work_ends_after_a_stop_without_a_human(
    shop: FreshDatabase, cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.run(lambda: windows_pass([delivered_order() for _ in range(ORDERS)]))
    in_the_middle, settle = threading.Event(), outbox._settle

    def settle_and_say_so(*args: object) -> None:
        in_the_middle.set()
        settle(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(outbox, "_settle", settle_and_say_so)
    client, working = shop.client(), EmbeddedRunner(shop.app)
    working.start()
    assert in_the_middle.wait(60)
    cluster.stop()
    assert client.get("/shop").status_code == 503
    answer = client.post("/bag")
    assert answer.status_code in {400, 404, 405, 419, 503}
    assert working._thread.is_alive()
    cluster.start()
    until(lambda: client.get("/shop").status_code == 200, "the shop is back")
    until(lambda: shop.run(leases_end) or shop.run(nothing_is_open), "all is done")
    working.stop()
    shop.run(lambda: assert_each_credited_once(ORDERS))
    assert_books_balance(shop.app)


def leases_end() -> None:
    """The minutes pass in which what was cut off waits for its lease or its next attempt."""
    with unit_of_work() as session:
        cut_off = outbox.OutboxRow.state.in_(outbox.OPEN)
        session.execute(sa.update(outbox.OutboxRow).where(cut_off).values(due_at=sa.func.now()))


def test_control_a_runner_that_does_not_outlive_a_fault_leaves_the_work_undone(
    shop: FreshDatabase, cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The protection is that a failing round does not end the thread: without it, nobody goes on."""
    outside = Outside()
    monkeypatch.setitem(outbox._handlers, KIND, outside)
    cluster.stop()
    failing = threading.Thread(target=lambda: shop.run(outbox.run_due), daemon=True)
    monkeypatch.setattr(threading, "excepthook", lambda _told: None)
    failing.start()
    failing.join(30)
    cluster.start()
    shop.run(lambda: until(is_back, "it is back"))
    shop.run(lambda: enqueue("a"))
    assert not failing.is_alive()
    assert outside.done == {}


def is_back() -> bool:
    try:
        with unit_of_work(reading=True) as session:
            return bool(session.scalar(sa.select(1)))
    except sa.exc.OperationalError:
        return False


@pytest.fixture
def shop_without_database(tmp_path: Path) -> Iterator[Flask]:
    shop = make_shop(f"postgresql+psycopg://nobody@127.0.0.1:{free_port()}/none", photos=tmp_path)
    shop.test_client_class = Browser
    yield shop
    close(shop)


def test_a_shop_without_its_database_says_when_to_come_back(shop_without_database: Flask) -> None:
    for path in ("/", "/shop", "/bag", "/sign-in"):
        answer = shop_without_database.test_client().get(path)
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "30"), path


@pytest.mark.fault("W04")
def test_a_database_that_swallows_every_call_is_given_up_soon(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(application, "CONNECT_SECONDS", 2)  # the least that PostgreSQL's library knows
    with socket.create_server(("127.0.0.1", 0)) as silent:
        shop = make_shop(f"postgresql+psycopg://nobody@127.0.0.1:{silent.getsockname()[1]}/none", photos=tmp_path)
        shop.test_client_class = Browser
        began = time.monotonic()
        answer = shop.test_client().get("/shop")
        took = time.monotonic() - began
        close(shop)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "30")
    assert took < 15


def test_a_fault_of_ours_stays_a_fault(app: Flask, client: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    def ask_for_nonsense() -> None:
        db.session.execute(sa.text("SELECT * FROM a_table_that_is_not_there"))

    monkeypatch.setattr("marketplace.doctor.figures", ask_for_nonsense)
    with pytest.raises(sa.exc.DBAPIError):
        client.get("/metrics")
