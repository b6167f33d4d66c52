"""A PostgreSQL database of the benchmark's own, dropped when it ends.

On the server that ``TEST_DATABASE_URL`` names, else on one started for the occasion in a temporary folder, which waits
for the disk at every commit as a shop's would.
"""

from __future__ import annotations

import ctypes
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path

import sqlalchemy as sa

from tests.plugins import postgresql

DURABLE = "-c listen_addresses=''"

_LIBC = ctypes.CDLL(None)
_numbers = count(1)


class Databases:
    """Makes databases on one server; ``close`` drops them all."""

    def __init__(self) -> None:
        self._server = postgresql.obtain(DURABLE)
        self._made: list[str] = []

    def empty(self) -> str:
        """The address of a new database."""
        return self._create("template0")

    def copy(self, url: str) -> str:
        """The address of a copy; nobody may be connected to the original."""
        return self._create(sa.make_url(url).database or "")

    def _create(self, template: str) -> str:
        name = f"reprise_bench_{os.getpid()}_{next(_numbers)}"
        self._command(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        self._made.append(name)
        return sa.make_url(self._server.url).set(database=name).render_as_string(hide_password=False)

    def _command(self, statement: str) -> None:
        engine = sa.create_engine(self._server.url, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
        with engine.connect() as connection:
            connection.exec_driver_sql(statement)

    def version(self) -> str:
        engine = sa.create_engine(self._server.url, poolclass=sa.NullPool)
        with engine.connect() as connection:
            return str(connection.exec_driver_sql("SHOW server_version").scalar_one())

    def close(self) -> None:
        for name in self._made:
            self._command(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        self._server.stop()


@contextmanager
def databases() -> Iterator[Databases]:
    """Raises ``postgresql.NoPostgreSQL`` where no server can be had."""
    made = Databases()
    try:
        yield made
    finally:
        made.close()


def cpu_seconds(url: str) -> float | None:
    """What the backends of this database have used so far; None where they run out of our sight."""
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.connect() as connection:
        query = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        pids = [int(pid) for pid in connection.exec_driver_sql(query).scalars()]
    seconds = 0.0
    for pid in pids:
        with suppress(FileNotFoundError, ProcessLookupError):
            if not (Path("/proc") / str(pid) / "comm").read_text().startswith("postgres"):
                return None  # another machine's numbers, or another container's
            seconds += process_cpu_seconds(pid)
            continue
        return None
    return seconds


def process_cpu_seconds(pid: int) -> float:
    """User and system time of one process, to the nanosecond: ``/proc`` counts in ticks, and few requests take none.

    Raises ``ProcessLookupError`` where the process has ended.
    """
    clock = ctypes.c_int()
    if error := _LIBC.clock_getcpuclockid(pid, ctypes.byref(clock)):  # POSIX: it answers with the error's number
        raise ProcessLookupError(error, os.strerror(error))
    try:
        return time.clock_gettime(clock.value)
    except OSError as ended:
        raise ProcessLookupError(*ended.args) from ended
