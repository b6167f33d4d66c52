"""Turns are taken in the order of coming, by SQLite's writers too."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from marketplace.clock import ClockOffset
from marketplace.database import db, unit_of_work
from marketplace.turns import Turns
from tests.fresh import FreshDatabase

WRITERS = 6


def until(is_so: Callable[[], bool]) -> None:
    """Wait until something is so, as other threads make it."""
    for _ in range(1000):
        if is_so():
            return
        threading.Event().wait(0.01)
    pytest.fail("it never came to that")


def test_who_leaves_and_comes_back_stands_behind_those_who_waited() -> None:
    turns, came = Turns(), list[str]()
    assert turns.enter(1)

    def wait_for_it() -> None:
        assert turns.enter(10)
        came.append("waited")
        turns.leave()

    other = threading.Thread(target=wait_for_it)
    other.start()
    until(lambda: len(turns._waiting) == 1)
    turns.leave()
    assert turns.enter(10)
    came.append("came back")
    other.join(10)
    assert came == ["waited", "came back"]


def test_who_waits_in_vain_is_out_of_the_queue() -> None:
    turns = Turns()
    assert turns.enter(0.01)
    assert not turns.enter(0.01)
    turns.leave()
    assert turns.enter(0.01)


@pytest.mark.fault("W13")
def test_writers_are_let_in_as_they_came(fresh_database: FreshDatabase, monkeypatch: pytest.MonkeyPatch) -> None:
    queues, enter, order = set[Turns](), Turns.enter, list[int]()

    def enter_seen(turns: Turns, seconds: float) -> bool:
        queues.add(turns)
        return enter(turns, seconds)

    def write(number: int) -> None:
        with fresh_database.app.app_context(), unit_of_work():
            db.session.execute(sa.update(ClockOffset).values(offset_us=number))
            order.append(number)

    def let_them_come() -> list[Any]:
        writers = [threading.Thread(target=write, args=(number,)) for number in range(WRITERS)]
        with unit_of_work():
            db.session.execute(sa.select(sa.func.count()).select_from(ClockOffset))
            for number, writer in enumerate(writers):
                writer.start()
                until(lambda n=number: len(order) + sum(len(queue._waiting) for queue in queues) == n + 1)
        return writers

    monkeypatch.setattr(Turns, "enter", enter_seen)
    for writer in fresh_database.run(let_them_come):
        writer.join(20)
    assert order == list(range(WRITERS))
