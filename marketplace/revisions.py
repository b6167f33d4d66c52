"""Which revisions this code brings, and at which a database stands: files in order, named by their revisions."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import sqlalchemy as sa

from marketplace.database import db

MIGRATIONS = Path(__file__).resolve().parent.parent / "migrations"


@cache
def brought() -> tuple[str, ...]:
    """Every revision of this code, oldest first."""
    return tuple(sorted(file.name.partition("_")[0] for file in (MIGRATIONS / "versions").glob("[0-9]*.py")))


def standing() -> str:
    """The revision the database stands at; empty where it was never migrated."""
    if not sa.inspect(db.session.connection()).has_table("alembic_version"):
        return ""
    return db.session.scalar(sa.text("SELECT version_num FROM alembic_version")) or ""
