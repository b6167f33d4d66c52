"""The shelf of this process, and how it keeps up with what every process commits.

    with open_shelf() as shelf: ...

Built when it is first asked for; from then on each asker brings it up to date by the listings that changed since
(``changes``), one short statement. Only what is committed counts: a unit of work that writes does not see its own.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Any
from weakref import WeakKeyDictionary

import sqlalchemy as sa
from babel.numbers import get_currency_precision
from pyroaring import BitMap

from marketplace.database import committed, db
from marketplace.listings import changes
from marketplace.listings.criteria import bands_between
from marketplace.listings.models import Item, Listing
from marketplace.listings.shelf import BEGINNING, TOLD, Pricing, Shelf, Stocked
from marketplace.listings.states import ListingState
from marketplace.people.models import Person
from marketplace.programme import versions

BATCH = 200_000  # ids looked at at a time while a shelf is built

_COLUMNS = (
    Listing.id,
    sa.and_(Listing.state == ListingState.LIVE, Person.suspended_at.is_(None)),
    Item.style_id,
    Listing.title,
    Listing.category,
    Listing.colour,
    Listing.material,
    Listing.hardware,
    Listing.size,
    Listing.grade,
    Listing.price_minor,
    Listing.original_price_minor,
    Listing.live_at,
    Listing.saves,
    Listing.changed_in,
)


@dataclass
class _Kept:
    """One database's shelf: from which change to read on, and what was read of that one already."""

    shelf: Shelf | None = None
    number: int = 0
    generation: int = 0
    seen: set[Stocked] = field(default_factory=set)
    lock: threading.RLock = field(default_factory=threading.RLock)


_generations = count(1)
_kept: WeakKeyDictionary[sa.Engine, _Kept] = WeakKeyDictionary()


def _mine() -> _Kept:
    return _kept.setdefault(db.engine, _Kept())


@contextmanager
def open_shelf() -> Iterator[Shelf]:
    """The shelf as it is now; while it is open no other thread changes it."""
    pricing, kept = _pricing(), _mine()
    with committed() as connection, kept.lock:
        yield _up_to_date(kept, pricing, connection)


def generation() -> int:
    """A number that is another one whenever the shelf of this process is."""
    with open_shelf():
        return _mine().generation


def forget() -> None:
    """Have every shelf built anew: for tests, which take back what was committed."""
    _kept.clear()


def _pricing() -> Pricing:
    policy = versions.current().policy
    unit = 10 ** get_currency_precision(policy.market.currency)
    return Pricing(policy.shipping.amount_minor, unit, bands_between(policy.price.filter_steps))


def _up_to_date(kept: _Kept, pricing: Pricing, connection: sa.Connection) -> Shelf:
    if kept.shelf is None or kept.shelf.pricing != pricing:
        kept.number, _changed = changes.since(connection, changes.NEVER)
        kept.shelf = _built(pricing, connection)
        kept.seen = set(map(Stocked._make, changes.since(connection, kept.number, *_COLUMNS)[1]))
        kept.shelf.change(list(kept.seen))  # what changed while it was built
        kept.generation = next(_generations)
        return kept.shelf
    number, rows = changes.since(connection, kept.number, *_COLUMNS)
    changed = set(map(Stocked._make, rows))
    if unknown := changed - kept.seen:
        kept.shelf.change(list(unknown))
        kept.generation = next(_generations)
    kept.number, kept.seen = max(number, kept.number), changed
    return kept.shelf


# Built from nothing --------------------------------------------------------------------------------------------------


def _built(pricing: Pricing, connection: sa.Connection) -> Shelf:
    """Read with one row a kind, a price, a count, each with the ids that have it: the database groups them.

    Not everything is read at one moment; what changes meanwhile is taken in anew by whoever asked for this.
    """
    shelf = Shelf(pricing)
    lowest, highest = sa.func.coalesce(sa.func.min(Listing.id), 0), sa.func.coalesce(sa.func.max(Listing.id), 0)
    first, last = connection.execute(sa.select(lowest, highest)).one()
    ids, moments = _together(connection, Listing.id), _together(connection, _seconds(connection))
    kind = (Item.style_id, *(getattr(Listing, name) for name in TOLD.values()))
    prices = (Listing.price_minor, Listing.original_price_minor)
    for begin in range(first, last + 1, BATCH):
        some = _for_sale().where(Listing.id >= begin, Listing.id < begin + BATCH)
        of_style = some.join(Item, Item.id == Listing.item_id)
        for *said, having in connection.execute(of_style.add_columns(*kind, ids).group_by(*kind)):
            shelf.note_kind(said, BitMap(_read(having)))
        for price_minor, original_minor, having in connection.execute(some.add_columns(*prices, ids).group_by(*prices)):
            shelf.note_prices(price_minor, original_minor, BitMap(_read(having)))
        for saves, having in connection.execute(some.add_columns(Listing.saves, ids).group_by(Listing.saves)):
            shelf.note_saves(saves, BitMap(_read(having)))
        for having, told in connection.execute(some.add_columns(ids, moments)):
            shelf.note_moments(_read(having), _read(told))
    return shelf


def _for_sale() -> sa.Select[Any]:
    suspended = sa.select(Person.id).where(Person.suspended_at.is_not(None))
    may_sell = sa.or_(Listing.seller_id.is_(None), Listing.seller_id.not_in(suspended))
    return sa.select().select_from(Listing).where(Listing.state == ListingState.LIVE, may_sell)


def _together(connection: sa.Connection, values: Any) -> Any:
    """All these values of a group as one: a list on PostgreSQL, a text that says one on SQLite."""
    is_sqlite = connection.dialect.name == "sqlite"
    return sa.func.json_group_array(values, type_=sa.Text) if is_sqlite else sa.func.array_agg(values)


def _read(together: str | list[int] | None) -> list[int]:
    return json.loads(together) if isinstance(together, str) else together or []


def _seconds(connection: sa.Connection) -> Any:
    """When a listing went live, in the seconds that the shelf orders by."""
    since = int(BEGINNING.timestamp())
    if connection.dialect.name == "sqlite":
        moment = sa.cast(sa.func.strftime("%s", Listing.live_at), sa.Integer) - since
    else:
        moment = sa.cast(sa.func.floor(sa.extract("epoch", Listing.live_at)), sa.BigInteger) - since
    return sa.case((moment > 0, moment), else_=0)
