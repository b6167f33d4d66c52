"""Alembic's environment: one connection, one transaction, the product's own metadata."""

from __future__ import annotations

from typing import Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from alembic.runtime.migration import MigrationContext
from flask import current_app
from sqlalchemy import Connection, text

from marketplace.database import Model, UTCDateTime, db


def _render(kind: str, item: object, context: AutogenContext) -> str | Literal[False]:
    """Write our own column type by its name."""
    if kind == "type" and isinstance(item, UTCDateTime):
        context.imports.add("from marketplace.database import UTCDateTime")
        return "UTCDateTime()"
    return False


def _is_mapped(_thing: object, name: str | None, _kind: str, _reflected: bool, _compared: object) -> bool:
    """What the search keeps for itself differs from one engine to the other, and no model maps it."""
    return not (name or "").startswith("search_")


def _let_tables_be_rebuilt(connection: Connection) -> None:
    """SQLite changes a table by building it anew: whoever points at it must look away, and be looked at afterwards."""
    if connection.dialect.name == "sqlite":
        connection.connection.dbapi_connection.execute("PRAGMA foreign_keys = OFF")  # type: ignore[union-attr]


def _nothing_points_nowhere(*, ctx: MigrationContext, **_more: object) -> None:
    """Within each revision's transaction, so that one that loses a row is undone."""
    if ctx.dialect.name == "sqlite" and ctx.connection is not None:
        lost = ctx.connection.execute(text("PRAGMA foreign_key_check")).all()
        if lost:
            raise RuntimeError(f"the migration leaves rows that point nowhere: {lost[:5]}")


def _migrate(connection: Connection) -> None:
    _let_tables_be_rebuilt(connection)
    context.configure(
        connection=connection,
        target_metadata=Model.metadata,
        render_as_batch=True,
        compare_type=True,
        render_item=_render,
        include_object=_is_mapped,
        transaction_per_migration=True,
        on_version_apply=_nothing_points_nowhere,
    )
    with context.begin_transaction():
        context.run_migrations()


with current_app.app_context(), db.engine.connect() as connection:
    _migrate(connection)
    connection.commit()
    connection.invalidate()  # the next one begins with foreign keys guarded again
