"""Every revision leads to the same place: all tables as the models say, all triggers standing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask

from marketplace import revisions
from marketplace.database import Model, db
from marketplace.ledger import triggers
from marketplace.migrating import upgrade
from tests.architecture.source import ROOT
from tests.plugins.databases import Copies, Databases
from tests.shop import close, make_shop

pytestmark = pytest.mark.filterwarnings("ignore:Skipped unsupported reflection of expression-based index")

SCRIPTS = ScriptDirectory(str(ROOT / "migrations"))
REVISIONS = [revision.revision for revision in reversed(list(SCRIPTS.walk_revisions()))]


@pytest.fixture
def bare_shop(engine: str, databases: Databases) -> Iterator[Flask]:
    """A shop on a database without a table."""
    copies = databases.of(engine)
    url = copies.empty()
    with _shop_on(url) as shop:
        yield shop
    copies.drop(url)


def test_there_is_one_line_of_revisions() -> None:
    assert len(SCRIPTS.get_heads()) == len(SCRIPTS.get_bases()) == 1
    assert len(REVISIONS) > 1
    assert revisions.brought() == tuple(REVISIONS)


@pytest.fixture(scope="session")
def stages() -> dict[tuple[str, str], str]:
    """The databases that stand at a revision, without a row, by engine and revision; each is made from one before."""
    return {}


@pytest.fixture
def shop_at(engine: str, revision: str, databases: Databases, stages: dict[tuple[str, str], str]) -> Iterator[Flask]:
    """A shop on a database that stands at ``revision``."""
    copies = databases.of(engine)
    url = copies.copy(_stage(copies, engine, revision, stages))
    with _shop_on(url) as shop:
        yield shop
    copies.drop(url)


def _stage(copies: Copies, engine: str, revision: str, stages: dict[tuple[str, str], str]) -> str:
    if (engine, revision) not in stages:
        earlier = [stages[engine, one] for one in REVISIONS[: REVISIONS.index(revision)] if (engine, one) in stages]
        url = copies.copy(earlier[-1]) if earlier else copies.empty()
        with _shop_on(url):
            upgrade(revision=revision)
        stages[engine, revision] = url
    return stages[engine, revision]


@contextmanager
def _shop_on(url: str) -> Iterator[Flask]:
    shop = make_shop(url, photos=Path("/nonexistent"))
    with shop.app_context():
        yield shop
    close(shop)


@pytest.mark.fault("G06")
@pytest.mark.parametrize("revision", REVISIONS)
def test_an_upgrade_from_any_revision_keeps_every_row_and_leaves_every_trigger_standing(shop_at: Flask) -> None:
    with db.engine.begin() as connection:
        before = _one_row_everywhere(connection)
    upgrade()
    with db.engine.begin() as connection:
        assert triggers.missing(connection) == []
        assert triggers.names(connection)
        assert MigrationContext.configure(connection).get_current_heads() == (REVISIONS[-1],)
        kept = {name: connection.scalar(sa.text(f'SELECT count(*) FROM "{name}"')) for name in before}
        assert kept == dict.fromkeys(before, 1)
        if connection.dialect.name == "sqlite":
            assert connection.scalar(sa.text("PRAGMA foreign_keys")) == 1


def test_the_migrated_tables_are_those_of_the_models(bare_shop: Flask) -> None:
    upgrade()
    with db.engine.connect() as connection:
        options = {"compare_type": True, "render_as_batch": True, "include_object": _is_compared}
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, Model.metadata) == []
        assert _indexes(connection) == {
            index.name for table in Model.metadata.tables.values() for index in table.indexes
        }


def _is_compared(_thing: object, name: str, kind: str, _reflected: bool, _compared: object) -> bool:
    """Alembic cannot compare indexes over expressions: they are compared by name. No model maps what search keeps."""
    return kind != "index" and not _is_of_search(name)


def _is_of_search(name: str) -> bool:
    return name.startswith("search_")


def _indexes(connection: sa.Connection) -> set[str]:
    if connection.dialect.name == "sqlite":
        query = "SELECT name FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
    else:
        query = """
            SELECT index.relname FROM pg_index JOIN pg_class index ON index.oid = indexrelid
            JOIN pg_namespace space ON space.oid = relnamespace AND space.nspname = current_schema()
            WHERE NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid AND contype IN ('p', 'u'))
        """
    return {name for name in connection.execute(sa.text(query)).scalars() if not _is_of_search(name)}


def test_upgrading_twice_changes_nothing(bare_shop: Flask) -> None:
    upgrade()
    before = set(sa.inspect(db.engine).get_table_names())
    upgrade()
    assert set(sa.inspect(db.engine).get_table_names()) == before


def _one_row_everywhere(connection: sa.Connection) -> list[str]:
    """A row in every table, each pointing at the others' first; returns the tables' names."""
    tables = sa.MetaData()
    tables.reflect(connection)
    filled = [
        table for table in tables.sorted_tables if table.name != "alembic_version" and not _is_of_search(table.name)
    ]
    for table in filled:
        connection.execute(table.insert().values({column.name: _filler(column) for column in table.columns}))
    return [table.name for table in filled]


def _filler(column: sa.Column[Any]) -> Any:
    """A value that any column of that type takes; what points at a later table, or at its own, points nowhere."""
    if column.foreign_keys and column.nullable:
        return None
    match column.type:
        case sa.Boolean():
            return False
        case sa.DateTime():
            return datetime(2026, 1, 5, 12, tzinfo=UTC)
        case sa.Date():
            return date(2026, 1, 5)
        case sa.Time():
            return time(12, 5)
        case sa.Integer() | sa.Numeric():
            return 1
        case sa.LargeBinary():
            return b"x"
        case sa.JSON():
            return {}
        case _:
            return "{}"
