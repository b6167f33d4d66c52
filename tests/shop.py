"""Shops made for tests: the real application on a database of the tests' own."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from flask import Flask
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.util import LRUCache

from marketplace import clock, create_app, limits
from marketplace.database import db, unit_of_work
from marketplace.limits import limiter
from marketplace.migrating import upgrade
from marketplace.programme import versions
from marketplace.settings import Settings

HERE = "http://localhost"

SETTINGS = Settings(
    sandbox=True,
    secret_key="only-the-tests-are-signed-with-this-key",
    public_url=HERE,
    jobs="none",
    rate_limits=False,
)


class Compiled(BytecodeCache):
    """What this process has compiled of the templates, for every shop it makes."""

    def __init__(self) -> None:
        self._kept: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self._kept:
            bucket.bytecode_from_string(self._kept[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._kept[bucket.key] = bucket.bytecode_to_string()


COMPILED = Compiled()
STATEMENTS: LRUCache[Any, Any] = LRUCache(5_000)  # the same of SQL: some hundred statements take a second to compile


# Dialects of one kind are one key: what was compiled for one shop's engine serves the next shop's.
for kind in (SQLiteDialect_pysqlite, PGDialect_psycopg):
    kind.__eq__ = lambda one, other: type(one) is type(other)  # type: ignore[method-assign]
    kind.__hash__ = lambda one: hash(type(one))  # type: ignore[method-assign]


def make_shop(url: str, *, photos: Path, **changes: object) -> Flask:
    """The application on the database at ``url``; ``changes`` are further settings."""
    settings = replace(SETTINGS, database_url=url, photo_store_url=f"file://{photos}", **changes)  # type: ignore[arg-type]
    shop = create_app(settings)
    shop.testing = True
    shop.jinja_env.bytecode_cache = COMPILED
    with shop.app_context():
        db.engine._compiled_cache = STATEMENTS
    return shop


def build_template(url: str) -> None:
    """Migrate an empty database from the first revision to the last, and publish the programme."""
    shop = make_shop(url, photos=Path("/nonexistent"))
    with shop.app_context():
        upgrade()
        with unit_of_work():
            versions.adopt(SETTINGS.programme, at=clock.now())
    close(shop)


def close(shop: Flask) -> None:
    """Let go of every connection; the process's one limiter counts in memory again, if at all."""
    if shop.config["SETTINGS"].redis_url:
        limiter._storage_dead, limiter._storage_options = False, {}
        elsewhere = Flask(__name__)
        elsewhere.config.update(limits.configuration("", counts=False), RATELIMIT_IN_MEMORY_FALLBACK_ENABLED=False)
        limiter.init_app(elsewhere)
    with shop.app_context():
        db.session.remove()
        for engine in db.engines.values():
            engine.dispose()
