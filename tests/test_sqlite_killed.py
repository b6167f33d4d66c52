"""SQLite under twelve writers in two processes that are killed: nobody sees a lock, and the file stays whole."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa

from marketplace.database import unit_of_work
from marketplace.jobs.inbox import InboxRow
from tests.books import assert_books_balance
from tests.fresh import FreshDatabase
from tests.plugins.databases import Databases
from tests.processes import Process, python, until
from tests.sqlite_writer import SOURCE

WRITTEN = 60  # transactions before a kill
ROUNDS = 2


@pytest.fixture
def sqlite(databases: Databases, tmp_path: Path) -> Iterator[FreshDatabase]:
    """A file of the test's own; this is about SQLite alone."""
    copies = databases.of("sqlite")
    fresh = FreshDatabase(copies.copy(), photos=tmp_path)
    yield fresh
    fresh.close()
    copies.drop(fresh.url)


@contextmanager
def writers(url: str, folder: Path, **env: str) -> Iterator[list[Process]]:
    """Two processes of six threads, killed at the end in the middle of what they do."""
    command = python("-m", "tests.sqlite_writer", url, str(folder))
    both = [Process(f"writer{number}", command, env, folder / f"writer{number}.log") for number in range(2)]
    for process in both:
        process.begin()
    try:
        yield both
    finally:
        for process in both:
            process.kill()


def until_written(both: list[Process]) -> None:
    for process in both:
        until(lambda one=process: one.said.count("written") >= WRITTEN, f"{process.name} writes")  # type: ignore[misc]


def troubles(folder: Path) -> list[str]:
    said = [line for log in folder.glob("writer*.log") for line in log.read_text().splitlines()]
    return [line for line in said if line.startswith("trouble")]


@pytest.mark.fault("W13")
def test_twelve_writers_killed_leave_a_whole_file_and_nobody_saw_a_lock(sqlite: FreshDatabase, tmp_path: Path) -> None:
    for _ in range(ROUNDS):
        with writers(sqlite.url, tmp_path) as both:
            until_written(both)
    assert troubles(tmp_path) == []

    def judge() -> None:
        with unit_of_work() as session:
            assert session.execute(sa.text("PRAGMA integrity_check")).scalar_one() == "ok"
            assert session.execute(sa.text("PRAGMA foreign_key_check")).all() == []
            rows = session.scalars(sa.select(InboxRow).where(InboxRow.source == SOURCE).order_by(InboxRow.id)).all()
            # Each transaction saw all before it, so none was lost, and none was half written.
            assert [row.payload["seen"] for row in rows] == list(range(len(rows)))
            told = sum(log.read_text().count("written") for log in tmp_path.glob("writer*.log"))
            assert len(rows) >= told, "what was said to be written is there"

    sqlite.run(judge)
    assert_books_balance(sqlite.app)


def test_control_writers_that_do_not_wait_see_locks(sqlite: FreshDatabase, tmp_path: Path) -> None:
    with writers(sqlite.url, tmp_path, UNPROTECTED="1"):
        until(lambda: any("locked" in line for line in troubles(tmp_path)), "somebody sees a lock")
