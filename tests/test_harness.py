"""The harness itself: a test leaves nothing behind, a reader cannot write, a race really commits."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from marketplace import clock
from marketplace.database import db, unit_of_work
from tests.fresh import FreshDatabase


def _offsets() -> int:
    return db.session.scalar(sa.select(sa.func.count()).select_from(clock.ClockOffset)) or 0


@pytest.mark.parametrize("time", ["first", "second"])
def test_what_one_test_commits_the_next_does_not_see(app, advance, time) -> None:
    assert _offsets() == 0
    advance(days=1)
    with unit_of_work():
        assert _offsets() == 1


def test_the_database_is_the_one_named(engine, fresh_database: FreshDatabase) -> None:
    def look() -> None:
        assert db.engine.dialect.name == engine
        if engine == "sqlite":
            with db.engine.connect() as connection:
                assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
                assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1

    fresh_database.run(look)


def test_a_reading_unit_cannot_write_and_leaves_the_next_able_to(app) -> None:
    write = sa.insert(clock.ClockOffset).values(id=1, offset_us=1)
    with pytest.raises(sa.exc.DBAPIError), unit_of_work(reading=True) as session:
        session.execute(write)
    with unit_of_work() as session:
        session.execute(write)
    assert _offsets() == 1


def test_a_unit_that_fails_takes_back_its_own_work_only(app) -> None:
    with unit_of_work() as session:
        session.execute(sa.insert(clock.ClockOffset).values(id=1, offset_us=1))
    with pytest.raises(RuntimeError), unit_of_work() as session:
        session.execute(sa.insert(clock.ClockOffset).values(id=2, offset_us=1))
        raise RuntimeError
    assert _offsets() == 1


def test_time_is_set_to_the_microsecond_and_passes_when_told(app, clock_at, advance) -> None:
    moment = datetime(2026, 3, 7, 12, 0, 0, 1, tzinfo=UTC)
    assert clock_at(moment) == moment
    assert clock.now() == moment
    assert advance(days=3) == moment + timedelta(days=3)


def test_a_fresh_database_keeps_what_threads_commit_at_once(fresh_database: FreshDatabase) -> None:
    def step() -> None:
        with unit_of_work() as session:
            session.execute(sa.update(clock.ClockOffset).values(offset_us=clock.ClockOffset.offset_us + 1))

    def begin() -> None:
        with unit_of_work() as session:
            session.execute(sa.insert(clock.ClockOffset).values(id=1, offset_us=0))

    fresh_database.run(begin)
    assert fresh_database.in_parallel([step] * 8) == [None] * 8
    assert fresh_database.run(lambda: db.session.scalar(sa.select(clock.ClockOffset.offset_us))) == 8
