"""What orders make of other people's news: mails handed over or bounced, purchases returned."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from marketplace.database import db
from marketplace.jobs.alarms import AlarmKind, raise_alarm
from marketplace.listings.models import Item
from marketplace.orders import fulfilment, settling
from marketplace.orders.models import Order
from marketplace.orders.states import CLOSED
from marketplace.people.facts import PurchaseReturned

LABEL_MESSAGE = "label"
DELIVERED_MESSAGE = "delivered"


def message_left(order_id: int, message: str, *, at: datetime) -> None:
    """The label mail starts the ship-by clock (GAP-01), the delivery mail the window's (GAP-03)."""
    order = db.session.get_one(Order, order_id)
    if message == LABEL_MESSAGE:
        fulfilment.issue_label(order, at=at)
    elif message == DELIVERED_MESSAGE:
        settling.note_delivery_mail(order, at=at)


def message_bounced(order_id: int, *, at: datetime) -> None:
    """A buyer who cannot be reached about a delivery, or a seller about a label, is the desk's (GAP-03)."""
    raise_alarm(AlarmKind.MAIL_BOUNCED, db.session.get_one(Order, order_id), at=at)


def purchase_returned(fact: PurchaseReturned) -> None:
    """The seller took the piece back to the shop while it was being sold here: the desk looks."""
    running = db.session.scalars(
        sa.select(Order)
        .join(Item, Item.id == Order.item_id)
        .where(Item.purchase_id == fact.purchase_id, Order.state.not_in(CLOSED))
    )
    for order in running:
        raise_alarm(AlarmKind.PURCHASE_RETURNED, order, at=fact.at)
