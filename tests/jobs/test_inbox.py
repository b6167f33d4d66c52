"""The inbox: each event stored once, reacted to once, in any order; one poisoned event stops no other."""

from __future__ import annotations

import threading
from collections import Counter
from datetime import datetime
from typing import Any

import pytest
import sqlalchemy as sa

from marketplace import clock
from marketplace.database import db, unit_of_work
from marketplace.jobs import inbox, parked
from marketplace.jobs.alarms import Alarm, AlarmKind
from marketplace.jobs.inbox import InboxRow, InboxState
from tests.fresh import FreshDatabase

SOURCE = "outside"


class Reaction:
    """Counts the events it was given; ``poison`` names those it always fails on."""

    def __init__(self) -> None:
        self.heard: Counter[str] = Counter()
        self.order: list[str] = []
        self.poison: set[str] = set()
        self._lock = threading.Lock()

    def __call__(self, row: InboxRow, at: datetime) -> None:
        with self._lock:
            if row.event_id in self.poison:
                raise ValueError("poison")
            self.heard[row.event_id] += 1
            self.order.append(row.event_id)


@pytest.fixture
def reaction(monkeypatch: pytest.MonkeyPatch) -> Reaction:
    made = Reaction()
    monkeypatch.setitem(inbox._reactions, SOURCE, made)
    return made


def deliver(event_id: str, **payload: Any) -> bool:
    with unit_of_work():
        return inbox.receive(SOURCE, event_id, payload, at=clock.now())


def rows() -> list[InboxRow]:
    db.session.expire_all()
    return list(db.session.scalars(sa.select(InboxRow).order_by(InboxRow.id)))


def end_pauses() -> None:
    with unit_of_work() as session:
        session.execute(sa.update(InboxRow).values(due_at=clock.shared()))


def test_an_event_is_stored_and_reacted_to_afterwards(app, reaction: Reaction, bell: threading.Event) -> None:
    assert deliver("e1", amount=1)
    assert bell.is_set()
    assert (reaction.heard, rows()[0].payload, rows()[0].state) == ({}, {"amount": 1}, InboxState.PENDING)
    assert inbox.run_due() == 1
    assert (reaction.heard, rows()[0].state) == ({"e1": 1}, InboxState.DONE)


def test_a_second_copy_changes_nothing_before_or_after_the_reaction(app, reaction: Reaction) -> None:
    assert [deliver("e1", n=1), deliver("e1", n=2)] == [True, False]
    inbox.run_due()
    assert not deliver("e1", n=3)
    inbox.run_due()
    assert (len(rows()), rows()[0].payload, reaction.heard) == (1, {"n": 1}, {"e1": 1})


def test_two_sources_may_use_the_same_id(app, reaction: Reaction, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(inbox._reactions, "elsewhere", reaction)
    deliver("e1")
    with unit_of_work():
        assert inbox.receive("elsewhere", "e1", {}, at=clock.now())
    inbox.run_due()
    assert reaction.heard == {"e1": 2}


def test_a_poisoned_event_is_retried_with_growing_pauses_and_stops_no_other(app, reaction: Reaction) -> None:
    reaction.poison = {"bad"}
    for event_id in ("bad", "good"):
        deliver(event_id)
    pauses = []
    for attempt in range(1, inbox.MOST_ATTEMPTS + 1):
        before = clock.shared()
        inbox.run_due()
        bad = next(row for row in rows() if row.event_id == "bad")
        assert bad.attempts == attempt
        if bad.state is InboxState.PENDING:
            assert inbox.run_due() == 0, "its pause is not over"
            pauses.append(round((bad.due_at - before).total_seconds()))
        end_pauses()
    assert reaction.heard == {"good": 1}
    assert (bad.state, bad.trouble) == (InboxState.PARKED, "ValueError: poison")
    assert pauses == [2**attempt for attempt in range(1, inbox.MOST_ATTEMPTS)]
    alarm = db.session.scalars(sa.select(Alarm)).one()
    assert (alarm.kind, alarm.subject_type, alarm.subject_id) == (AlarmKind.JOB_PARKED, "inbox", bad.id)


def test_a_parked_event_can_be_tried_again(app, reaction: Reaction) -> None:
    reaction.poison = {"bad"}
    deliver("bad")
    for _ in range(inbox.MOST_ATTEMPTS):
        inbox.run_due()
        end_pauses()
    reaction.poison = set()
    with unit_of_work():
        parked.retry(db.session.scalars(sa.select(Alarm)).one())
    inbox.run_due()
    assert (reaction.heard, rows()[0].state) == ({"bad": 1}, InboxState.DONE)


def test_a_reaction_that_fails_leaves_nothing_behind(app, monkeypatch: pytest.MonkeyPatch) -> None:
    def half_way(row: InboxRow, at: datetime) -> None:
        db.session.execute(sa.update(InboxRow).values(trouble="half a reaction"))
        raise ValueError("then it broke")

    monkeypatch.setitem(inbox._reactions, SOURCE, half_way)
    deliver("e1")
    inbox.run_due()
    assert rows()[0].trouble == "ValueError: then it broke"


# Races ---------------------------------------------------------------------------------------------------------------

AT_ONCE = 20


def test_twenty_copies_at_once_are_stored_once_and_reacted_to_once(
    fresh_database: FreshDatabase, reaction: Reaction
) -> None:
    stored = fresh_database.in_parallel([lambda: deliver("e1")] * AT_ONCE)
    assert sorted(stored) == [False] * (AT_ONCE - 1) + [True]
    fresh_database.in_parallel([inbox.run_due] * 8)
    assert reaction.heard == {"e1": 1}


def test_control_without_the_unique_id_they_are_stored_twenty_times(
    fresh_database: FreshDatabase, reaction: Reaction, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Looking first and storing then is not enough: everybody looks before anybody has stored."""
    looked = threading.Barrier(AT_ONCE)

    def look_then_store() -> bool:
        with unit_of_work(reading=True) as session:
            known = session.scalar(sa.select(InboxRow.id).where(InboxRow.event_id == "e1")) is not None
        looked.wait(30)
        return not known and deliver(f"e1 {threading.get_ident()}")

    assert fresh_database.in_parallel([look_then_store] * AT_ONCE) == [True] * AT_ONCE
    assert len(fresh_database.run(rows)) == AT_ONCE


def test_control_without_the_lock_eight_runners_react_eight_times(
    fresh_database: FreshDatabase, reaction: Reaction, monkeypatch: pytest.MonkeyPatch
) -> None:
    together = threading.Barrier(8)

    def react_to_what_was_seen(row_id: int) -> None:
        with unit_of_work(reading=True) as session:
            row = session.get_one(InboxRow, row_id)
        together.wait(30)
        with unit_of_work():
            reaction(row, clock.now())

    fresh_database.run(lambda: deliver("e1"))
    monkeypatch.setattr(inbox, "_react", react_to_what_was_seen)
    fresh_database.in_parallel([inbox.run_due] * 8)
    assert reaction.heard == {"e1": 8}
