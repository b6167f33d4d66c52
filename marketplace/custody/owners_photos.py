"""The photos by which an owner showed us a piece: hers and the desk's to see, never the shop's (NAP-16)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from marketplace.database import db
from marketplace.events import Event
from marketplace.listings.models import Listing, ListingPhoto


def of(item_id: int | None, owner_id: int, *, since: datetime | None = None) -> Sequence[ListingPhoto]:
    """Those in the draft that her request began; ours stand in a draft of our own, from the examination on.

    ``since``: when she sent it, where she may have shown us this piece before.
    """
    hers = sa.select(Event.subject_id).where(
        Event.subject_type == Listing.__tablename__,
        Event.action == "start",
        Event.actor_id == owner_id,
    )
    begun = sa.select(sa.func.min(Listing.id)).where(
        Listing.item_id == item_id, Listing.seller_id.is_(None), Listing.id.in_(hers)
    )
    if since is not None:
        begun = begun.where(Listing.started_at >= since)
    shown = sa.select(ListingPhoto).where(ListingPhoto.listing_id == begun.scalar_subquery())
    return db.session.scalars(shown.order_by(ListingPhoto.position, ListingPhoto.id)).all()
