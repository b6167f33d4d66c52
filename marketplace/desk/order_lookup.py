"""Finding an order, and everything that belongs to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from flask_babel import LazyString

from marketplace.database import db
from marketplace.desk import money_words
from marketplace.desk.labels import refused_refund
from marketplace.desk.story import story_of
from marketplace.disputes.models import Dispute
from marketplace.errors import NotFound
from marketplace.jobs.deadlines import Deadline
from marketplace.jobs.outbox import OutboxRow
from marketplace.ledger.models import LedgerEntry, LedgerTransaction
from marketplace.money import Money
from marketplace.orders.holds import holder_of
from marketplace.orders.models import Checkout, Order
from marketplace.payments.chargeback_models import Chargeback
from marketplace.payments.models import PaymentAttempt, Refund
from marketplace.payments.refunds import trouble_of
from marketplace.payouts import debts
from marketplace.payouts.models import Goodwill, Payout, PayoutHold
from marketplace.people.models import Person
from marketplace.shipping.models import Parcel

MAIL = "mail"
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
    """One line of the ledger in words: when, what for, where, how much (debits positive), and why so much."""

    at: datetime
    what: str
    account: LazyString
    amount: Money
    why: str


def movements(order: Order) -> list[Movement]:
    """Every ledger line of an order, oldest first."""
    rows = db.session.execute(
        sa.select(LedgerTransaction.at, LedgerTransaction.kind, LedgerEntry)
        .join(LedgerEntry, LedgerEntry.transaction_id == LedgerTransaction.id)
        .where(LedgerEntry.order_id == order.id)
        .order_by(LedgerEntry.id)
    )
    return [
        Movement(
            at,
            money_words.kind(kind),
            money_words.ACCOUNTS[entry.account],
            Money(entry.amount_minor, entry.currency),
            money_words.reason(order, kind, entry.account),
        )
        for at, kind, entry in rows
    ]


def _of(model: Any, order: Order) -> Sequence[Any]:
    return db.session.scalars(sa.select(model).where(model.order_id == order.id).order_by(model.id)).all()


def _deadlines(parts: Sequence[Any]) -> Sequence[Deadline]:
    of = [(part.__tablename__, part.id) for part in parts]
    return db.session.scalars(
        sa.select(Deadline)
        .where(sa.tuple_(Deadline.subject_type, Deadline.subject_id).in_(of))
        .order_by(Deadline.due_at)
    ).all()


def _letters(parts: Sequence[Any]) -> Sequence[OutboxRow]:
    of = [(part.__tablename__, part.id) for part in parts]
    return db.session.scalars(
        sa.select(OutboxRow)
        .where(OutboxRow.kind == MAIL, sa.tuple_(OutboxRow.subject_type, OutboxRow.subject_id).in_(of))
        .order_by(OutboxRow.id)
    ).all()


def story(order: Order) -> dict[str, Any]:
    """Everything about an order that its desk page shows."""
    parcels, refunds, payouts = _of(Parcel, order), _of(Refund, order), _of(Payout, order)
    gifts, holds, cases = _of(Goodwill, order), _of(PayoutHold, order), _of(Dispute, order)
    attempts = db.session.scalars(
        sa.select(PaymentAttempt).where(PaymentAttempt.checkout_id == order.checkout_id).order_by(PaymentAttempt.id)
    ).all()
    banks = _chargebacks(attempts)
    owed = debts.of_order(order.id)
    parts = [*parcels, *refunds, *payouts, *gifts, *holds, *cases, *banks, *owed]
    return {
        "order": order,
        "history": story_of(order, [*parts, *attempts]),
        "movements": movements(order),
        "parcels": parcels,
        "attempts": attempts,
        "refunds": refunds,
        "troubles": {refund.id: refused_refund(trouble_of(refund)) for refund in refunds if trouble_of(refund)},
        "payout": next(iter(payouts), None),
        "gifts": gifts,
        "holds": holds,
        "debts": owed,
        "case": next(reversed(cases), None),
        "chargebacks": banks,
        "is_piece_held": holder_of(order.item_id) == order.checkout_id,
        "deadlines": _deadlines([order, *parts]),
        "letters": _letters([order, order.checkout, *parts]),
    }


def _chargebacks(attempts: Sequence[PaymentAttempt]) -> Sequence[Chargeback]:
    about = Chargeback.attempt_id.in_([attempt.id for attempt in attempts])
    return db.session.scalars(sa.select(Chargeback).where(about).order_by(Chargeback.id)).all()
