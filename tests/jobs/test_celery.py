"""Celery on Redis carries one message, "look"; whatever becomes of it, each thing is done, and once."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
import sqlalchemy as sa
from celery import signals
from flask import Flask
from kombu.exceptions import OperationalError

from marketplace import clock
from marketplace.credits.models import GiftCard
from marketplace.database import db, unit_of_work
from marketplace.jobs import broker, outbox, waking
from marketplace.jobs.deadlines import Deadline, DeadlineState
from marketplace.jobs.inbox import InboxRow, InboxState
from marketplace.jobs.outbox import OPEN, Done, OutboxRow, OutboxState, Refused
from marketplace.orders.models import Order
from marketplace.orders.states import OrderState
from marketplace.payouts.models import Payout
from marketplace.settings import Settings, UnsafeSettings
from tests.books import assert_books_balance
from tests.fresh import FreshDatabase
from tests.jobs.column import a_celery, beat, ringer, until, worker
from tests.jobs.outside import KIND, Outside, enqueue, rows
from tests.orders.stories import delivered_order
from tests.plugins.redis import RedisServer, free_port
from tests.shop import close, make_shop
from tests.shopping import buy, live_listing
from tests.web import Browser

NOWHERE = "redis://127.0.0.1:{}/0"


@pytest.fixture
def outside(monkeypatch: pytest.MonkeyPatch) -> Outside:
    world = Outside()
    monkeypatch.setitem(outbox._handlers, KIND, world)
    return world


def all_done(fresh: FreshDatabase) -> bool:
    return {row.state for row in fresh.run(rows)} == {OutboxState.DONE}


# What is chosen ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"JOBS": "celery"}, "JOBS=celery needs REDIS_URL"),
        ({"JOBS": "celery", "REDIS_URL": "http://:hidden@127.0.0.1"}, "REDIS_URL must begin with redis://"),
    ],
)
def test_workers_need_a_redis(changes: dict[str, str], said: str) -> None:
    with pytest.raises(UnsafeSettings, match=said) as refused:
        Settings.from_environment(changes)
    assert "hidden" not in str(refused.value), "the address may hold a password"


def test_a_message_is_kept_until_its_task_has_ended() -> None:
    conf = broker.make_celery(NOWHERE.format(1)).conf
    assert (conf.task_acks_late, conf.task_reject_on_worker_lost, conf.worker_prefetch_multiplier) == (True, True, 1)
    options = conf.broker_transport_options
    assert options["visibility_timeout"] > conf.task_time_limit > broker.LONGEST_SWEEP.total_seconds()
    assert options["unacked_restore_interval"] * options["unacked_restore_throttle"] <= 10
    assert (conf.enable_utc, conf.timezone) == (True, "UTC")
    assert [entry["task"] for entry in conf.beat_schedule.values()] == [broker.SWEEP]


# The bell ------------------------------------------------------------------------------------------------------------


def test_a_commit_wakes_a_worker(fresh_database: FreshDatabase, redis_server: RedisServer, outside: Outside) -> None:
    celery = a_celery(fresh_database.app, redis_server.url)
    with ringer(redis_server.url), worker(celery):
        fresh_database.run(lambda: enqueue("a"))
        until(lambda: all_done(fresh_database), "the errand is done")
    assert outside.done == outside.heard == {"a": 1}


def test_commits_that_come_together_are_few_messages(redis_server: RedisServer) -> None:
    with ringer(redis_server.url):
        for _ in range(200):
            waking.wake()
        until(lambda: broker.waiting(redis_server.url) > 0, "a message arrives")
    assert broker.waiting(redis_server.url) < 20


def test_a_redis_that_was_away_is_rung_again(redis_server: RedisServer) -> None:
    with ringer(redis_server.url) as wire:
        ring_until(lambda: broker.waiting(redis_server.url) > 0, "a message arrives")
        redis_server.stop()
        ring_until(lambda: wire._is_away, "it is noticed")
        redis_server.start()
        ring_until(lambda: broker.waiting(redis_server.url) > 0, "a message arrives")
        until(lambda: not wire._is_away, "it is noticed")


def ring_until(is_so: Callable[[], bool], what: str) -> None:
    """A ring may be lost where Redis is slower than the ringer's patience: beat's business, not this test's."""

    def is_so_after_a_ring() -> bool:
        waking.wake()
        return is_so()

    until(is_so_after_a_ring, what)


# Messages lost, doubled, late ----------------------------------------------------------------------------------------


@pytest.mark.fault("W05")
def test_what_redis_forgets_is_found_in_our_tables(
    fresh_database: FreshDatabase, redis_server: RedisServer, outside: Outside
) -> None:
    celery = a_celery(fresh_database.app, redis_server.url)
    with ringer(redis_server.url):
        fresh_database.run(lambda: enqueue("a", "b", "c"))
        until(lambda: broker.waiting(redis_server.url) > 0, "a message arrives")
    redis_server.client().flushall()
    with worker(celery):
        time.sleep(0.5)
        assert outside.done == {}, "the control: the message is gone, and without beat nobody looks"
        with beat(celery):
            until(lambda: all_done(fresh_database), "beat finds the errands")
            redis_server.client().flushall()  # while workers wait
            fresh_database.run(lambda: enqueue("d"))
            until(lambda: all_done(fresh_database), "beat finds the last one")
    assert outside.done == outside.heard == dict.fromkeys("abcd", 1)


@pytest.mark.fault("W11")
def test_a_message_given_out_twice_is_harmless(
    fresh_database: FreshDatabase, redis_server: RedisServer, outside: Outside, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert give_out_twice(fresh_database, redis_server, outside, monkeypatch) == {"a": 1}


def test_control_a_message_given_out_twice_does_its_work_twice_without_the_claim(
    fresh_database: FreshDatabase, redis_server: RedisServer, outside: Outside, monkeypatch: pytest.MonkeyPatch
) -> None:
    def look_without_claiming() -> tuple[int, None] | None:
        with unit_of_work(reading=True) as session:
            row_id = session.scalar(sa.select(OutboxRow.id).where(OutboxRow.state == OutboxState.PENDING))
        return None if row_id is None else (row_id, None)

    monkeypatch.setattr(outbox, "_claim", look_without_claiming)
    assert give_out_twice(fresh_database, redis_server, outside, monkeypatch) == {"a": 2}


def give_out_twice(
    fresh: FreshDatabase, redis: RedisServer, outside: Outside, monkeypatch: pytest.MonkeyPatch
) -> dict[str, int]:
    """Let a task run longer than Redis hides its message; returns how often each errand was done."""
    begun, ended, again = list[str](), list[str](), threading.Event()
    perform = outside.perform

    def perform_slowly(row: OutboxRow) -> Done | Refused:
        if len(begun) == 1:
            again.wait(20)
        return perform(row)

    def begin(task_id: str, **_: Any) -> None:
        begun.append(task_id)

    def end(task_id: str, **_: Any) -> None:
        ended.append(task_id)
        again.set()

    monkeypatch.setattr(outside, "perform", perform_slowly)
    short = {"visibility_timeout": 1, "unacked_restore_interval": 0.2}
    celery = a_celery(fresh.app, redis.url, **short)
    signals.task_prerun.connect(begin)
    signals.task_postrun.connect(end)
    try:
        fresh.run(lambda: enqueue("a"))
        broker.ring(celery)
        with worker(celery):
            until(lambda: len(ended) >= 2, "the message is given out a second time")
    finally:
        signals.task_prerun.disconnect(begin)
        signals.task_postrun.disconnect(end)
    assert len(set(begun)) == 1, "one message"
    assert all_done(fresh)
    return dict(outside.done)


@pytest.mark.fault("W03")
def test_two_workers_and_two_beats_credit_each_order_once(
    fresh_database: FreshDatabase, redis_server: RedisServer
) -> None:
    fresh_database.run(lambda: windows_pass([delivered_order() for _ in range(3)]))
    with ExitStack() as column:
        for _ in range(2):
            celery = a_celery(fresh_database.app, redis_server.url)
            column.enter_context(worker(celery))
            column.enter_context(beat(celery))
        until(lambda: fresh_database.run(nothing_is_open), "all is settled and carried out")
    fresh_database.run(lambda: assert_each_credited_once(3))
    assert_books_balance(fresh_database.app)


def windows_pass(orders: list[Order]) -> None:
    with unit_of_work():
        latest = max(order.window_closes_at or clock.now() for order in orders)
        clock.advance(latest - clock.now())


def nothing_is_open() -> bool:
    with unit_of_work(reading=True) as session:
        due = sa.exists().where(Deadline.state == DeadlineState.WAITING, Deadline.due_at <= clock.now())
        unread = sa.exists().where(InboxRow.state == InboxState.PENDING)
        open_rows = sa.exists().where(OutboxRow.state.in_(OPEN))
        return not session.scalar(sa.select(sa.or_(due, unread, open_rows)))


def assert_each_credited_once(orders: int) -> None:
    with unit_of_work(reading=True) as session:
        assert session.scalars(sa.select(Order.state)).all() == [OrderState.SETTLED] * orders
        for model in (Payout, GiftCard):
            assert session.scalar(sa.select(sa.func.count()).select_from(model)) == orders


# Redis away ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def shop_without_redis(fresh_database: FreshDatabase) -> Iterator[Flask]:
    """A shop whose Redis does not answer: it would wake its workers and count tries there."""
    url = NOWHERE.format(free_port())
    shop = make_shop(fresh_database.url, photos=fresh_database.photos, jobs="celery", redis_url=url, rate_limits=True)
    shop.test_client_class = Browser
    yield shop
    shop.extensions["companion"].stop()
    close(shop)


@pytest.mark.fault("W06")
def test_with_redis_away_buying_works_and_the_jobs_wait_in_our_tables(
    fresh_database: FreshDatabase, shop_without_redis: Flask, redis_server: RedisServer
) -> None:
    client = shop_without_redis.test_client()
    with shop_without_redis.app_context():
        began = time.monotonic()
        (order,) = buy(client, live_listing())
        assert time.monotonic() - began < 15, "nobody waits for Redis"
        assert db.session.scalars(sa.select(InboxRow.state)).all() == [InboxState.PENDING], "the provider's word waits"
    celery = a_celery(fresh_database.app, redis_server.url)
    with worker(celery), beat(celery):
        until(lambda: fresh_database.run(nothing_is_open), "what waited is done")
    assert fresh_database.run(lambda: db.session.get_one(Order, order.id).state) is OrderState.LABEL_ISSUED
    assert_books_balance(fresh_database.app)


def test_control_a_bell_that_rings_within_the_request_fails_with_redis(
    shop_without_redis: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    wired = broker.make_celery(shop_without_redis.config["SETTINGS"].redis_url)
    monkeypatch.setattr(waking, "wake", lambda: broker.ring(wired))
    # The commit has happened and the request fails all the same: the page of a fault, or worse.
    with shop_without_redis.app_context(), pytest.raises((OperationalError, sa.exc.InvalidRequestError)):
        buy(shop_without_redis.test_client(), live_listing())
