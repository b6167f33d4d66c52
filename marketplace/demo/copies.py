"""Very many live listings: copies made by the database itself, one statement for all rows of a table and batch."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import reduce
from typing import Any

import sqlalchemy as sa

from marketplace.database import CROCKFORD, UTCDateTime, db
from marketplace.listings.models import Item, Listing, ListingPhoto
from marketplace.listings.states import ListingState

BATCH = 50_000
CHEAPEST = 2000  # minor units

_L: Any = Listing.__table__
_I: Any = Item.__table__
_P: Any = ListingPhoto.__table__


def copy_listings(of: Sequence[int], sellers: Sequence[int], size: int, newest: datetime, apart: timedelta) -> None:
    """Add ``size`` live listings: copies of those in turn, of these sellers in turn, each ``apart`` older."""
    numbers = _numbers(size)
    original = _in_turn(of, numbers.c.n, "original")
    seller = _in_turn(sellers, numbers.c.n, "seller")
    base = db.session.scalar(sa.select(sa.func.coalesce(sa.func.max(_I.c.id), 0))) or 0
    made = sa.select((numbers.c.n + base + 1).label("item_id"), numbers.c.n, original, seller).cte("made")
    _insert(_I, ["id", "style_id", "owner_id", "unit"], _items(made))
    columns = [column for column in _L.columns if column.name not in ("id", "changed_in")]
    _insert(_L, [column.name for column in columns], _listings(made, columns, newest, apart))
    copied = [column for column in _P.columns if column.name not in ("id", "listing_id")]
    _insert(_P, ["listing_id", *(column.name for column in copied)], _photos(made, copied))
    _go_on_counting()


def _insert(table: Any, names: list[str], rows: sa.Select[Any]) -> None:
    db.session.execute(sa.insert(table).from_select(names, rows, include_defaults=False))


def _numbers(size: int) -> Any:
    """A row ``n`` for each number from 0."""
    numbers = sa.select(sa.literal(0).label("n")).cte("numbers", recursive=True)
    return numbers.union_all(sa.select(numbers.c.n + 1).where(numbers.c.n < size - 1))


def _in_turn(ids: Sequence[int], n: Any, name: str) -> Any:
    """The id whose turn it is."""
    return sa.case(dict(enumerate(ids)), value=n % len(ids)).label(name)


def _items(made: Any) -> sa.Select[Any]:
    like = _I.alias("like")
    return (
        sa.select(made.c.item_id, like.c.style_id, made.c.seller, sa.literal(1))
        .join(_L, _L.c.id == made.c.original)
        .join(like, like.c.id == _L.c.item_id)
    )


def _listings(made: Any, columns: Sequence[Any], newest: datetime, apart: timedelta) -> sa.Select[Any]:
    price = _L.c.price_minor + 500 * (made.c.n % 41 - 20)
    own = {
        "number": sa.literal("L") + _crockford(made.c.item_id),
        "item_id": made.c.item_id,
        "seller_id": made.c.seller,
        "state": sa.literal(ListingState.LIVE, _L.c.state.type),
        "live_at": _earlier(newest, made.c.n, apart),
        "sold_at": sa.null(),
        "price_minor": sa.case((price > CHEAPEST, price), else_=CHEAPEST),
        "saves": made.c.n * 7919 % 40,
    }
    told = [own.get(column.name, _L.c[column.name]) for column in columns]
    return sa.select(*told).select_from(made.join(_L, _L.c.id == made.c.original))


def _photos(made: Any, columns: Sequence[Any]) -> sa.Select[Any]:
    new = _L.alias("new")
    joined = made.join(new, new.c.item_id == made.c.item_id).join(_P, _P.c.listing_id == made.c.original)
    return sa.select(new.c.id, *columns).select_from(joined)


def _crockford(number: Any) -> Any:
    """Eight figures that people see, counted instead of drawn: a hundred thousand drawn ones might meet."""
    figures = [sa.func.substr(CROCKFORD, _figure(number, 32**place), 1) for place in range(8)]
    return reduce(sa.ColumnElement.concat, reversed(figures))


def _figure(number: Any, worth: int) -> Any:
    """The place in the alphabet, from 1, of the figure of ``number`` that is worth so much."""
    return sa.cast(sa.cast(number, sa.BigInteger) // sa.cast(sa.literal(worth), sa.BigInteger) % 32 + 1, sa.Integer)


def _earlier(newest: datetime, n: Any, apart: timedelta) -> Any:
    if _is_postgresql():
        return sa.literal(newest, UTCDateTime()) - n * sa.literal(apart, sa.Interval())
    seconds = sa.cast(n * int(apart.total_seconds()), sa.Text)
    plain = newest.strftime("%Y-%m-%d %H:%M:%S")
    return sa.func.strftime("%Y-%m-%d %H:%M:%S.000000", plain, "-" + seconds + " seconds")


def _go_on_counting() -> None:
    """Have the next item counted from the highest."""
    if _is_postgresql():
        db.session.execute(sa.text("SELECT setval(pg_get_serial_sequence('items', 'id'), max(id)) FROM items"))


def _is_postgresql() -> bool:
    return db.session.get_bind().dialect.name == "postgresql"
