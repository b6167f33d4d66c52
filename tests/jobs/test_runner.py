"""The runner: does all that is due, wakes at the bell, outlives what goes wrong."""

from __future__ import annotations

import threading

import pytest
import sqlalchemy as sa
from flask import Flask

from marketplace import clock
from marketplace.database import unit_of_work
from marketplace.jobs import deadlines, inbox, outbox, runner, waking
from marketplace.jobs.runner import EmbeddedRunner
from tests.fresh import FreshDatabase
from tests.jobs.outside import KIND, Outside, Subject, enqueue
from tests.statements import statements


@pytest.fixture
def outside(monkeypatch: pytest.MonkeyPatch) -> Outside:
    world = Outside()
    monkeypatch.setitem(outbox._handlers, KIND, world)
    return world


@pytest.fixture
def chores(monkeypatch: pytest.MonkeyPatch) -> dict[object, object]:
    kept: dict[object, object] = {}
    monkeypatch.setattr(runner, "_chores", kept)
    return kept


def test_one_thing_leads_to_another_until_nothing_is_due(
    app: Flask, outside: Outside, chores: dict[object, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    """An event sets a deadline that has passed already, which queues an errand: one call of the runner does all."""

    def react(_row: object, at: object) -> None:
        deadlines.set_deadline("step", Subject(), clock.now())

    def sweep(_subjects: object, at: object) -> None:
        outbox.enqueue(KIND, key="last", subject=Subject(), request={}, at=clock.now())

    monkeypatch.setitem(inbox._reactions, "outside", react)
    monkeypatch.setitem(deadlines._sweeps, "step", sweep)
    with unit_of_work():
        inbox.receive("outside", "e1", {}, at=clock.now())
    assert runner.run_until_idle() == 3
    assert outside.done == {"last": 1}
    assert runner.run_until_idle() == 0


def test_what_waits_for_its_next_attempt_does_not_keep_the_runner_busy(
    app: Flask, outside: Outside, chores: dict[object, object]
) -> None:
    outside.trouble = outbox.NotDone("away")
    enqueue("a")
    assert runner.run_until_idle() == 1


def test_a_chore_is_registered_once_and_done_each_round(app: Flask, chores: dict[object, object]) -> None:
    left = [2, 1]
    chore = lambda: left.pop() if left else 0  # noqa: E731
    runner.register_chore(chore, sa.true())
    runner.register_chore(chore, sa.true())
    assert list(chores) == [chore]
    assert runner.run_until_idle() == 3


def test_what_is_not_due_is_not_begun_and_who_is_idle_asks_once(
    app: Flask, chores: dict[object, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = list[str]()
    for part, act in ((inbox, "run_due"), (deadlines, "sweep"), (outbox, "run_due")):
        monkeypatch.setattr(part, act, lambda name=part.__name__: begun.append(name) or 0)
    runner.register_chore(lambda: begun.append("never") or 0, sa.false())  # type: ignore[func-returns-value]
    with statements() as asked:
        assert runner.run_once() == 0
    assert begun == []
    assert len([statement for statement in asked if "EXISTS" in statement]) == 1
    assert len([statement for statement in asked if statement.startswith("SELECT")]) <= 2, "the time, and the question"


@pytest.fixture
def thread(fresh_database: FreshDatabase, monkeypatch: pytest.MonkeyPatch) -> EmbeddedRunner:
    """A runner of the web process that waits for the bell alone."""
    monkeypatch.setattr(runner, "PAUSE_SECONDS", 60)
    return EmbeddedRunner(fresh_database.app)


def test_the_embedded_runner_wakes_at_the_bell_and_ends_when_told(
    fresh_database: FreshDatabase, thread: EmbeddedRunner, outside: Outside
) -> None:
    told, record = threading.Event(), outside.record
    outside.record = lambda *args, **more: (record(*args, **more), told.set())  # type: ignore[method-assign]
    thread.start()
    fresh_database.run(lambda: enqueue("a"))  # its commit rings the bell
    assert told.wait(30)
    thread.stop()
    assert not thread._thread.is_alive()
    assert outside.done == {"a": 1}


def test_each_waiter_hears_the_bell_whoever_clears_its_own_first(bell: threading.Event) -> None:
    other = waking.hang_bell()
    waking.wake()
    bell.clear()
    assert (bell.is_set(), other.is_set()) == (False, True)
    waking.take_down(other)
    other.clear()
    waking.wake()
    assert (bell.is_set(), other.is_set()) == (True, False)


def test_a_fault_in_one_round_does_not_end_the_thread(
    fresh_database: FreshDatabase, thread: EmbeddedRunner, chores: dict[object, object]
) -> None:
    rounds, second = [], threading.Event()

    def chore() -> int:
        rounds.append(1)
        if len(rounds) == 1:
            raise RuntimeError("a fault of ours")
        second.set()
        return 0

    runner.register_chore(chore, sa.true())
    thread.start()
    while not rounds:
        second.wait(0.01)
    for _ in range(100):
        waking.wake()
        if second.wait(0.1):
            break
    thread.stop()
    assert second.is_set()
