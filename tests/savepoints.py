"""Cheap savepoints: where a whole test is one transaction, every unit of work of the shop is one of these."""

from __future__ import annotations

from functools import partial
from typing import Any

import sqlalchemy as sa


def make_cheap(engine: sa.Engine) -> None:
    """Say them to the driver as they are, and drop what was gone back to: an open one makes all that follows slower."""
    dialect: Any = engine.dialect
    tell = _tell_sqlite if dialect.name == "sqlite" else _tell_postgresql
    dialect.do_savepoint = partial(tell, "SAVEPOINT {0}")
    dialect.do_release_savepoint = partial(tell, "RELEASE SAVEPOINT {0}")
    dialect.do_rollback_to_savepoint = partial(tell, "ROLLBACK TO SAVEPOINT {0}; RELEASE SAVEPOINT {0}")


def _tell_sqlite(words: str, connection: sa.Connection, name: str) -> None:
    driver: Any = connection.connection.dbapi_connection
    for statement in words.format(name).split("; "):
        driver.execute(statement)


def _tell_postgresql(words: str, connection: sa.Connection, name: str) -> None:
    driver: Any = connection.connection.dbapi_connection
    driver.execute(words.format(name), prepare=False)
