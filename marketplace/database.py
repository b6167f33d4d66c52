"""The database: one session, one transaction per unit of work, on SQLite and PostgreSQL alike.

Every HTTP request is one unit of work. GET and HEAD read only; everything else writes. On SQLite a writer takes the
write lock when it begins (``BEGIN IMMEDIATE``), so that two writers queue instead of failing half-way; a reader never
waits. Nothing but this module commits.
"""

from __future__ import annotations

import enum
import math
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import flask
import msgspec
import psycopg
import sqlalchemy as sa
from flask_sqlalchemy import SQLAlchemy
from psycopg.pq import TransactionStatus
from sqlalchemy import event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import DeclarativeBase, Session, SessionTransaction, registry

from marketplace.turns import Turns

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

LONGEST_WAIT = 30.0  # seconds until a writer goes ahead out of turn

_reading: ContextVar[bool | None] = ContextVar("reading", default=None)


class UTCDateTime(sa.TypeDecorator[datetime]):
    """An aware moment in UTC; naive values are refused on the way in."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment needs a time zone")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


JSONDocument = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


class Base(DeclarativeBase):
    registry = registry(
        metadata=sa.MetaData(naming_convention=NAMING),
        type_annotation_map={datetime: UTCDateTime(), dict[str, Any]: JSONDocument, list[Any]: JSONDocument},
    )


def dump_json(value: object) -> str:
    return msgspec.json.encode(value).decode()


db = SQLAlchemy(
    model_class=Base,
    engine_options={"json_serializer": dump_json, "json_deserializer": msgspec.json.decode},
    session_options={"autoflush": True, "expire_on_commit": False},
)

if TYPE_CHECKING:
    Model = Base
else:
    Model = db.Model


def enum_column(members: type[enum.StrEnum]) -> sa.Enum:
    """A column type that stores the values of a string enum as plain text with a CHECK on its members."""
    return sa.Enum(
        members,
        native_enum=False,
        create_constraint=False,
        length=40,
        values_callable=lambda cls: [member.value for member in cls],
        validate_strings=True,
    )


def public_id(prefix: str, length: int = 8) -> str:
    """A number people see: a letter and ``length`` random Crockford base32 figures (40 bits at 8)."""
    return prefix + "".join(secrets.choice(CROCKFORD) for _ in range(length))


def insert_new(model: type[Base]) -> Any:
    """An INSERT that leaves a row standing where a unique key has it already (``ON CONFLICT DO NOTHING``)."""
    insert = sqlite.insert if db.session.get_bind().dialect.name == "sqlite" else postgresql.insert
    return insert(model).on_conflict_do_nothing()


# What a server says when it cannot serve anyone: it is not reached, shuts down, starts up, or has no room left.
_AWAY_CODES = ("08", "57P", "53")
_AWAY_FILES = ("SQLITE_CANTOPEN", "SQLITE_FULL", "SQLITE_IOERR", "SQLITE_READONLY_DBMOVED")


def is_away(trouble: DBAPIError) -> bool:
    """Whether the database could not serve anybody, whatever was asked; a fault of our own is none of these."""
    if trouble.connection_invalidated:
        return True
    if isinstance(trouble.orig, psycopg.OperationalError):
        return trouble.orig.sqlstate is None or trouble.orig.sqlstate.startswith(_AWAY_CODES)
    return getattr(trouble.orig, "sqlite_errorname", "").startswith(_AWAY_FILES)


def is_reading() -> bool:
    """Whether the present unit of work only reads: said by ``unit_of_work``, else by the request's method."""
    said = _reading.get()
    if said is not None:
        return said
    return flask.has_request_context() and flask.request.method in {"GET", "HEAD", "OPTIONS"}


@contextmanager
def unit_of_work(*, reading: bool = False) -> Iterator[Session]:
    """One transaction: commits when the block ends, rolls back when it raises.

    For commands, jobs and tests; requests are wrapped by the application itself.
    """
    db.session.commit()  # Whatever a test or a shell left open is finished first; jobs and commands start clean.
    db.session.expire_all()
    token = _reading.set(reading)
    try:
        yield db.session()
        end = db.session.rollback if reading else db.session.commit
        end()
    except BaseException:
        db.session.rollback()
        raise
    finally:
        _reading.reset(token)


@contextmanager
def committed() -> Iterator[sa.Connection]:
    """A connection for reading what is committed: the session's own where it only reads, else one apart from it."""
    bind = db.session.get_bind()
    if is_reading() or isinstance(bind, sa.Connection):
        yield db.session.connection()
        return
    token = _reading.set(True)
    try:
        with bind.connect() as connection:
            yield connection
    finally:
        _reading.reset(token)


def finish() -> None:
    """Commit now, before a call abroad or slow work; what follows is a transaction of its own."""
    db.session.commit()


def abandon() -> None:
    """Roll back now and let go of every lock; what follows is a transaction of its own."""
    db.session.rollback()


def queue_behind(key: str) -> None:
    """Let one unit of work at a time go past here with ``key``; the others wait until it has ended.

    For what no row stands for yet that could be locked. SQLite's writers wait for each other anyway.
    """
    if db.session.get_bind().dialect.name == "postgresql":
        db.session.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtext(key))))


def plan_afresh() -> None:
    """Have each statement of this unit of work planned for the tables as they are by now, because it makes them grow.

    PostgreSQL keeps the plan of a statement it has seen often: one made for an empty table reads a full one whole.
    """
    if db.session.get_bind().dialect.name == "postgresql":
        db.session.execute(sa.text("SET LOCAL plan_cache_mode TO force_custom_plan"))


IDLE = 1.0  # seconds: a connection that rested longer may have died, and is asked before it is used


def _ask_the_rested(engine: sa.Engine) -> None:
    """A connection in constant use is not asked first whether it lives: that is a question a request."""

    @event.listens_for(engine, "checkin")
    def _checkin(_connection: object, record: Any) -> None:
        record.info["rests_since"] = time.monotonic()

    @event.listens_for(engine, "checkout")
    def _checkout(connection: Any, record: Any, _proxy: object) -> None:
        if time.monotonic() - record.info.get("rests_since", math.inf) > IDLE:
            try:
                engine.dialect.do_ping(connection)
            except psycopg.Error as gone:
                raise sa.exc.InvalidatePoolError from gone


def listen_to_engine(engine: sa.Engine) -> None:
    """Give a new engine the product's transaction habits; called once for each engine at start."""
    if engine.dialect.name != "sqlite":
        _ask_the_rested(engine)
        return
    # SQLite's own waiting is no queue: with a dozen writers one of them may try in vain until it gives up (fault W13).
    turns = Turns()

    @event.listens_for(engine, "connect")
    def _connect(connection: Any, _record: object) -> None:
        connection.isolation_level = None
        for pragma in ("journal_mode=WAL", "foreign_keys=ON", "busy_timeout=15000", "synchronous=FULL"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: sa.Connection) -> None:
        if is_reading():
            connection.exec_driver_sql("BEGIN DEFERRED")
        else:
            connection.info["has_turn"] = turns.enter(LONGEST_WAIT)
            # The connection may have served a reader last: the write lock is refused to a connection that only reads.
            try:
                _query_only(connection, False)
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            except sa.exc.DBAPIError:
                _leave(connection.info)
                raise

    @event.listens_for(engine, "commit")
    @event.listens_for(engine, "rollback")
    def _end(connection: sa.Connection) -> None:
        _leave(connection.info)

    @event.listens_for(engine, "checkin")
    def _checkin(_connection: object, record: Any) -> None:
        _leave(record.info)  # a connection that was lost ends without a word

    def _leave(info: dict[Any, Any]) -> None:
        if info.pop("has_turn", False):
            turns.leave()


def _read_only(_session: Session, transaction: SessionTransaction, connection: sa.Connection) -> None:
    """Hold a reading request to its word: the database itself refuses a write from it."""
    if transaction.parent is not None:
        return
    if connection.dialect.name == "sqlite":
        _query_only(connection, is_reading())
    else:
        _begin_read_only(connection.connection.dbapi_connection, connection)


def _query_only(connection: sa.Connection, reading: bool) -> None:
    if connection.info.get("query_only") is not reading:  # the switch stays as it was thrown
        connection.exec_driver_sql(f"PRAGMA query_only={'ON' if reading else 'OFF'}")
        connection.info["query_only"] = reading


def _begin_read_only(driver: Any, connection: sa.Connection) -> None:
    """PostgreSQL: a transaction yet to begin begins as what it is, without a statement of its own for that."""
    if driver.info.transaction_status == TransactionStatus.IDLE:
        driver.read_only = is_reading()
    elif is_reading():
        connection.exec_driver_sql("SET TRANSACTION READ ONLY")


event.listen(Session, "after_begin", _read_only)


def on_commit(action: Callable[[], None]) -> None:
    """Run ``action`` once the present transaction has committed; a rollback forgets it."""
    db.session().info.setdefault("on_commit", {})[action] = True


@event.listens_for(Session, "after_commit")
def _after_commit(session: Session) -> None:
    for action in session.info.pop("on_commit", {}):
        action()


@event.listens_for(Session, "after_soft_rollback")
def _after_rollback(session: Session, previous: SessionTransaction) -> None:
    if previous.parent is None:
        session.info.pop("on_commit", None)
