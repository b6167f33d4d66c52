"""How pieces like one did here, offered within a number of days: of the same style, or of the same house and kind."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from marketplace.database import db
from marketplace.listings.models import Item, Listing
from marketplace.listings.states import ListingState


@dataclass(frozen=True)
class Likeness:
    """How many were offered, how many of those were sold, and how many people keep those in mind that are not."""

    offered: int
    sold: int
    saves: int


def of(house: str, category: str, currency: str, *, since: datetime) -> Likeness:
    """What is known of pieces of this house and kind that went into the shop since then."""
    same = (sa.func.lower(Listing.house) == house.strip().lower(), Listing.category == category)
    return _of(*same, Listing.currency == currency, Listing.live_at >= since)


def of_style(style_id: int, currency: str, *, since: datetime) -> Likeness:
    """The same of this very style."""
    same = Listing.item_id.in_(sa.select(Item.id).where(Item.style_id == style_id))
    return _of(same, Listing.currency == currency, Listing.live_at >= since)


def _of(*conditions: sa.ColumnElement[bool]) -> Likeness:
    is_sold = Listing.state == ListingState.SOLD
    saves = sa.func.sum(sa.case((is_sold, 0), else_=Listing.saves))
    row = db.session.execute(
        sa.select(sa.func.count(), sa.func.sum(sa.case((is_sold, 1), else_=0)), saves).where(*conditions)
    ).one()
    return Likeness(row[0], int(row[1] or 0), int(row[2] or 0))
