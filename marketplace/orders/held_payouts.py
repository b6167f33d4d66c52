"""The desk keeps back what the seller of an order is owed, or will be."""

from __future__ import annotations

from datetime import datetime

from marketplace.database import db
from marketplace.errors import NotFound
from marketplace.orders.models import Order
from marketplace.orders.states import OrderState
from marketplace.payouts import holding
from marketplace.payouts.models import CannotHold, PayoutHold
from marketplace.people.models import Person

NOTHING_OWED = (OrderState.AWAITING_PAYMENT, OrderState.EXPIRED, OrderState.CANCELLED)


def can_hold(order: Order) -> bool:
    """Whether a seller is or may be owed money that has not left."""
    return order.seller_id is not None and order.state not in NOTHING_OWED and holding.can_hold(order.id)


def hold_payout(order: Order, *, reason: str, by: Person, at: datetime) -> PayoutHold:
    """Keep the payout back, under the order's lock: a settlement at this moment is before it or after it.

    Raises ``CannotHold`` once it has left, ``NotFound`` for a reason the policy does not know.
    """
    db.session.refresh(order, with_for_update=True)
    if not can_hold(order):
        raise CannotHold()
    return holding.hold(order.id, reason=reason, by=by, at=at)


def release_payout(order: Order, *, by: Person, at: datetime) -> None:
    """What held it is cleared. Raises ``NotFound`` where nothing holds it."""
    db.session.refresh(order, with_for_update=True)
    placed = holding.hold_of(order.id)
    if placed is None:
        raise NotFound()
    holding.release(placed, by=by, at=at)
