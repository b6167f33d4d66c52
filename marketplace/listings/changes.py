"""The number of each listing's last change, kept by the database itself, and what has changed since a number.

Whoever keeps listings in memory asks ``since`` and learns of every change that was committed, by whichever process, in
whichever way. On SQLite the numbers count writers. On PostgreSQL a number is that of the transaction, because numbers
that are counted there become visible out of their order: a reader asks again from the oldest writer still at work.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import sqlalchemy as sa

from marketplace.listings.models import Item, Listing
from marketplace.people.models import Person

NEVER = 2**62  # no change has this number

# What a list of pieces shows or sorts by. The number itself is not among it, so that setting it is no change.
_WATCHED = (
    "state",
    "seller_id",
    "title",
    "category",
    "colour",
    "material",
    "hardware",
    "size",
    "grade",
    "price_minor",
    "original_price_minor",
    "live_at",
    "saves",
)

# A suspended seller's listings leave the shop, and a new library picture stands on each card of its style.
_SQLITE = (
    """
    CREATE TRIGGER listings_new_change AFTER INSERT ON listings BEGIN
        UPDATE listings SET changed_in = (SELECT max(changed_in) + 1 FROM listings) WHERE id = NEW.id;
    END
    """,
    """
    CREATE TRIGGER listings_change AFTER UPDATE OF <watched> ON listings BEGIN
        UPDATE listings SET changed_in = (SELECT max(changed_in) + 1 FROM listings) WHERE id = NEW.id;
    END
    """,
    """
    CREATE TRIGGER people_change AFTER UPDATE OF suspended_at ON people
    WHEN (OLD.suspended_at IS NOT NEW.suspended_at) BEGIN
        UPDATE listings SET changed_in = (SELECT max(changed_in) + 1 FROM listings) WHERE seller_id = NEW.id;
    END
    """,
    """
    CREATE TRIGGER style_pictures_change AFTER INSERT ON style_pictures BEGIN
        UPDATE listings SET changed_in = (SELECT max(changed_in) + 1 FROM listings)
        WHERE item_id IN (SELECT id FROM items WHERE style_id = NEW.style_id);
    END
    """,
)

_POSTGRESQL = (
    """
    CREATE OR REPLACE FUNCTION number_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        NEW.changed_in := pg_current_xact_id()::text::bigint;
        RETURN NEW;
    END $$
    """,
    """
    CREATE OR REPLACE FUNCTION number_seller_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        UPDATE listings SET state = state WHERE seller_id = NEW.id;
        RETURN NULL;
    END $$
    """,
    """
    CREATE OR REPLACE FUNCTION number_picture_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        UPDATE listings SET state = state WHERE item_id IN (SELECT id FROM items WHERE style_id = NEW.style_id);
        RETURN NULL;
    END $$
    """,
    """
    CREATE TRIGGER listings_change BEFORE INSERT OR UPDATE OF <watched> ON listings
    FOR EACH ROW EXECUTE FUNCTION number_change()
    """,
    """
    CREATE TRIGGER people_change AFTER UPDATE OF suspended_at ON people
    FOR EACH ROW WHEN (OLD.suspended_at IS DISTINCT FROM NEW.suspended_at) EXECUTE FUNCTION number_seller_change()
    """,
    """
    CREATE TRIGGER style_pictures_change AFTER INSERT ON style_pictures
    FOR EACH ROW EXECUTE FUNCTION number_picture_change()
    """,
)


def create(connection: sa.Connection) -> None:
    """Have the database number changes; run by the migration."""
    for statement in _POSTGRESQL if connection.dialect.name == "postgresql" else _SQLITE:
        connection.execute(sa.text(statement.replace("<watched>", ", ".join(_WATCHED))))


def since(connection: sa.Connection, number: int, *columns: Any) -> tuple[int, list[Any]]:
    """From which number to ask next, and a row of ``columns`` for each listing changed in ``number`` or later.

    What was read last may come again. ``columns`` begin with the listing's id, and may be of its item and its seller.
    """
    statement = _statement(connection.dialect.name == "postgresql", columns)
    rows = connection.execute(statement, {"number": number}).all()
    return int(rows[0][0]), [row[1:] for row in rows if len(row) > 1 and row[1] is not None]


@lru_cache  # asked by every page, so it is put together once
def _statement(is_postgresql: bool, columns: tuple[Any, ...]) -> sa.Select[Any]:
    upto, changed = _bounds(sa.bindparam("number", type_=sa.BigInteger), is_postgresql=is_postgresql)
    now = sa.select(upto.label("upto")).subquery("now")
    told = (
        now.outerjoin(Listing, changed)
        .outerjoin(Item, Item.id == Listing.item_id)
        .outerjoin(Person, Person.id == Listing.seller_id)
    )
    return sa.select(now.c.upto, *columns).select_from(told)


def _bounds(
    number: sa.ColumnElement[int], *, is_postgresql: bool
) -> tuple[sa.ColumnElement[Any], sa.ColumnElement[bool]]:
    """The number to go on from, and the condition of being changed since ``number``."""
    if is_postgresql:
        snapshot = sa.func.pg_current_snapshot()
        # A dump that was restored elsewhere brings numbers of transactions that are yet to come here.
        own = sa.func.coalesce(_as_number(sa.func.pg_current_xact_id_if_assigned()), 0)
        begun = sa.func.greatest(_as_number(sa.func.pg_snapshot_xmax(snapshot)), own + 1)
        is_known = sa.and_(Listing.changed_in >= number, Listing.changed_in < begun)
        return _as_number(sa.func.pg_snapshot_xmin(snapshot)), is_known
    latest = sa.select(sa.func.coalesce(sa.func.max(Listing.changed_in), 0)).scalar_subquery()
    return latest, Listing.changed_in >= number


def _as_number(transaction: sa.ColumnElement[Any]) -> sa.ColumnElement[int]:
    return sa.cast(sa.cast(transaction, sa.Text), sa.BigInteger)
