"""Alembic's environment: one connection, one transaction, the product's own metadata."""

from __future__ import annotations

from typing import Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from flask import current_app
from sqlalchemy import Connection

from marketplace.database import Model, UTCDateTime, db


def _render(kind: str, item: object, context: AutogenContext) -> str | Literal[False]:
    """Write our own column type by its name."""
    if kind == "type" and isinstance(item, UTCDateTime):
        context.imports.add("from marketplace.database import UTCDateTime")
        return "UTCDateTime()"
    return False


def _migrate(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=Model.metadata,
        render_as_batch=True,
        compare_type=True,
        render_item=_render,
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()


with current_app.app_context(), db.engine.connect() as connection:
    _migrate(connection)
    connection.commit()
