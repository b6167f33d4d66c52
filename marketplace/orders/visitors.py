"""An order through its visitor: by the account, or by the link in a mail (P04)."""

from __future__ import annotations

import sqlalchemy as sa
from flask import session

from marketplace.database import db
from marketplace.errors import NotFound
from marketplace.orders.models import Order
from marketplace.permissions import guest_or_person

OPENED = "orders"  # session: numbers of orders this browser opened through the link in a mail
MOST_OPENED = 20


def remember(order: Order) -> None:
    """Let this browser come back to an order it opened through a mail's link."""
    others = [number for number in session.get(OPENED, []) if number != order.number]
    session[OPENED] = [*others, order.number][-MOST_OPENED:]


def is_own(order: Order) -> bool:
    """Whether this visitor bought it, or opened it by its mail's link."""
    reader = guest_or_person()
    return order.number in session.get(OPENED, []) or (reader is not None and order.buyer_id == reader.id)


def own_order(number: str) -> Order:
    """The order of that number, where it is this visitor's; else ``NotFound``."""
    order = db.session.scalar(sa.select(Order).where(Order.number == number))
    if order is None or not is_own(order):
        raise NotFound()
    return order
