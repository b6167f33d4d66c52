"""The shelf of this process, and how it keeps up with what every process commits.

    with open_shelf() as shelf: ...

Built when it is first asked for; from then on each asker brings it up to date by the listings that changed since
(``changes``), one short statement. Only what is committed counts: a unit of work that writes does not see its own.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from weakref import WeakKeyDictionary

import sqlalchemy as sa
from babel.numbers import get_currency_precision

from marketplace.database import committed, db
from marketplace.listings import changes
from marketplace.listings.models import Item, Listing
from marketplace.listings.shelf import Pricing, Shelf, Stocked
from marketplace.listings.states import ListingState
from marketplace.people.models import Person
from marketplace.programme import versions

BATCH = 20_000  # rows read at a time while a shelf is built

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
    return Pricing(policy.shipping.amount_minor, 10 ** get_currency_precision(policy.market.currency))


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


def _built(pricing: Pricing, connection: sa.Connection) -> Shelf:
    shelf = Shelf(pricing)
    query = (
        sa.select(*_COLUMNS)
        .join(Item, Item.id == Listing.item_id)
        .outerjoin(Person, Person.id == Listing.seller_id)
        .where(Listing.state == ListingState.LIVE, Person.suspended_at.is_(None))
        .execution_options(yield_per=BATCH)
    )
    for rows in connection.execute(query).partitions():
        shelf.add(rows)
    return shelf
