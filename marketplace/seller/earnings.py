"""What a member's sales bring her: on the way, each with why and until when it waits, issued, in all."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import sqlalchemy as sa
from flask import url_for

from marketplace.database import db
from marketplace.money import Money
from marketplace.orders.accounting import split
from marketplace.orders.models import Order
from marketplace.orders.states import OrderState
from marketplace.payouts.models import Payout, PayoutState
from marketplace.payouts.words import PAYOUT_STATES
from marketplace.people.models import Person
from marketplace.programme import versions
from marketplace.seller.sale_words import headline

# Sold, paid for by the buyer, and not yet settled with the seller; owed to her, and not yet in her hands.
PENDING = (OrderState.PAID, OrderState.LABEL_ISSUED, OrderState.IN_TRANSIT, OrderState.DELIVERED, OrderState.DISPUTED)
OWED = (PayoutState.HELD, PayoutState.DUE, PayoutState.SENT, PayoutState.STOPPED)

_NO_END = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Waiting:
    """One amount on its way: of which sale, why it waits, and when it is released at the latest (None: not known)."""

    title: str
    href: str
    amount: Money
    why: str
    release_at: datetime | None


@dataclass(frozen=True)
class Earnings:
    """``waiting`` is released as buyers confirm and payouts arrive, the nearest date first."""

    waiting: list[Waiting]
    pending: Money
    issued: Money
    cards: int

    @property
    def lifetime(self) -> Money:
        """What selling here has brought and is about to bring."""
        return self.pending + self.issued


def earnings_of(person: Person) -> Earnings:
    """The member's money, as the orders and payouts say it."""
    currency = versions.current().policy.market.currency
    waiting = sorted([*_sales(person), *_payouts(person)], key=lambda one: one.release_at or _NO_END)
    issued = db.session.scalars(
        sa.select(Payout).where(Payout.seller_id == person.id, Payout.state == PayoutState.ISSUED)
    ).all()
    return Earnings(
        waiting=waiting,
        pending=Money(sum(one.amount.minor for one in waiting), currency),
        issued=Money(sum(payout.amount_minor for payout in issued), currency),
        cards=len(issued),
    )


def _sales(person: Person) -> Iterator[Waiting]:
    running = sa.select(Order).where(Order.seller_id == person.id, Order.state.in_(PENDING)).order_by(Order.id)
    for order in db.session.scalars(running):
        closes = order.window_closes_at if order.state is OrderState.DELIVERED else None
        yield Waiting(order.as_sold["title"], _page(order.number), split(order).payout, headline(order), closes)


def _payouts(person: Person) -> Iterator[Waiting]:
    """Settled, and not yet paid: what is owed for a piece that was sold in our care is told of in its own place."""
    owed = sa.select(Payout, Order).join(Order, Order.id == Payout.order_id)
    owed = owed.where(Payout.seller_id == person.id, Payout.state.in_(OWED))
    owed = owed.where(Order.seller_id == person.id, Order.state.not_in(PENDING))
    for payout, order in db.session.execute(owed.order_by(Payout.id)):
        promised = payout.promised_by if payout.state in (PayoutState.DUE, PayoutState.SENT) else None
        why = str(PAYOUT_STATES[payout.state])
        yield Waiting(order.as_sold["title"], _page(order.number), payout.amount, why, promised)


def _page(number: str) -> str:
    return url_for("sales.sale", number=number)
