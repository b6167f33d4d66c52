"""Holds: the claim of one checkout on its pieces. All of them, or none and the page says which is gone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from marketplace import events
from marketplace.database import db, insert_new, queue_behind
from marketplace.errors import LostRace, Refusal
from marketplace.events import HasActor
from marketplace.listings.states import ListingState, NotAvailable
from marketplace.orders.models import Checkout, Hold, Order


class JustSold(NotAvailable):
    """Someone else was first (fault B02). ``listing_ids`` says which pieces are gone."""

    def __init__(self, orders: Sequence[Order]) -> None:
        titles = ", ".join(order.listing.title for order in orders)
        super().__init__(_("Someone else was first: %(titles)s is no longer available.", titles=titles))
        self.listing_ids = [order.listing_id for order in orders]


class TooManyHolds(Refusal):
    message = _l("You are paying for as many pieces as one person may hold at a time. Finish one payment first.")


def live_holds_of(person_id: int) -> int:
    """How many pieces this person's unpaid checkouts hold now."""
    return (
        db.session.scalar(
            sa.select(sa.func.count())
            .select_from(Hold)
            .join(Checkout, Checkout.id == Hold.checkout_id)
            .where(Checkout.buyer_id == person_id, Checkout.state == "open", Hold.released_at.is_(None))
        )
        or 0
    )


def take(checkout: Checkout, *, at: datetime, by: HasActor, limit: int | None = None) -> None:
    """Take every piece of ``checkout``, or raise ``JustSold`` with nothing taken.

    The rows go in by ascending item id, so that two checkouts of the same pieces never wait for each other in a ring.
    """
    queue_behind(f"holds:{checkout.buyer_id}")  # two payments of one person, opened at once, count each other's pieces
    orders = sorted(checkout.orders, key=lambda order: order.item_id)
    standing = set(
        db.session.scalars(sa.select(Hold.item_id).where(Hold.checkout_id == checkout.id, Hold.released_at.is_(None)))
    )
    wanted = [order for order in orders if order.item_id not in standing]
    if limit is not None and wanted and live_holds_of(checkout.buyer_id) + len(wanted) > limit:
        raise TooManyHolds()
    gone = [order for order in wanted if not _take_one(checkout, order, at=at, by=by)]
    if gone:
        raise JustSold(gone)


def _take_one(checkout: Checkout, order: Order, *, at: datetime, by: HasActor) -> bool:
    """Claim one piece: the hold row first (the database decides), then the listing's own state."""
    row = {"item_id": order.item_id, "checkout_id": checkout.id, "taken_at": at}
    if db.session.scalar(insert_new(Hold).values(row).returning(Hold.id)) is None:
        return False
    if order.listing.state is not ListingState.LIVE:
        db.session.refresh(order.listing)
    try:
        events.transition(order.listing, "hold", by=by, at=at, checkout_id=checkout.id)
    except (NotAvailable, LostRace):
        return False
    return True


def release(orders: Sequence[Order], *, at: datetime) -> None:
    """Let go of the pieces of these orders, in one statement; harmless where they are free already."""
    if not orders:
        return
    db.session.execute(
        sa.update(Hold)
        .where(
            Hold.released_at.is_(None),
            sa.tuple_(Hold.item_id, Hold.checkout_id).in_([(o.item_id, o.checkout_id) for o in orders]),
        )
        .values(released_at=at)
        .execution_options(synchronize_session=False)
    )


def holder_of(item_id: int) -> int | None:
    """The checkout that holds a piece now."""
    return db.session.scalar(sa.select(Hold.checkout_id).where(Hold.item_id == item_id, Hold.released_at.is_(None)))
