"""Deadlines: rows due at an instant, fired once, in batches; one poisoned row holds back no other."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar

import pytest
import sqlalchemy as sa

from marketplace import clock
from marketplace.database import db, unit_of_work
from marketplace.errors import ProgrammingError
from marketplace.jobs import deadlines, parked
from marketplace.jobs.alarms import Alarm, AlarmKind
from marketplace.jobs.deadlines import Deadline, DeadlineState
from tests.fresh import FreshDatabase

KIND = "test"
DAY = timedelta(days=1)


@dataclass
class Thing:
    id: int
    __tablename__: ClassVar[str] = "things"


class Sweep:
    """Counts what fired and in which batches; subjects in ``poison`` always fail, taking their batch along."""

    def __init__(self) -> None:
        self.fired: Counter[int] = Counter()
        self.batches: list[list[int]] = []
        self.moments: list[datetime] = []
        self.poison: set[int] = set()
        self._lock = threading.Lock()

    def __call__(self, subjects: Sequence[int], at: datetime) -> None:
        with self._lock:
            self.batches.append(sorted(subjects))
            if self.poison & set(subjects):
                raise ValueError("poison")
            self.fired.update(subjects)
            self.moments.append(at)


@pytest.fixture
def sweep(monkeypatch: pytest.MonkeyPatch) -> Sweep:
    made = Sweep()
    monkeypatch.setitem(deadlines._sweeps, KIND, made)
    return made


def set_all(*subjects: int, due_in: timedelta = timedelta(0)) -> None:
    with unit_of_work():
        for subject in subjects:
            deadlines.set_deadline(KIND, Thing(subject), clock.now() + due_in)


def states() -> dict[int, DeadlineState]:
    db.session.expire_all()
    rows = db.session.scalars(sa.select(Deadline).where(Deadline.kind == KIND).order_by(Deadline.id))
    return {row.subject_id: row.state for row in rows}


# Setting and taking back ---------------------------------------------------------------------------------------------


def test_a_deadline_fires_at_its_instant_and_not_a_moment_before(app, sweep: Sweep, advance) -> None:
    set_all(1, due_in=DAY)
    advance(hours=23, minutes=59, seconds=59, milliseconds=999)
    assert deadlines.sweep() == 0
    moment = advance(milliseconds=1)
    assert deadlines.sweep() == 1
    assert (sweep.fired, sweep.moments) == ({1: 1}, [moment])
    assert states() == {1: DeadlineState.FIRED}


def test_it_fires_once(app, sweep: Sweep, advance) -> None:
    set_all(1)
    assert [deadlines.sweep() for _ in range(3)] == [1, 0, 0]
    advance(days=30)
    deadlines.sweep()
    assert sweep.fired == {1: 1}


def test_setting_it_again_moves_it(app, sweep: Sweep, advance) -> None:
    set_all(1, due_in=DAY)
    set_all(1, due_in=2 * DAY)
    advance(days=1)
    assert deadlines.sweep() == 0
    advance(days=1)
    assert deadlines.sweep() == 1
    assert sweep.fired == {1: 1}


def test_it_can_be_set_anew_after_it_fired(app, sweep: Sweep) -> None:
    set_all(1)
    deadlines.sweep()
    set_all(1)
    deadlines.sweep()
    assert sweep.fired == {1: 2}


def test_one_that_is_taken_back_never_fires(app, sweep: Sweep, advance) -> None:
    set_all(1, 2, due_in=DAY)
    with unit_of_work():
        deadlines.cancel_deadlines([Thing(1)], KIND, "another kind", at=clock.now())
        assert deadlines.waiting_deadline(KIND, Thing(1)) is None
        assert deadlines.waiting_deadline(KIND, Thing(2)) is not None
    advance(days=2)
    deadlines.sweep()
    assert sweep.fired == {2: 1}
    assert states() == {1: DeadlineState.CANCELLED, 2: DeadlineState.FIRED}


def test_it_is_set_with_its_cause_or_not_at_all(app, sweep: Sweep) -> None:
    with pytest.raises(RuntimeError), unit_of_work():
        deadlines.set_deadline(KIND, Thing(1), clock.now())
        raise RuntimeError
    assert deadlines.sweep() == 0
    assert states() == {}


def test_a_deadline_nobody_answers_is_not_set(app) -> None:
    with pytest.raises(ProgrammingError, match="nobody answers"), unit_of_work():
        deadlines.set_deadline("unheard of", Thing(1), clock.now())


# Sweeping ------------------------------------------------------------------------------------------------------------


def test_what_is_due_together_is_swept_together(app, sweep: Sweep, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deadlines, "BATCH", 4)
    set_all(*range(1, 11))
    assert deadlines.sweep() == 10
    assert [len(batch) for batch in sweep.batches] == [4, 4, 2]


def test_a_sweep_may_be_asked_for_a_moment(app, sweep: Sweep) -> None:
    set_all(1, due_in=DAY)
    set_all(2, due_in=3 * DAY)
    later = clock.now() + 2 * DAY
    assert deadlines.sweep(later) == 1
    assert (sweep.fired, sweep.moments) == ({1: 1}, [later])


def test_one_poisoned_row_holds_back_no_other(app, sweep: Sweep) -> None:
    sweep.poison = {3}
    set_all(1, 2, 3, 4, 5)
    assert deadlines.sweep() == 4
    assert sweep.fired == {1: 1, 2: 1, 4: 1, 5: 1}
    assert states()[3] is DeadlineState.WAITING


def test_what_a_poisoned_batch_had_begun_is_taken_back(app, monkeypatch: pytest.MonkeyPatch) -> None:
    """The batch is undone before its rows are tried one at a time, so no row's effect comes twice."""

    def raise_alarms(subjects: Sequence[int], at: datetime) -> None:
        for subject in subjects:
            row = {"kind": AlarmKind.REVIEW_LATE, "subject_type": "things", "subject_id": subject}
            db.session.execute(sa.insert(Alarm), [{**row, "raised_at": at, "detail": {}}])
            if subject == 3:
                raise ValueError("poison")

    monkeypatch.setitem(deadlines._sweeps, KIND, raise_alarms)
    set_all(1, 2, 3, 4)
    deadlines.sweep()
    about = db.session.scalars(sa.select(Alarm.subject_id).where(Alarm.kind == AlarmKind.REVIEW_LATE)).all()
    assert sorted(about) == [1, 2, 4]


@pytest.mark.fault("W10")
def test_one_that_keeps_failing_is_parked_with_an_alarm_and_can_be_tried_again(app, sweep: Sweep) -> None:
    sweep.poison = {1}
    set_all(1, 2)
    for _ in range(deadlines.MOST_FAILURES):
        deadlines.sweep()
    assert states() == {1: DeadlineState.PARKED, 2: DeadlineState.FIRED}
    alarm = db.session.scalars(sa.select(Alarm)).one()
    assert (alarm.kind, alarm.subject_type) == (AlarmKind.JOB_PARKED, "deadlines")
    sweep.poison = set()
    assert deadlines.sweep() == 0
    with unit_of_work():
        parked.retry(alarm)
    assert deadlines.sweep() == 1
    assert sweep.fired == {1: 1, 2: 1}


# Races ---------------------------------------------------------------------------------------------------------------

SWEEPERS = 8


@pytest.mark.fault("W03")
def test_two_sweepers_at_once_fire_each_deadline_once(fresh_database: FreshDatabase, sweep: Sweep) -> None:
    fresh_database.run(lambda: set_all(*range(1, 51)))
    outcomes = fresh_database.in_parallel([deadlines.sweep] * SWEEPERS)
    assert sum(outcomes) == 50
    assert sweep.fired == dict.fromkeys(range(1, 51), 1)
    assert set(fresh_database.run(states).values()) == {DeadlineState.FIRED}


def test_control_without_the_claim_they_fire_several_times(
    fresh_database: FreshDatabase, sweep: Sweep, monkeypatch: pytest.MonkeyPatch
) -> None:
    together = threading.Barrier(SWEEPERS)

    def fire_what_was_seen(kind: str, ids: Sequence[int], as_of: datetime | None) -> int:
        with unit_of_work(reading=True) as session:
            subjects = session.scalars(sa.select(Deadline.subject_id).where(Deadline.id.in_(ids))).all()
        together.wait(30)
        with unit_of_work() as session:
            deadlines._sweeps[kind](subjects, clock.now())
            session.execute(sa.update(Deadline).values(state=DeadlineState.FIRED))
        return len(ids)

    fresh_database.run(lambda: set_all(1, 2, 3))
    monkeypatch.setattr(deadlines, "_fire", fire_what_was_seen)
    fresh_database.in_parallel([deadlines.sweep] * SWEEPERS)
    assert sweep.fired == {1: SWEEPERS, 2: SWEEPERS, 3: SWEEPERS}


def test_a_deadline_taken_back_while_the_sweeper_looks_does_not_fire(
    fresh_database: FreshDatabase, sweep: Sweep, monkeypatch: pytest.MonkeyPatch
) -> None:
    look = deadlines._due

    def look_and_be_overtaken(kind: str, as_of: datetime | None) -> list[int]:
        found = look(kind, as_of)
        with unit_of_work():
            deadlines.cancel_deadlines([Thing(1)], KIND, at=clock.now())
        return found

    fresh_database.run(lambda: set_all(1, 2))
    monkeypatch.setattr(deadlines, "_due", look_and_be_overtaken)
    fresh_database.run(deadlines.sweep)
    assert sweep.fired == {2: 1}
