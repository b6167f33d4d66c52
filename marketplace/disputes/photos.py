"""Photos as evidence: through the pipeline of the listings' photos, and private to the parties and staff (P04, X01)."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from marketplace import events
from marketplace.database import db
from marketplace.disputes.models import Dispute, DisputePhoto
from marketplace.disputes.states import DisputeOver, Side
from marketplace.errors import Refusal
from marketplace.listings.prepared_photos import PreparedPhoto
from marketplace.orders import terms
from marketplace.orders.models import Order
from marketplace.people.models import Person


class TooManyPhotos(Refusal):
    message = _l("No more photos can be shown in this case.")
    status = 422

    def __init__(self, most: int) -> None:
        super().__init__(
            ngettext("Each side may show at most %(num)s photo.", "Each side may show at most %(num)s photos.", most)
        )


def shown_by(order: Order, side: Side) -> list[DisputePhoto]:
    """What a side has shown about an order, oldest first; before a case is opened, too."""
    query = sa.select(DisputePhoto).where(DisputePhoto.order_id == order.id, DisputePhoto.side == side)
    return list(db.session.scalars(query.order_by(DisputePhoto.id)))


def room_left(order: Order, side: Side) -> int:
    """How many more photos a side may show (``disputes.max_photos``)."""
    return max(terms.of_buyer(order).disputes.max_photos - len(shown_by(order, side)), 0)


def keep(
    order: Order,
    prepared: PreparedPhoto,
    *,
    side: Side,
    part: str,
    by: Person,
    at: datetime,
    dispute: Dispute | None = None,
) -> DisputePhoto:
    """Record a prepared photo of ``part`` (a key of the condition scale, or empty: the piece as a whole).

    Raises ``TooManyPhotos`` or ``DisputeOver``.
    """
    if dispute is not None and dispute.is_over:
        raise DisputeOver()
    if not room_left(order, side):
        raise TooManyPhotos(terms.of_buyer(order).disputes.max_photos)
    master = prepared.rendered.master
    photo = DisputePhoto(
        key=prepared.rendered.folder,
        width=master.width,
        height=master.height,
        widths=list(prepared.rendered.widths),
        order_id=order.id,
        dispute_id=dispute.id if dispute else None,
        side=side,
        part=part,
        author_id=by.id,
        sent_at=at,
    )
    db.session.add(photo)
    db.session.flush()
    if dispute is not None:
        events.record(dispute, "add_photo", by=by, at=at, photo=photo.id)
    return photo
