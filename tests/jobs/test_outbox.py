"""The outbox: written with its cause, carried out once, looked up when unknown, parked when hopeless."""

from __future__ import annotations

import logging
import threading
from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa
from cryptography.fernet import InvalidToken

from marketplace import clock
from marketplace.database import db, unit_of_work
from marketplace.errors import ProgrammingError
from marketplace.jobs import outbox, parked, sealing
from marketplace.jobs.alarms import Alarm, AlarmKind
from marketplace.jobs.outbox import Done, Errand, NotDone, OutboxRow, OutboxState, OutcomeUnknown, Refused
from tests.fresh import FreshDatabase
from tests.jobs.outside import KIND, Outside, Subject, enqueue, pass_wall_time, rows
from tests.skew import SKEW, a_machine_whose_clock_is_off, this_machines_clock


@pytest.fixture
def outside(monkeypatch: pytest.MonkeyPatch) -> Outside:
    world = Outside()
    monkeypatch.setitem(outbox._handlers, KIND, world)
    return world


def states() -> list[OutboxState]:
    return [row.state for row in rows()]


# Writing -------------------------------------------------------------------------------------------------------------


def test_a_row_is_written_with_its_cause_or_not_at_all(app, outside: Outside) -> None:
    with pytest.raises(RuntimeError), unit_of_work():
        outbox.enqueue(KIND, key="a", subject=Subject(), request={}, at=clock.now())
        raise RuntimeError
    assert rows() == []
    enqueue("a")
    (row,) = rows()
    assert (row.state, row.attempts, row.request) == (OutboxState.PENDING, 0, {"for": "a"})
    assert (row.subject_type, row.subject_id) == ("things", 1)


def test_the_runner_is_woken_when_it_is_committed_and_not_before(app, outside: Outside, bell: threading.Event) -> None:
    with unit_of_work():
        outbox.enqueue(KIND, key="a", subject=Subject(), request={}, at=clock.now())
        assert not bell.is_set()
    assert bell.is_set()
    bell.clear()
    with pytest.raises(RuntimeError), unit_of_work():
        outbox.enqueue(KIND, key="b", subject=Subject(), request={}, at=clock.now())
        raise RuntimeError
    with unit_of_work():
        pass
    assert not bell.is_set()


def test_the_same_key_is_the_same_row(app, outside: Outside) -> None:
    enqueue("a")
    enqueue("a")
    assert len(rows()) == 1


def test_the_same_key_for_something_else_is_a_fault_of_ours(app, outside: Outside) -> None:
    enqueue("a")
    with pytest.raises(ProgrammingError, match="stands for another request"), unit_of_work():
        outbox.enqueue(KIND, key="a", subject=Subject(), request={"for": "b"}, at=clock.now())
    assert [row.request for row in rows()] == [{"for": "a"}]


def test_what_nobody_carries_out_is_not_taken_on(app) -> None:
    with pytest.raises(ProgrammingError, match="nobody carries out"), unit_of_work():
        outbox.enqueue("unheard of", key="a", subject=Subject(), request={}, at=clock.now())


def test_many_rows_are_written_at_once(app, outside: Outside) -> None:
    with unit_of_work():
        outbox.enqueue_all(KIND, [Errand(f"k{n}", Subject(n), {"n": n}) for n in range(3)], at=clock.now())
    assert [(row.key, row.subject_id, row.request) for row in rows()] == [(f"k{n}", n, {"n": n}) for n in range(3)]
    with pytest.raises(sa.exc.IntegrityError), unit_of_work():
        outbox.enqueue_all(KIND, [Errand("k1", Subject(), {})], at=clock.now())
    outbox.run_due()
    assert outside.done == {"k0": 1, "k1": 1, "k2": 1}


# Carrying out --------------------------------------------------------------------------------------------------------


def test_what_is_done_is_recorded_and_not_done_again(app, outside: Outside) -> None:
    enqueue("a", "b")
    assert outbox.run_due() == 2
    assert outbox.run_due() == 0
    assert outside.done == outside.heard == {"a": 1, "b": 1}
    assert [(row.state, row.answer) for row in rows()] == [
        (OutboxState.DONE, {"receipt": "a"}),
        (OutboxState.DONE, {"receipt": "b"}),
    ]


def test_no_transaction_is_open_during_a_call_abroad(app, outside: Outside) -> None:
    enqueue("a")
    outside.trouble, outside.after_work = OutcomeUnknown("no answer"), True
    outbox.run_due()
    outside.trouble = None
    pass_wall_time()
    outbox.run_due()
    assert outside.in_transaction == [False, False]


def test_a_refusal_is_final_and_recorded(app, outside: Outside) -> None:
    outside.refuses = True
    enqueue("a")
    outbox.run_due()
    pass_wall_time()
    outbox.run_due()
    assert (states(), outside.heard, rows()[0].trouble) == ([OutboxState.REFUSED], {"a": 1}, "no such place")


def test_what_certainly_did_not_happen_is_tried_again_with_the_same_key(app, outside: Outside) -> None:
    outside.trouble = NotDone("connection refused")
    enqueue("a")
    outbox.run_due()
    assert (states(), outside.done) == ([OutboxState.PENDING], {})
    outside.trouble = None
    assert outbox.run_due() == 0, "its pause is not over"
    pass_wall_time()
    outbox.run_due()
    assert (states(), outside.done, outside.looked_up) == ([OutboxState.DONE], {"a": 1}, {})


def test_a_lost_answer_is_looked_up_and_not_done_twice(app, outside: Outside) -> None:
    outside.trouble, outside.after_work = OutcomeUnknown("no answer"), True
    enqueue("a")
    outbox.run_due()
    assert (states(), outside.done, outside.heard) == ([OutboxState.UNKNOWN], {"a": 1}, {})
    pass_wall_time()
    outbox.run_due()
    assert (states(), outside.done, outside.looked_up, outside.heard) == (
        [OutboxState.DONE],
        {"a": 1},
        {"a": 1},
        {"a": 1},
    )


def test_an_unknown_that_never_arrived_is_done_after_the_look(app, outside: Outside) -> None:
    outside.trouble = OutcomeUnknown("no answer")
    enqueue("a")
    outbox.run_due()
    outside.trouble = None
    pass_wall_time()
    outbox.run_due()
    assert (states(), outside.done, outside.looked_up) == ([OutboxState.DONE], {"a": 1}, {"a": 1})


def test_a_fault_of_ours_counts_as_unknown_and_is_logged(
    app, outside: Outside, caplog: pytest.LogCaptureFixture
) -> None:
    outside.trouble = KeyError("oops")
    enqueue("a")
    with caplog.at_level(logging.ERROR):
        outbox.run_due()
    assert states() == [OutboxState.UNKNOWN]
    assert "KeyError" in (rows()[0].trouble or "")
    assert "outbox row failed" in caplog.messages


def test_an_answer_that_could_not_be_recorded_leaves_nothing_and_is_asked_for_again(
    app, outside: Outside, monkeypatch: pytest.MonkeyPatch
) -> None:
    enqueue("a")
    with monkeypatch.context() as broken:
        broken.setattr(outside, "record", lambda *_args, **_more: 1 / 0)
        outbox.run_due()
    (row,) = rows()
    assert (row.state, row.answer, row.done_at) == (OutboxState.UNKNOWN, None, None)
    pass_wall_time()
    outbox.run_due()
    assert (states(), outside.done, outside.looked_up, outside.heard) == (
        [OutboxState.DONE],
        {"a": 1},
        {"a": 1},
        {"a": 1},
    )


def test_a_worker_that_died_loses_its_lease_and_the_next_looks_first(app, outside: Outside) -> None:
    enqueue("a")
    claimed = outbox._claim()
    assert claimed is not None
    row_id, lease = claimed
    outside.done["a"] = 1  # it had made the call
    assert outbox.run_due() == 0, "the lease still stands"
    pass_wall_time()
    outbox.run_due()
    assert (states(), outside.done, outside.looked_up) == ([OutboxState.DONE], {"a": 1}, {"a": 1})
    outbox._carry_out(row_id, lease)  # the dead one comes back
    assert (outside.done, outside.heard) == ({"a": 1}, {"a": 1})


def test_a_kind_that_nobody_knows_any_more_does_not_stop_the_others(
    app, outside: Outside, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An older version runs beside a newer one, whose rows it cannot read."""
    enqueue("a", "b")
    with unit_of_work() as session:
        session.execute(sa.update(outbox.OutboxRow).where(outbox.OutboxRow.key == "a").values(kind="of tomorrow"))
    outbox.run_due()
    assert outside.done == {"b": 1}
    stranger = db.session.scalars(sa.select(outbox.OutboxRow).where(outbox.OutboxRow.key == "a")).one()
    assert stranger.state is OutboxState.UNKNOWN


# Giving up -----------------------------------------------------------------------------------------------------------


@pytest.mark.fault("W10")
def test_pauses_grow_then_the_row_is_parked_with_an_alarm_and_others_go_on(
    app, outside: Outside, monkeypatch: pytest.MonkeyPatch
) -> None:
    enqueue("hopeless")
    hopeless = replace(Outside(), trouble=NotDone("away"))
    pauses: list[timedelta] = []
    for attempt in range(1, len(outbox.PAUSES) + 2):
        monkeypatch.setitem(outbox._handlers, KIND, hopeless)
        before = clock.shared()
        outbox.run_due()
        (row,) = [row for row in rows() if row.key == "hopeless"]
        if row.state is OutboxState.PENDING:
            pauses.append(row.due_at - before)
        monkeypatch.setitem(outbox._handlers, KIND, outside)
        enqueue(f"other {attempt}")
        outbox.run_due()
        pass_wall_time()
    assert row.state is OutboxState.PARKED
    assert [round(pause.total_seconds()) for pause in pauses] == [round(p.total_seconds()) for p in outbox.PAUSES]
    assert sorted(pauses) == pauses
    assert sum(outside.done.values()) == len(outbox.PAUSES) + 1
    alarm = db.session.scalars(sa.select(Alarm)).one()
    assert (alarm.kind, alarm.subject_type, alarm.subject_id) == (AlarmKind.JOB_PARKED, "outbox", row.id)
    assert outbox.run_due() == 0


@pytest.mark.fault("W10")
def test_a_row_that_ends_its_process_every_time_is_parked_too_and_takes_no_other_along(app, outside: Outside) -> None:
    class Deadly(Outside):
        def perform(self, row: OutboxRow) -> Done | Refused:
            if row.key == "deadly":
                raise KeyboardInterrupt  # nothing of ours catches it, as nothing catches a kill
            return super().perform(row)

    outbox._handlers[KIND] = deadly = Deadly()
    enqueue("deadly", "other")
    ends = 0
    for _ in range(outbox.MOST_ATTEMPTS + 2):
        try:
            outbox.run_due()
        except KeyboardInterrupt:
            ends += 1
        db.session.rollback()
        if ends == 1:
            outbox.run_due()  # the process that follows
            assert deadly.done == {"other": 1}
        pass_wall_time()
    assert ends == outbox.MOST_ATTEMPTS
    assert states() == [OutboxState.PARKED, OutboxState.DONE]
    assert db.session.scalars(sa.select(Alarm.kind)).all() == [AlarmKind.JOB_PARKED]


def test_a_parked_row_gets_another_round_and_is_looked_up_first(app, outside: Outside) -> None:
    outside.trouble, outside.after_work = OutcomeUnknown("no answer"), True
    enqueue("a")
    with unit_of_work() as session:
        session.execute(sa.update(outbox.OutboxRow).values(attempts=len(outbox.PAUSES)))
    outbox.run_due()
    assert states() == [OutboxState.PARKED]
    with unit_of_work():
        parked.retry(db.session.scalars(sa.select(Alarm)).one())
    outbox.run_due()
    assert (states(), outside.done, outside.looked_up) == ([OutboxState.DONE], {"a": 1}, {"a": 1})
    with pytest.raises(parked.NotParked), unit_of_work():
        parked.retry(db.session.scalars(sa.select(Alarm)).one())


# Secrets -------------------------------------------------------------------------------------------------------------


@pytest.mark.fault("G05")
def test_a_secret_is_encrypted_in_its_row_and_erased_with_its_errand(app, outside: Outside) -> None:
    enqueue("a", secrets={"code": "7Q2M-90XK"})
    (row,) = rows()
    assert b"7Q2M" not in (row.sealed or b"")
    assert "7Q2M" not in repr(row.__dict__)
    outside.trouble = NotDone("away")
    outbox.run_due()
    outside.trouble = None
    pass_wall_time()
    outbox.run_due()
    assert outside.secrets_seen == [{"code": "7Q2M-90XK"}] * 2
    (row,) = rows()
    assert (row.sealed, row.secrets) == (None, {})
    assert "told once" not in repr(row.answer), "what the other side told is handed on, never kept"


def test_a_secret_opens_with_the_shops_own_key_alone(app, monkeypatch: pytest.MonkeyPatch) -> None:
    sealed = sealing.seal({"code": "7Q2M-90XK"})
    assert sealing.unseal(sealed) == {"code": "7Q2M-90XK"}
    assert sealing.seal({"code": "7Q2M-90XK"}) != sealed
    monkeypatch.setitem(app.config, "SECRET_KEY", "another key, of another shop, just as long")
    with pytest.raises(InvalidToken):
        sealing.unseal(sealed)


# Races ---------------------------------------------------------------------------------------------------------------

WORKERS, ERRANDS = 8, 40


def work_off() -> int:
    done = 0
    while step := outbox.run_due(limit=5):
        done += step
    return done


def test_eight_workers_carry_out_each_row_once(fresh_database: FreshDatabase, outside: Outside) -> None:
    fresh_database.run(lambda: enqueue(*(f"k{n}" for n in range(ERRANDS))))
    outcomes = fresh_database.in_parallel([work_off] * WORKERS)
    assert sum(outcomes) == ERRANDS
    assert outside.done == outside.heard == {f"k{n}": 1 for n in range(ERRANDS)}
    assert fresh_database.run(states) == [OutboxState.DONE] * ERRANDS


def test_control_without_the_claim_they_do_it_several_times(
    fresh_database: FreshDatabase, outside: Outside, monkeypatch: pytest.MonkeyPatch
) -> None:
    together = threading.Barrier(WORKERS)

    def look_without_claiming() -> tuple[int, None]:
        with unit_of_work(reading=True) as session:
            row_id = session.scalars(sa.select(outbox.OutboxRow.id)).one()
        together.wait(30)
        return row_id, None

    fresh_database.run(lambda: enqueue("a"))
    monkeypatch.setattr(outbox, "_claim", look_without_claiming)
    fresh_database.in_parallel([lambda: outbox.run_due(limit=1)] * WORKERS)
    assert outside.done == {"a": WORKERS}


def test_a_row_that_another_worker_holds_is_passed_over_not_waited_for(
    fresh_database: FreshDatabase, outside: Outside, engine: str
) -> None:
    """PostgreSQL skips what is locked; on SQLite the claim is over before another can begin."""
    fresh_database.run(lambda: enqueue("held", "free"))

    def hold_one() -> int:
        with unit_of_work() as session:
            if engine == "postgresql":
                first = sa.select(outbox.OutboxRow).where(outbox.OutboxRow.key == "held").with_for_update()
                session.scalars(first).one()
                (done,) = fresh_database.in_parallel([outbox.run_due])
                assert outside.done == {"free": 1}
                return int(done)
        return outbox.run_due(limit=1)

    assert fresh_database.run(hold_one) == 1
    fresh_database.run(work_off)
    assert outside.done == {"held": 1, "free": 1}


# Clocks that disagree ------------------------------------------------------------------------------------------------


def taken_from_another(outside: Outside) -> Counter[str]:
    """A worker has just begun an errand; what another one, whose clock runs ahead, does of it meanwhile."""
    enqueue("a")
    assert outbox._claim() is not None
    with a_machine_whose_clock_is_off(SKEW):
        outbox.run_due()
    return outside.done + outside.looked_up


@pytest.mark.fault("W08")
def test_a_worker_whose_clock_is_ahead_leaves_a_row_to_who_holds_it(
    fresh_database: FreshDatabase, outside: Outside
) -> None:
    assert fresh_database.run(lambda: taken_from_another(outside)) == {}


def test_control_a_worker_that_trusts_its_own_clock_takes_the_row_away(
    fresh_database: FreshDatabase, outside: Outside, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "database_clock", this_machines_clock)
    assert fresh_database.run(lambda: taken_from_another(outside)) == {"a": 2}


@pytest.mark.fault("W08")
def test_a_worker_whose_clock_is_behind_does_what_is_due(fresh_database: FreshDatabase, outside: Outside) -> None:
    def done() -> Counter[str]:
        enqueue("a")
        with a_machine_whose_clock_is_off(-SKEW):
            outbox.run_due()
        return outside.done

    assert fresh_database.run(done) == {"a": 1}
