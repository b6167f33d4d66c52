"""What orders make of other people's news: mails handed over or bounced, purchases returned."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from marketplace.database import db
from marketplace.events import SYSTEM
from marketplace.jobs.alarms import AlarmKind, raise_alarm
from marketplace.listings import withdrawing
from marketplace.listings.models import Item
from marketplace.listings.states import ListingState
from marketplace.orders import fulfilment, settling
from marketplace.orders.facts import OrderRefunded
from marketplace.orders.models import Order
from marketplace.orders.refunding import EndReason
from marketplace.orders.states import CLOSED
from marketplace.people.facts import PurchaseReturned

LABEL_MESSAGE = "label"
DELIVERED_MESSAGE = "delivered"

# How an order ends that leaves the piece with its seller or brings it back there.
BACK_WITH_SELLER = (
    EndReason.BUYER_AFTER_SHIP_BY,
    EndReason.BUYER_NO_LABEL,
    EndReason.SELLER_CANCELLED,
    EndReason.DESK_CANCELLED,
    EndReason.NOT_SHIPPED,
    EndReason.RETURNED_TO_SENDER,
)


def message_left(order_id: int, message: str, *, at: datetime) -> None:
    """The label mail starts the ship-by clock (GAP-01), the delivery mail the window's (GAP-03)."""
    if message == LABEL_MESSAGE:
        fulfilment.issue_label(db.session.get_one(Order, order_id), at=at)
    elif message == DELIVERED_MESSAGE:
        settling.note_delivery_mail(db.session.get_one(Order, order_id), at=at)


def message_bounced(order_id: int, *, at: datetime) -> None:
    """A buyer who cannot be reached about a delivery, or a seller about a label, is the desk's (GAP-03)."""
    raise_alarm(AlarmKind.MAIL_BOUNCED, db.session.get_one(Order, order_id), at=at)


def piece_is_back(fact: OrderRefunded) -> None:
    """The sale ended with the piece at its seller's, who may list it again (GAP-09)."""
    order = db.session.get_one(Order, fact.order_id)
    if fact.reason in BACK_WITH_SELLER and order.listing.state is ListingState.SOLD:
        withdrawing.take_back(order.listing, by=SYSTEM, at=fact.at)


def purchase_returned(fact: PurchaseReturned) -> None:
    """The seller took the piece back to the shop while it was being sold here: the desk looks."""
    running = db.session.scalars(
        sa.select(Order)
        .join(Item, Item.id == Order.item_id)
        .where(Item.purchase_id == fact.purchase_id, Order.state.not_in(CLOSED))
    )
    for order in running:
        raise_alarm(AlarmKind.PURCHASE_RETURNED, order, at=fact.at)
