"""What a member's sales bring her: on the way, issued, in all."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from marketplace.database import db
from marketplace.money import Money
from marketplace.orders.accounting import split
from marketplace.orders.models import Order
from marketplace.orders.states import OrderState
from marketplace.payouts.models import Payout, PayoutState
from marketplace.people.models import Person
from marketplace.programme import versions

# Sold, paid for by the buyer, and not yet settled with the seller.
PENDING = (OrderState.PAID, OrderState.LABEL_ISSUED, OrderState.IN_TRANSIT, OrderState.DELIVERED)


@dataclass(frozen=True)
class Earnings:
    """``pending`` is released as buyers confirm, the next at ``next_release_at`` at the latest (None: not known)."""

    pending: Money
    next_release_at: datetime | None
    issued: Money
    cards: int

    @property
    def lifetime(self) -> Money:
        """What selling here has brought and is about to bring."""
        return self.pending + self.issued


def earnings_of(person: Person) -> Earnings:
    """The member's money, as the orders and payouts say it."""
    currency = versions.current().policy.market.currency
    running = db.session.scalars(sa.select(Order).where(Order.seller_id == person.id, Order.state.in_(PENDING))).all()
    windows = [order.window_closes_at for order in running if order.window_closes_at is not None]
    issued = db.session.scalars(
        sa.select(Payout).where(Payout.seller_id == person.id, Payout.state == PayoutState.ISSUED)
    ).all()
    return Earnings(
        pending=Money(sum(split(order).payout.minor for order in running), currency),
        next_release_at=min(windows, default=None),
        issued=Money(sum(payout.amount_minor for payout in issued), currency),
        cards=len(issued),
    )
