"""Finding an order, and its whole story in words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from marketplace import events
from marketplace.database import db
from marketplace.errors import NotFound
from marketplace.jobs import outbox
from marketplace.jobs.deadlines import Deadline
from marketplace.ledger.accounts import Account
from marketplace.ledger.models import LedgerEntry, LedgerTransaction
from marketplace.money import Money
from marketplace.orders.models import Checkout, Order
from marketplace.orders.notes import DeskNote
from marketplace.payments.models import PaymentAttempt, Refund
from marketplace.payouts.paying import payout_of
from marketplace.people.models import Person
from marketplace.shipping.models import Parcel

MOST_FOUND = 50


def find_orders(words: str) -> list[Order]:
    """Orders by number, tracking number, the buyer's or the seller's e-mail; the newest where nothing is asked."""
    query = sa.select(Order).order_by(Order.id.desc()).limit(MOST_FOUND)
    words = words.strip()
    if words:
        people = sa.select(Person.id).where(Person.email == words.lower())
        query = query.where(
            sa.or_(
                Order.number == words.upper(),
                Order.id.in_(sa.select(Parcel.order_id).where(Parcel.tracking_number == words.upper())),
                Order.checkout_id.in_(sa.select(Checkout.id).where(Checkout.email == words.lower())),
                Order.seller_id.in_(people),
            )
        )
    return list(db.session.scalars(query))


def order_numbered(number: str) -> Order:
    """The order of that number; else ``NotFound``."""
    order = db.session.scalar(sa.select(Order).where(Order.number == number))
    if order is None:
        raise NotFound()
    return order


@dataclass(frozen=True)
class Movement:
    """One line of the ledger: when, why, where, how much (debits positive)."""

    at: datetime
    kind: str
    account: Account
    amount: Money


def movements(order: Order) -> list[Movement]:
    """Every ledger line of an order, oldest first."""
    rows = db.session.execute(
        sa.select(LedgerTransaction.at, LedgerTransaction.kind, LedgerEntry)
        .join(LedgerEntry, LedgerEntry.transaction_id == LedgerTransaction.id)
        .where(LedgerEntry.order_id == order.id)
        .order_by(LedgerEntry.id)
    )
    return [Movement(at, kind, e.account, Money(e.amount_minor, e.currency)) for at, kind, e in rows]


def _notes(order: Order) -> list[DeskNote]:
    return list(db.session.scalars(sa.select(DeskNote).where(DeskNote.order_id == order.id)))


def story(order: Order) -> dict[str, Any]:
    """Everything about an order that its desk page shows."""
    parcels = db.session.scalars(sa.select(Parcel).where(Parcel.order_id == order.id)).all()
    return {
        "order": order,
        "history": list(reversed(events.history(order))),
        "notes": {note.id: note for note in _notes(order)},
        "movements": movements(order),
        "parcels": parcels,
        "attempts": db.session.scalars(
            sa.select(PaymentAttempt).where(PaymentAttempt.checkout_id == order.checkout_id)
        ).all(),
        "refunds": db.session.scalars(sa.select(Refund).where(Refund.order_id == order.id)).all(),
        "payout": payout_of(order.id),
        "deadlines": db.session.scalars(
            sa.select(Deadline)
            .where(Deadline.subject_type == Order.__tablename__, Deadline.subject_id == order.id)
            .order_by(Deadline.due_at)
        ).all(),
        "letters": outbox.rows_of(order, "mail"),
    }
