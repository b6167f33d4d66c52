"""Tries counted in Redis for all processes together; a Redis that is away or emptied stops nobody (fault W06)."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask

from marketplace import limits, redis_counts
from marketplace.buyer import unhurried
from marketplace.limits import limiter
from tests import quarters
from tests.accounts import PASSWORD, an_account
from tests.books import assert_books_balance
from tests.buyer.test_account_limits import WRONG, Visitor
from tests.fresh import FreshDatabase
from tests.plugins.redis import RedisServer, free_port
from tests.shop import close, make_shop
from tests.shopping import buy, live_listing
from tests.web import Browser


@pytest.fixture
def process(fresh_database: FreshDatabase, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Makes shops that count at an address, each as a new process would: with nothing in its memory."""
    quarters.begin_within_one()
    monkeypatch.setattr(unhurried, "FLOOR_SECONDS", 0)
    monkeypatch.setattr(limiter, "enabled", True)
    monkeypatch.setattr(limiter, "_storage_options", {})
    made: list[Flask] = []

    def start(redis_url: str = "") -> Flask:
        limiter._storage_dead = False
        shop = make_shop(fresh_database.url, photos=fresh_database.photos, rate_limits=True, redis_url=redis_url)
        shop.test_client_class = Browser
        made.append(shop)
        return shop

    yield start
    start()  # the suite's one limiter counts in memory again
    limiter.reset()
    for shop in made:
        close(shop)


def wrong_tries(shop: Flask, times: int) -> list[int]:
    visitor = Visitor(shop, "/sign-in", "sign-in")
    return [visitor.send(email="adaquill@example.com", password=WRONG) for _ in range(times)]


def open_account(shop: Flask) -> None:
    with shop.app_context():
        an_account("adaquill@example.com")


def test_tries_at_one_process_count_at_the_next(process: Any, redis_server: RedisServer) -> None:
    first = process(redis_server.url)
    open_account(first)
    assert wrong_tries(first, 5) == [422] * 5
    assert wrong_tries(process(redis_server.url), 4) == [422] * 3 + [429]


def test_control_without_redis_each_process_counts_for_itself(process: Any) -> None:
    first = process()
    open_account(first)
    assert wrong_tries(first, 5) == [422] * 5
    assert wrong_tries(process(), 4) == [422] * 4


@pytest.mark.fault("W06")
def test_redis_goes_away_midway_and_the_shop_sells_signs_in_and_still_counts(
    process: Any, redis_server: RedisServer
) -> None:
    shop = process(redis_server.url)
    open_account(shop)
    assert wrong_tries(shop, 2) == [422] * 2
    redis_server.stop()
    with shop.app_context():
        browser = shop.test_client()
        assert len(buy(browser, live_listing())) == 1
        assert wrong_tries(shop, 9) == [422] * 8 + [429]
        assert_books_balance(shop)
    assert "ConnectionError" in limits.trouble(redis_server.url)

    redis_server.start()
    limiter._Limiter__last_check_backend = 0  # the pause before it is asked again is over
    assert wrong_tries(shop, 1) == [422]
    assert redis_server.client().dbsize() > 0
    assert limits.trouble(redis_server.url) == ""


@pytest.mark.fault("W06", "W05")
def test_a_redis_that_was_never_there_or_forgets_all_stops_nobody(process: Any, redis_server: RedisServer) -> None:
    shop = process(f"redis://127.0.0.1:{free_port()}/0")
    open_account(shop)
    assert Visitor(shop, "/sign-in", "sign-in").send(email="adaquill@example.com", password=PASSWORD) == 303
    shop = process(redis_server.url)
    assert wrong_tries(shop, 8) == [422] * 8
    redis_server.client().flushall()
    assert wrong_tries(shop, 1) == [422]


def test_a_redis_that_hangs_costs_a_visitor_a_moment_once(process: Any) -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=8) as silent:
        shop = process(f"redis://127.0.0.1:{silent.getsockname()[1]}/0")
        open_account(shop)
        began = time.monotonic()
        assert wrong_tries(shop, 3) == [422] * 3
        assert time.monotonic() - began < 20 * redis_counts.PATIENCE_SECONDS
