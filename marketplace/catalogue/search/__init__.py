"""Full-text search of the catalogue: one port, ``Search``, and an adapter a database engine.

    wanted = read_query("burgundy totes")
    search().styles(wanted)

What a piece is, its style says: so styles are searched, and however many listings offer them costs nothing here.
"""

from __future__ import annotations

import sqlalchemy as sa

from marketplace.catalogue.search.port import Search
from marketplace.catalogue.search.postgresql import PostgreSQLSearch
from marketplace.catalogue.search.queries import Wanted, read_query
from marketplace.catalogue.search.sqlite import SQLiteSearch

__all__ = ["Search", "Wanted", "create", "read_query", "search_in"]


def _of(connection: sa.Connection) -> type[PostgreSQLSearch | SQLiteSearch]:
    return PostgreSQLSearch if connection.dialect.name == "postgresql" else SQLiteSearch


def search_in(connection: sa.Connection) -> Search:
    """The search of the database at the other end of ``connection``."""
    return _of(connection)(connection)


def create(connection: sa.Connection) -> None:
    """Make what the search keeps for itself; run by the migration. Its names begin with ``search_``."""
    _of(connection).create(connection)
