"""How a seller has done so far, in counts alone: nothing of it says who it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from marketplace.money import FULL
from marketplace.orders.models import Order
from marketplace.orders.states import OrderState
from marketplace.programme.policy.seller_record import Telling

O: Any = Order.__table__  # noqa: E741


@dataclass(frozen=True)
class SellerRecord:
    """Sales that are over after a delivery and those of them that were as described; parcels sent, and in time."""

    sales: int
    as_described: int
    sent: int
    on_time: int

    def is_as_described(self, telling: Telling) -> bool:
        """Whether there are enough sales to speak of, and enough of them were as described."""
        enough = self.sales >= telling.min_sales
        return enough and self.as_described * FULL >= self.sales * telling.as_described_basis_points

    def is_on_time(self, telling: Telling) -> bool:
        """Whether there are enough parcels to speak of, and enough of them left in time."""
        return self.sent >= telling.min_sales and self.on_time * FULL >= self.sent * telling.on_time_basis_points


def _count(condition: Any) -> Any:
    return sa.func.count(sa.case((condition, 1)))


def by_seller(seller_id: Any) -> Any:
    """One row of counts for this seller, to be joined by ``seller_id``."""
    is_over = sa.and_(O.c.delivered_at.is_not(None), O.c.closed_at.is_not(None))
    good = sa.and_(is_over, O.c.state == OrderState.SETTLED, O.c.refunded_price_minor == 0)
    return (
        sa.select(
            O.c.seller_id,
            _count(is_over).label("sales"),
            _count(good).label("as_described"),
            _count(O.c.shipped_at.is_not(None)).label("sent"),
            _count(O.c.shipped_at <= O.c.ship_by_at).label("on_time"),
        )
        .where(O.c.seller_id == seller_id)
        .group_by(O.c.seller_id)
        .subquery("seller_record")
    )


def of_row(row: Any) -> SellerRecord:
    """The counts from a row that was joined with them; a seller without sales has none."""
    return SellerRecord(row.sales or 0, row.as_described or 0, row.sent or 0, row.on_time or 0)
