"""Which parcels the carrier is asked about, and when: no webhook is trusted to arrive (fault L05)."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa

from marketplace.database import db
from marketplace.jobs import deadlines
from marketplace.shipping.models import Parcel, ParcelState

ASK = "ask_carrier"  # deadline: nothing was heard of a parcel for a day
QUIET = timedelta(days=1)
LONGEST_WATCH = timedelta(days=60)  # a label that has not moved by then never will
AFTER_DELIVERY = timedelta(days=7)  # in which a carrier may still take a delivery back (fault L06)


def is_watched(parcel: Parcel, at: datetime) -> bool:
    """Whether the carrier may still have something to say of this parcel."""
    if parcel.tracking_number is None or parcel.state is ParcelState.RETURNED:
        return False
    if parcel.delivered_at is not None and at >= parcel.delivered_at + AFTER_DELIVERY:
        return False
    return at < parcel.wanted_at + LONGEST_WATCH


def watch(parcel: Parcel, *, at: datetime) -> None:
    """Something was heard or asked: put off the next question, or ask no more."""
    if is_watched(parcel, at):
        deadlines.set_deadline(ASK, parcel, at + QUIET)
    else:
        deadlines.cancel_deadlines([parcel], ASK, at=at)


def watched_parcels(at: datetime) -> list[Parcel]:
    """Every parcel worth a question, those heard of longest ago first."""
    with_number = sa.select(Parcel).where(
        Parcel.tracking_number.is_not(None),
        Parcel.state != ParcelState.RETURNED,
        Parcel.wanted_at > at - LONGEST_WATCH,
        sa.or_(Parcel.delivered_at.is_(None), Parcel.delivered_at > at - AFTER_DELIVERY),
    )
    return list(db.session.scalars(with_number.order_by(Parcel.asked_at.nulls_first(), Parcel.id)))


def carrier_was_asked(order_id: int, *, since: datetime, is_return: bool = False) -> bool:
    """Whether the carrier has answered for each parcel of the order since then: silence counts only after that.

    ``is_return`` asks of the parcel that brings the piece back instead.
    """
    unasked = sa.select(Parcel.id).where(
        Parcel.order_id == order_id,
        Parcel.is_return.is_(is_return),
        Parcel.tracking_number.is_not(None),
        sa.or_(Parcel.asked_at.is_(None), Parcel.asked_at < since),
    )
    return db.session.scalar(unasked.limit(1)) is None
