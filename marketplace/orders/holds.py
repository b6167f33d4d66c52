"""Holds: the claim of one checkout on its pieces. All of them, or none and the page says which is gone.

A sale on an outside marketplace claims its one piece by the same rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, cast

import sqlalchemy as sa
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.dialects import postgresql, sqlite

from marketplace import events
from marketplace.database import db, queue_behind
from marketplace.errors import LostRace, Refusal
from marketplace.events import HasActor
from marketplace.listings.models import Listing
from marketplace.listings.states import ListingState, NotAvailable
from marketplace.many_rows import among
from marketplace.orders.models import Checkout, Hold, Order
from marketplace.orders.states import CheckoutState


class JustSold(NotAvailable):
    """Someone else was first (fault B02). ``listing_ids`` says which pieces are gone."""

    def __init__(self, orders: Sequence[Order]) -> None:
        titles = ", ".join(order.listing.title for order in orders)
        super().__init__(_("Someone else was first: %(titles)s is no longer available.", titles=titles))
        self.listing_ids = [order.listing_id for order in orders]


class TooManyHolds(Refusal):
    message = _l("You are paying for as many pieces as one person may hold at a time. Finish one payment first.")


# Statements are made once: that costs as much as running them.
_HELD = (
    sa.select(sa.func.count())
    .select_from(Hold)
    .join(Checkout, Checkout.id == Hold.checkout_id)
    .where(
        Checkout.buyer_id == sa.bindparam("person"),
        Checkout.id != sa.bindparam("besides"),
        Checkout.state == CheckoutState.OPEN,
        Hold.released_at.is_(None),
    )
)
_HOLDER = sa.select(Hold.checkout_id).where(Hold.item_id == sa.bindparam("item"), Hold.released_at.is_(None))


@lru_cache
def _new_hold(dialect: str) -> sa.Executable:
    """A hold, unless somebody has one of the piece: the database decides."""
    insert: Any = (postgresql if dialect == "postgresql" else sqlite).insert(Hold.__table__)
    return cast("sa.Executable", insert.on_conflict_do_nothing().returning(Hold.__table__.c.item_id))


def live_holds_of(person_id: int, *, besides: int) -> int:
    """How many pieces this person's unpaid checkouts hold now, but for the checkout ``besides``."""
    return db.session.connection().execute(_HELD, {"person": person_id, "besides": besides}).scalar() or 0


def take(checkout: Checkout, *, at: datetime, by: HasActor, limit: int | None = None) -> None:
    """Take every piece of ``checkout``, or raise ``JustSold`` with nothing taken.

    The rows go in by ascending item id, so that two checkouts of the same pieces never wait for each other in a ring.
    """
    orders = sorted(checkout.orders, key=lambda order: order.item_id)
    if limit is not None:
        # Two payments of one person, opened at once, count each other's pieces.
        queue_behind(f"holds:{checkout.buyer_id}")
        if live_holds_of(checkout.buyer_id, besides=checkout.id) + len(orders) > limit:
            raise TooManyHolds()
    held = _hold(checkout, orders, at)
    lost = [order for order in orders if order.item_id not in held and holder_of(order.item_id) != checkout.id]
    moved = _move([order.listing for order in orders if order.item_id in held], checkout, at=at, by=by)
    if gone := [*lost, *(order for order in orders if order.item_id in held - moved)]:
        raise JustSold(gone)


def _hold(checkout: Checkout, orders: Sequence[Order], at: datetime) -> set[int]:
    """The items that nobody held: the database decides. What this checkout holds already is not among them."""
    db.session.flush()
    connection = db.session.connection()
    statement = _new_hold(connection.dialect.name)
    held: set[int] = set()
    for order in orders:
        row = {"item_id": order.item_id, "checkout_id": checkout.id, "taken_at": at}
        held.update(connection.execute(statement, row).scalars())
    return held


def _move(listings: Sequence[Listing], checkout: Checkout, *, at: datetime, by: HasActor) -> set[int]:
    """The items whose listings this claim took off the shelf."""
    for stale in [listing for listing in listings if listing.state is not ListingState.LIVE]:
        db.session.refresh(stale)
    live = [listing for listing in listings if listing.state is ListingState.LIVE]
    return {one.item_id for one, _event in events.transition_all(live, "hold", by=by, at=at, checkout_id=checkout.id)}


def release(orders: Sequence[Order], *, at: datetime) -> None:
    """Let go of the pieces of these orders, in one statement; harmless where they are free already."""
    if not orders:
        return
    db.session.execute(
        sa.update(Hold)
        .where(
            Hold.released_at.is_(None),
            Hold.item_id == Order.item_id,
            Hold.checkout_id == Order.checkout_id,
            among(Order.id, [order.id for order in orders]),
        )
        .values(released_at=at)
        .execution_options(synchronize_session=False)
    )


def claim(listing: Listing, *, channel_sale_id: int, at: datetime, by: HasActor) -> None:
    """Take one piece for a sale elsewhere, as a checkout takes its own: the hold, then the listing.

    Raises ``LostRace`` or ``NotAvailable``; the caller's savepoint then lets go of what was taken.
    """
    db.session.flush()
    connection = db.session.connection()
    row = {"item_id": listing.item_id, "channel_sale_id": channel_sale_id, "taken_at": at}
    if not connection.execute(_new_hold(connection.dialect.name), row).scalars().all():
        raise LostRace()
    db.session.refresh(listing)
    events.transition(listing, "hold", by=by, at=at, channel_sale_id=channel_sale_id)


def release_channel(channel_sale_id: int, *, at: datetime) -> None:
    """Let go of the piece of a sale elsewhere; harmless where it is free already."""
    db.session.execute(
        sa.update(Hold)
        .where(Hold.channel_sale_id == channel_sale_id, Hold.released_at.is_(None))
        .values(released_at=at)
        .execution_options(synchronize_session=False)
    )


def holder_of(item_id: int) -> int | None:
    """The checkout that holds a piece now; None also where a sale elsewhere does."""
    return db.session.connection().execute(_HOLDER, {"item": item_id}).scalar()
