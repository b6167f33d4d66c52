"""The database's own refusal to rewrite history: no UPDATE, no DELETE on what is append-only (fault G06)."""

from __future__ import annotations

import sqlalchemy as sa

from marketplace.ledger.models import APPEND_ONLY

_FUNCTION = """
CREATE OR REPLACE FUNCTION refuse_rewriting() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME;
END $$
"""


def names() -> list[str]:
    """The triggers that must stand, by name."""
    return [f"{table}_no_{verb}" for table in APPEND_ONLY for verb in ("update", "delete")]


def create(connection: sa.Connection) -> None:
    """Create every trigger; run by the migrations and safe to run again."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.text(_FUNCTION))
    for table in APPEND_ONLY:
        for verb in ("update", "delete"):
            name = f"{table}_no_{verb}"
            if connection.dialect.name == "postgresql":
                connection.execute(sa.text(f"DROP TRIGGER IF EXISTS {name} ON {table}"))
                connection.execute(
                    sa.text(
                        f"CREATE TRIGGER {name} BEFORE {verb.upper()} ON {table} "
                        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewriting()"
                    )
                )
            else:
                connection.execute(
                    sa.text(
                        f"CREATE TRIGGER IF NOT EXISTS {name} BEFORE {verb.upper()} ON {table} "
                        f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
                    )
                )


def missing(connection: sa.Connection) -> list[str]:
    """The names of triggers that should stand and do not."""
    if connection.dialect.name == "postgresql":
        query = "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled <> 'D'"
    else:
        query = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
    standing = set(connection.execute(sa.text(query)).scalars())
    return [name for name in names() if name not in standing]
