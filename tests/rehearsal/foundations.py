"""Drills of what everything stands on: processes killed, PostgreSQL and Redis away, two of each at work."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tests.processes import Process
from tests.rehearsal.column import WEBS
from tests.rehearsal.stage import Stage, whole

KILLS_EACH = 6
DOWN_SECONDS = 4

WEB_DEATHS = [
    f"{when}-POST-{view}"
    for when in ("before", "after")
    for view in ("checkout.pay", "payment_webhooks.receive", "shipping_webhooks.receive")
]
WORKER_DEATHS = [
    *("sweep-begins", "windows-swept", "claimed"),
    *("before-issue", "issued", "recorded-uncommitted", "settled"),
]


# Kills ---------------------------------------------------------------------------------------------------------------


def killed_at_named_points(stage: Stage) -> None:
    """Web and worker die before and after what they commit; their parents start others (B07, W02).

    Controls: tests/jobs/test_kills.py, ``test_control_a_killed_worker_issues_a_second_card…``;
    tests/payments/test_stripe_sale.py, ``test_control_with_a_new_key_each_time_there_are_two_pages``.
    """
    for point in (*WEB_DEATHS, *WORKER_DEATHS):
        (stage.column.kills / f"{point}.0").touch()
    whole(stage.next_sale())
    left = sorted(file.name for file in stage.column.kills.iterdir())
    assert left == [], f"nobody died at {left}"
    stage.say(f"the web died {len(WEB_DEATHS)} times, the worker {len(WORKER_DEATHS)} times")


def killed_at_random(stage: Stage) -> None:
    """Whole process trees die at any moment, again and again, and are started anew (W02).

    Control: tests/jobs/test_outbox.py, ``test_control_without_the_claim_they_do_it_several_times``.
    """
    chaos = [Chaos([stage.part("worker")]), Chaos([stage.part(web) for web in WEBS])]
    for one in chaos:
        one.start()
    sale = stage.next_sale()
    try:
        sale.buy()
        sale.hand_over()
        sale.deliver()
    finally:
        for one in chaos:
            one.join()
    assert [one.kills for one in chaos] == [KILLS_EACH, KILLS_EACH]
    sale.let_the_window_pass()
    sale.receive_the_card()
    stage.say(f"worker and web were killed {KILLS_EACH} times each")


class Chaos(threading.Thread):
    """Kills these parts in turn, ``KILLS_EACH`` times in all, and starts them again."""

    def __init__(self, parts: list[Process]) -> None:
        super().__init__(daemon=True)
        self._parts, self._chance, self.kills = parts, random.Random(len(parts)), 0

    def run(self) -> None:
        for number in range(KILLS_EACH):
            time.sleep(self._chance.uniform(0.2, 1.0))
            part = self._parts[number % len(self._parts)]
            part.kill()
            part.start()
            self.kills += 1


# What everything stands on -------------------------------------------------------------------------------------------


@contextmanager
def away_for_a_while(down: Callable[[], None], up: Callable[[], None]) -> Iterator[None]:
    """Take something away now and give it back in a few seconds, whatever happens meanwhile."""
    down()
    back = threading.Timer(DOWN_SECONDS, up)
    back.start()
    try:
        yield
    finally:
        back.join()


def postgresql_stopped(stage: Stage) -> None:
    """At once, twice: while somebody buys, and while the gift card is due (W04).

    Control: tests/test_database_away.py, ``test_control_a_runner_that_does_not_outlive_a_fault…``.
    """
    sale = stage.next_sale()
    with away_for_a_while(stage.cluster.stop, stage.cluster.start):
        sale.buy()
    assert sale.buyer.refused_for_now > 0, "nobody noticed"
    sale.hand_over()
    sale.deliver()
    with away_for_a_while(stage.cluster.stop, stage.cluster.start):
        sale.let_the_window_pass()
    sale.receive_the_card()
    stage.say(f"the buyer was put off {sale.buyer.refused_for_now} times")


def redis_flushed_and_stopped(stage: Stage) -> None:
    """Gone while somebody buys, then emptied before each step's work can begin (W05, W06).

    Control: tests/jobs/test_celery.py, ``test_control_a_bell_that_rings_within_the_request_fails_with_redis``.
    """
    sale, redis = stage.next_sale(), stage.part("redis")
    redis.kill()
    sale.buy_without_waiting()
    assert sale.buyer.refused_for_now == 0, "buying needs no Redis"
    redis.start()
    sale.await_payment()
    stage.column.flush_redis()
    sale.hand_over()
    sale.deliver()
    stage.column.flush_redis()
    sale.let_the_window_pass()
    stage.column.flush_redis()
    sale.receive_the_card()
    stage.say("bought without Redis; what was queued is found in our tables")


def two_of_each(stage: Stage) -> None:
    """Two workers, two beats, and two operators who sweep by hand at the moment a window closes (W03).

    Control: tests/jobs/test_deadlines.py, ``test_control_without_the_claim_they_fire_several_times``.
    """
    more, sale = stage.column.add_a_second_worker_and_beat(), stage.next_sale()
    try:
        sale.buy()
        sale.hand_over()
        sale.deliver()
        by_hand = [stage.column.begin_sweep(number) for number in (1, 2)]
        sale.let_the_window_pass()
        sale.receive_the_card()
        assert "succeeded" in more[0].said, "the second worker did nothing"
        assert [sweep.wait(120) for sweep in by_hand] == [0, 0]
    finally:
        for part in more:
            part.kill()
    stage.say("two workers, two beats and two sweeps by hand: each thing was done once")
