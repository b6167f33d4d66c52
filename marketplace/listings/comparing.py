"""How a listing's price stands among those like it, and what those brought that were sold before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median_low
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from marketplace.database import db
from marketplace.listings.models import Item, Listing
from marketplace.listings.states import ListingState
from marketplace.listings.terms import of_seller
from marketplace.money import Money

SOON = timedelta(days=30)  # sold within: what the advice speaks of


@dataclass(frozen=True)
class Place:
    """A live listing's price among the live ones of its style: how many there are, itself included, and are cheaper."""

    among: int
    cheaper: int


def places_of(listing_ids: Sequence[int]) -> dict[int, Place]:
    """Where each of these live listings stands, by one question; one that has none like it is not told of."""
    this, other = aliased(Listing), aliased(Listing)
    alike = sa.and_(other.title == this.title, other.state == ListingState.LIVE, other.currency == this.currency)
    cheaper = sa.func.count(sa.case((other.price_minor < this.price_minor, 1)))
    rows = db.session.execute(
        sa.select(this.id, sa.func.count(), cheaper)
        .join(other, alike)
        .where(this.id.in_(listing_ids), this.state == ListingState.LIVE)
        .group_by(this.id)
    )
    return {row[0]: Place(row[1], row[2]) for row in rows if row[1] > 1}


@dataclass(frozen=True)
class Sale:
    """A sale of the same style: its price in minor units, and how long it stood in the shop."""

    price_minor: int
    took: timedelta


@dataclass(frozen=True)
class Advice:
    """A lower price, and how many in a hundred of ``sample`` sales at or below it took no longer than ``SOON``."""

    price: Money
    percent: int
    sample: int


@dataclass(frozen=True)
class PastSales:
    """What the same style brought here of late: how often, from, to, in the middle."""

    count: int
    lowest: Money
    highest: Money
    middle: Money


def sales_like(listing: Listing, *, at: datetime) -> list[Sale]:
    """Other pieces of this style that were sold within the policy's lookback."""
    since = at - timedelta(days=of_seller(listing).price.suggestion.sales_lookback_days)
    rows: Any = db.session.execute(
        sa.select(Listing.price_minor, Listing.live_at, Listing.sold_at)
        .join(Item, Item.id == Listing.item_id)
        .where(
            Item.style_id == listing.item.style_id,
            Item.id != listing.item_id,
            Listing.state == ListingState.SOLD,
            Listing.currency == listing.currency,
            Listing.sold_at >= since,
            Listing.live_at.is_not(None),
            Listing.price_minor.is_not(None),
        )
    )
    return [Sale(price, sold_at - live_at) for price, live_at, sold_at in rows]


def past_sales(sales: Sequence[Sale], *, enough: int, currency: str) -> PastSales | None:
    """The range of these sales; None where there are fewer than ``enough``."""
    if len(sales) < enough or not sales:
        return None
    prices = sorted(sale.price_minor for sale in sales)
    return PastSales(
        len(prices), Money(prices[0], currency), Money(prices[-1], currency), Money(median_low(prices), currency)
    )


def advice(sales: Sequence[Sale], price: Money, *, enough: int) -> Advice | None:
    """The highest price below this one at which more of the sales were soon, told only from ``enough`` sales on.

    Sales at or below a price are its sample: who asks for less is not told of fewer.
    """
    here = _soon_at(sales, price.minor)
    for lower in sorted({sale.price_minor for sale in sales if sale.price_minor < price.minor}, reverse=True):
        sample = [sale for sale in sales if sale.price_minor <= lower]
        if len(sample) < enough:
            return None
        percent = _soon_at(sales, lower)
        if percent > here:
            return Advice(Money(lower, price.currency), percent, len(sample))
    return None


def _soon_at(sales: Sequence[Sale], price_minor: int) -> int:
    sample = [sale for sale in sales if sale.price_minor <= price_minor]
    return sum(sale.took <= SOON for sale in sample) * 100 // len(sample) if sample else 0
