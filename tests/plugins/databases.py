"""Every database test runs twice: as ``[sqlite]`` on a WAL file and as ``[postgresql]`` on a real server.

Each worker migrates one template database an engine, and works on copies of it: one for all ordinary tests, which roll
back, and one of its own for each test that needs real commits.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Protocol

import pytest
import sqlalchemy as sa

from tests.one_engine import ONE_ENGINE
from tests.plugins import in_memory, postgresql
from tests.shop import build_template, make_shop
from tests.worlds import Theatre

ENGINES = ("sqlite", "postgresql")
MOST_DONE_WITH = 30  # databases of PostgreSQL's that wait to be dropped, of some ten megabytes each


class Copies(Protocol):
    """One engine's databases in one worker."""

    def copy(self, of: str | None = None) -> str:
        """The address of a new, migrated, empty shop's database, or of a copy of another that nobody uses now."""
        ...

    def empty(self) -> str:
        """The address of a new database without a table."""
        ...

    def drop(self, url: str) -> None: ...


class SQLiteCopies:
    """Files in a folder of this worker's own."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._numbers = folder, count(1)
        self._template = folder / "template.db"
        build_template(self._url(self._template))

    def copy(self, of: str | None = None) -> str:
        path = self._folder / f"shop-{next(self._numbers)}.db"
        shutil.copyfile((sa.make_url(of).database or "") if of else self._template, path)
        return self._url(path)

    def empty(self) -> str:
        return self._url(self._folder / f"empty-{next(self._numbers)}.db")

    def drop(self, url: str) -> None:
        path = Path(sa.make_url(url).database or "")
        for name in (path.name, f"{path.name}-wal", f"{path.name}-shm"):
            path.with_name(name).unlink(missing_ok=True)

    @staticmethod
    def _url(path: Path) -> str:
        return f"sqlite:///{path}"


class PostgreSQLCopies:
    """Databases that carry this process's number in their names; no other is ever touched."""

    def __init__(self, server: str, worker: str) -> None:
        self._server = sa.make_url(server)
        self._prefix, self._numbers = f"reprise_test_{os.getpid()}_{worker}", count(1)
        self._mine: set[str] = set()
        self._done_with: list[str] = []
        self._template = self._create(f"{self._prefix}_template", template="template0")
        build_template(self._url(self._template))

    def copy(self, of: str | None = None) -> str:
        template = (sa.make_url(of).database or "") if of else self._template
        return self._url(self._create(f"{self._prefix}_{next(self._numbers)}", template=template))

    def empty(self) -> str:
        return self._url(self._create(f"{self._prefix}_empty_{next(self._numbers)}", template="template0"))

    def drop(self, url: str) -> None:
        """Done with it. Many are dropped together: each time, a server that waits for its disk writes all it has."""
        self._done_with.append(sa.make_url(url).database or "")
        if len(self._done_with) > MOST_DONE_WITH:
            self._drop_what_is_done_with()

    def close(self) -> None:
        self._done_with.extend(self._mine - set(self._done_with))
        self._drop_what_is_done_with()

    def _drop_what_is_done_with(self) -> None:
        for name in self._done_with:
            self._command(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
            self._mine.remove(name)
        self._done_with.clear()

    def _create(self, name: str, *, template: str) -> str:
        self._command(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        self._mine.add(name)
        return name

    def _url(self, name: str) -> str:
        """The address, with commits that do not wait for the disk: nobody restores a test."""
        named = self._server.set(database=name).update_query_dict({"options": "-csynchronous_commit=off"})
        return named.render_as_string(hide_password=False)

    def _command(self, statement: str) -> None:
        engine = sa.create_engine(self._server, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
        with engine.connect() as connection:
            connection.exec_driver_sql(statement)


@dataclass
class Databases:
    """What one worker has: copies of each engine and, once asked for, the shop that the ordinary tests share.

    The folder is in memory where there is room: SQLite has each commit reach the disk, as it must in earnest.
    """

    server: Callable[[], str]
    worker: str
    folder: Path = field(default_factory=lambda: Path(tempfile.mkdtemp(prefix="reprise-test-", dir=in_memory.folder())))
    _copies: dict[str, Copies] = field(default_factory=dict)
    _theatres: dict[str, Theatre] = field(default_factory=dict)

    def of(self, engine: str) -> Copies:
        if engine not in self._copies:
            made = SQLiteCopies(self.folder) if engine == "sqlite" else PostgreSQLCopies(self.server(), self.worker)
            self._copies[engine] = made
        return self._copies[engine]

    def theatre(self, engine: str) -> Theatre:
        """The shop that this worker's ordinary tests of ``engine`` share, and the worlds made for it."""
        if engine not in self._theatres:
            copies = self.of(engine)
            url = copies.copy()
            self._theatres[engine] = Theatre(make_shop(url, photos=self.folder / f"photos-{engine}"), copies, url)
        return self._theatres[engine]

    def close(self) -> None:
        for theatre in self._theatres.values():
            theatre.close()
        for copies in self._copies.values():
            if isinstance(copies, PostgreSQLCopies):
                copies.close()
        shutil.rmtree(self.folder, ignore_errors=True)


# The server, obtained once a run -------------------------------------------------------------------------------------

_server = pytest.StashKey[postgresql.Server]()
_missing = pytest.StashKey[str]()


def _obtain(config: pytest.Config) -> str | None:
    """The server's address, or None with the reason kept in the configuration."""
    if _server not in config.stash and _missing not in config.stash:
        try:
            config.stash[_server] = postgresql.obtain()
        except postgresql.NoPostgreSQL as why:
            config.stash[_missing] = str(why)
            if os.environ.get("REQUIRE_POSTGRESQL"):
                pytest.exit(f"PostgreSQL is required and there is none: {why}", returncode=1)
    return config.stash[_server].url if _server in config.stash else None


class ForWorkers:
    """With several workers the first process obtains the server, and hands its address to each."""

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: object) -> None:
        config: pytest.Config = node.config  # type: ignore[attr-defined]
        node.workerinput["postgresql"] = _obtain(config)  # type: ignore[attr-defined]
        node.workerinput["no_postgresql"] = config.stash.get(_missing, "")  # type: ignore[attr-defined]


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(ForWorkers())
    if not hasattr(config, "workerinput"):
        return
    if url := config.workerinput["postgresql"]:
        config.stash[_server] = postgresql.Server(url)
    else:
        config.stash[_missing] = config.workerinput["no_postgresql"]


def pytest_unconfigure(config: pytest.Config) -> None:
    if _server in config.stash:
        config.stash[_server].stop()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if _missing in config.stash:
        terminalreporter.write_sep("!", "NOT TESTED ON POSTGRESQL", red=True, bold=True)
        terminalreporter.write_line(config.stash[_missing], red=True)


# Fixtures ------------------------------------------------------------------------------------------------------------


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> str:
    """The name of the database engine this test runs on."""
    name: str = request.param
    if why := why_not(name, request.config):
        pytest.skip(why)
    return name


def why_not(engine: str, config: pytest.Config) -> str:
    """Why nothing can be tested on ``engine`` here; empty where it can."""
    if engine == "postgresql" and _obtain(config) is None:
        return f"no PostgreSQL: {config.stash[_missing]}"
    return ""


@pytest.fixture(scope="session")
def databases(request: pytest.FixtureRequest) -> Iterator[Databases]:
    def server() -> str:
        url = _obtain(request.config)
        assert url is not None
        return url

    worker = getattr(request.config, "workerinput", {}).get("workerid", "main")
    made = Databases(server, worker)
    yield made
    made.close()


# One engine only -----------------------------------------------------------------------------------------------------


def address(item: pytest.Item) -> str:
    """A test's address without its parameters."""
    return item.nodeid.partition("[")[0]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    kept, dropped = [], []
    for item in items:
        engine = getattr(item, "callspec", None) and item.callspec.params.get("engine")  # type: ignore[attr-defined]
        if engine:
            item.user_properties.append(("engine", engine))
        only = ONE_ENGINE.get(address(item))
        (dropped if engine and only and engine != only[0] else kept).append(item)
    if dropped:
        config.hook.pytest_deselected(items=dropped)
        items[:] = kept
