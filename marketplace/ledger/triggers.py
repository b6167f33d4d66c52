"""The database's own refusal to rewrite history: nothing append-only is updated, deleted or replaced (fault G06)."""

from __future__ import annotations

import sqlalchemy as sa

from marketplace.database import Model
from marketplace.ledger.models import APPEND_ONLY

_FUNCTION = """
CREATE OR REPLACE FUNCTION refuse_rewriting() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME;
END $$
"""

# What each trigger watches. SQLite's INSERT OR REPLACE removes the row in its way without a DELETE, and PostgreSQL's
# TRUNCATE removes them all: each needs a watch of its own.
_POSTGRESQL = {"update": "UPDATE", "delete": "DELETE OR TRUNCATE"}
_SQLITE = {"update": "UPDATE", "delete": "DELETE", "replace": "INSERT"}


def _watches(connection: sa.Connection) -> dict[str, str]:
    return _POSTGRESQL if connection.dialect.name == "postgresql" else _SQLITE


def names(connection: sa.Connection) -> list[str]:
    """The triggers that must stand in this database, by name."""
    return [f"{table}_no_{verb}" for table in APPEND_ONLY for verb in _watches(connection)]


def create(connection: sa.Connection) -> None:
    """Create the triggers of every table that stands; run by the migrations and safe to run again."""
    standing = set(sa.inspect(connection).get_table_names())
    if connection.dialect.name == "postgresql":
        connection.execute(sa.text(_FUNCTION))
    for table in (name for name in APPEND_ONLY if name in standing):
        for verb, watched in _watches(connection).items():
            for statement in _statements(connection, table, verb, watched):
                connection.execute(sa.text(statement))


def _statements(connection: sa.Connection, table: str, verb: str, watched: str) -> list[str]:
    name = f"{table}_no_{verb}"
    if connection.dialect.name == "postgresql":
        drop, refuse = (
            f"DROP TRIGGER IF EXISTS {name} ON {table}",
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewriting()",
        )
    else:
        drop, refuse = f"DROP TRIGGER IF EXISTS {name}", f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
    when = _in_the_place_of_another(table) if verb == "replace" else ""
    return [drop, f"CREATE TRIGGER {name} BEFORE {watched} ON {table} {when} {refuse}"]


def _in_the_place_of_another(table: str) -> str:
    """The condition under which a new row of ``table`` would take the place of one that stands."""
    unique = [column.name for column in Model.metadata.tables[table].columns if column.primary_key or column.unique]
    same = " OR ".join(f"{name} = NEW.{name}" for name in unique)
    return f"WHEN EXISTS (SELECT 1 FROM {table} WHERE {same})"  # noqa: S608 - our own names


def missing(connection: sa.Connection) -> list[str]:
    """The names of triggers that should stand and do not."""
    if connection.dialect.name == "postgresql":
        query = "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled <> 'D'"
    else:
        query = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
    standing = set(connection.execute(sa.text(query)).scalars())
    return [name for name in names(connection) if name not in standing]
