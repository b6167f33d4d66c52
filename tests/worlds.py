"""Worlds that many tests begin in, made once a worker: each test takes one over and rolls back what it did.

An ordinary test runs in one transaction on an empty shop. Where the first thing it writes is a *kept* world (a piece
sold, a parcel delivered, a case decided), its transaction moves to a copy of the database in which that world stands
already, at the moment it stood. A test that has written anything, or has put anything in the place of a part of the
shop, has the world made anew, before its eyes: so nothing is ever kept that was made under other conditions.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable
from contextlib import contextmanager
from dataclasses import dataclass, field, fields, is_dataclass, replace
from datetime import datetime
from functools import wraps
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

import pytest
import sqlalchemy as sa
from flask import Flask
from flask_sqlalchemy.session import Session
from sqlalchemy import event

from marketplace import clock
from marketplace.database import UTCDateTime, db
from marketplace.listings import shelves, views
from tests import savepoints
from tests.shop import close

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.plugins.databases import Copies

P = ParamSpec("P")
T = TypeVar("T")

running_clock = clock.database_clock
OLDEST = 1_200.0  # seconds; what is open in a world ends by the machine's own clock: a payment page after 31 minutes
MOST_OPEN = 16  # connections a theatre keeps; a new one of PostgreSQL's has to learn every table anew
CHANGES_NOTHING = ("SELECT", "SAVEPOINT", "RELEASE", "ROLLBACK", "WITH", "PRAGMA")


@dataclass
class World:
    """A database at rest in which something stands: where, since which moment, and what its maker returned."""

    url: str
    moment: datetime
    returned: Any = None
    made: float = field(default_factory=time.monotonic)

    @property
    def is_old(self) -> bool:
        return time.monotonic() - self.made > OLDEST


@dataclass
class Theatre:
    """One engine's shop in one worker, and the worlds that were made for it."""

    shop: Flask
    copies: Copies
    url: str
    worlds: dict[Hashable, World] = field(default_factory=dict)
    is_untouched: bool = True  # where it is now, since it last was said to be
    _now_at: str = ""
    _open: dict[str, sa.Connection] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Let the shop's one pool lead to whichever of the databases a test is in, and savepoints cost little."""
        self._now_at = self.url
        with self.shop.app_context():
            event.listen(db.engine, "do_connect", self._lead)
            savepoints.make_cheap(db.engine)

    def _lead(self, dialect: sa.Dialect, _record: Any, arguments: list[Any], named: dict[str, Any]) -> None:
        given, more = dialect.create_connect_args(sa.make_url(self._now_at))
        arguments[: len(given)] = given
        named.update(more)

    def connect(self, url: str) -> sa.Connection:
        """The connection to one of the databases; what else connects now is led there too."""
        if url != self._now_at:
            db.engine.dispose()
            self._now_at = url
        connection = self._open.pop(url, None)
        if connection is None or connection.closed or connection.invalidated:
            connection = db.engine.connect()
            event.listen(connection, "before_cursor_execute", self._watch)
        self._open[url] = connection
        for seldom in list(self._open)[:-MOST_OPEN]:
            self.leave(seldom)
        return connection

    def leave(self, url: str) -> None:
        """Nobody is connected to the database any more: it can be copied, or dropped."""
        if connection := self._open.pop(url, None):
            connection.invalidate()
            connection.close()
        if url == self._now_at:
            db.engine.dispose()

    def close(self) -> None:
        """Let go of every database."""
        with self.shop.app_context():
            for url in list(self._open):
                self.leave(url)
        close(self.shop)

    def _watch(self, _connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        if self.is_untouched and not statement.lstrip().upper().startswith(CHANGES_NOTHING):
            self.is_untouched = False


class Stage:
    """What the running test has of a theatre: one transaction, on an empty shop or in a world, and its moment."""

    def __init__(self, theatre: Theatre, patches: pytest.MonkeyPatch) -> None:
        self._theatre, self._patches = theatre, patches
        self._own_url = ""
        self._is_as_ever = not (patches._setattr or patches._setitem)  # nobody put anything in a place before this
        patches.setattr(Session, "get_bind", lambda *_args, **_more: self.connection)
        patches.setattr(clock, "database_clock", stopped_clock)
        self._as_made = self._parts()
        self._begin(theatre.url)
        self.moment = self._time()

    # A transaction ---------------------------------------------------------------------------------------------------

    def _begin(self, url: str) -> None:
        self.connection = self._theatre.connect(url)
        self._outer = self.connection.begin()
        self._theatre.is_untouched = True
        db.session.configure(join_transaction_mode="create_savepoint")
        db.session.rollback()

    def end(self, *, keeps: bool = False) -> None:
        """Undo everything since the beginning, or keep it."""
        db.session.remove()
        if self._outer.is_active:
            (self._outer.commit if keeps else self._outer.rollback)()
        shelves.forget()
        views._waiting.clear()
        self._theatre.shop.extensions.pop("kept pages", None)

    def _time(self) -> datetime:
        moment: datetime | None = db.session.scalar(sa.select(running_clock(db.session())))
        assert moment is not None
        db.session.rollback()
        return moment

    # Worlds ----------------------------------------------------------------------------------------------------------

    def _parts(self) -> tuple[Any, ...]:
        """What a test may put something else in the place of."""
        patches = self._patches
        parts = {name: id(part) for name, part in self._theatre.shop.extensions.items() if name != "kept pages"}
        return (len(patches._setattr), len(patches._setitem), parts)

    def can_move(self) -> bool:
        """Whether nothing has happened here yet, and everything is as the shop was made."""
        return self._is_as_ever and self._theatre.is_untouched and self._parts() == self._as_made

    def enter(self, key: Hashable, make: Callable[[], T]) -> T:
        """Go into a world; whoever is the first there makes it."""
        worlds = self._theatre.worlds
        self.end()
        if key in worlds and worlds[key].is_old:
            old = worlds.pop(key).url
            self._theatre.leave(old)
            self._theatre.copies.drop(old)
        if key not in worlds:
            worlds[key] = self._made(make)
        world = worlds[key]
        if self._own_url:  # a world is made from this one: it stays as it is
            for url in (self._own_url, world.url):
                self._theatre.leave(url)
            self._theatre.copies.drop(self._own_url)
            self._own_url = self._theatre.copies.copy(world.url)
        self.moment = world.moment
        self._begin(self._own_url or world.url)
        self._theatre.is_untouched = False  # the same world a second time is another one beside it
        return _again(world.returned)

    def _made(self, make: Callable[[], Any]) -> World:
        before, self._own_url = self._own_url, self._theatre.copies.copy()
        self._begin(self._own_url)
        self.moment = self._time()
        returned = _remembered(make())
        db.session.commit()
        self.end(keeps=True)
        self._theatre.leave(self._own_url)
        world = World(self._own_url, self.moment, returned)
        self._own_url = before
        return world


@dataclass(frozen=True)
class Row:
    """A row that a maker returned, in a form that outlives its session."""

    model: type[Any]
    key: int


def _remembered(returned: Any) -> Any:
    """What a maker returned, with each row that is in it as a ``Row``."""
    return _each(returned, db.Model, lambda row: Row(type(row), row.id))


def _again(remembered: Any) -> Any:
    return _each(remembered, Row, lambda row: db.session.get_one(row.model, row.key))


def _each(thing: Any, kind: type[Any], change: Callable[[Any], Any]) -> Any:
    """A thing with every part of a kind changed, in lists, tuples, dictionaries and data classes."""
    if isinstance(thing, kind):
        return change(thing)
    if isinstance(thing, (list, tuple)):
        return type(thing)(_each(part, kind, change) for part in thing)
    if isinstance(thing, dict):
        return {name: _each(part, kind, change) for name, part in thing.items()}
    if is_dataclass(thing) and not isinstance(thing, type):
        return replace(thing, **{part.name: _each(getattr(thing, part.name), kind, change) for part in fields(thing)})
    return thing


_present: Stage | None = None


def stopped_clock(_session: object) -> sa.ColumnElement[datetime]:
    """Time stands still as it does within any one transaction; one expression for all tests, made once."""
    return sa.bindparam(None, callable_=_moment, type_=UTCDateTime())


def _moment() -> datetime:
    assert _present is not None
    return _present.moment


@contextmanager
def playing(theatre: Theatre, patches: pytest.MonkeyPatch) -> Iterator[Stage]:
    """An ordinary test's transaction on the theatre's shop; ``patches`` are undone by the caller."""
    global _present
    stage = Stage(theatre, patches)
    _present = stage
    try:
        yield stage
    finally:
        _present = None
        stage.end()


def kept(make: Callable[P, T]) -> Callable[P, T]:
    """A maker whose world is kept: the next test that begins with it, under the same arguments, finds it made."""

    @wraps(make)
    def made(*args: P.args, **named: P.kwargs) -> T:
        key = (make.__module__, make.__qualname__, args, tuple(sorted(named.items())))
        if _present is None or not _is_plain(key) or not _present.can_move():
            return make(*args, **named)
        return _present.enter(key, lambda: make(*args, **named))

    return made


def _is_plain(key: Any) -> bool:
    """Whether the arguments are values: a row of the present database means nothing in another."""
    if isinstance(key, tuple):
        return all(_is_plain(part) for part in key)
    return not isinstance(key, db.Model) and isinstance(key, Hashable)
