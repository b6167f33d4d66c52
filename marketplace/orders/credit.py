"""Store credit at our own checkout: offered with the total, taken with the pieces, given back where the sale ends.

What is taken waits among the customers' deposits until the payment is there. Till and checkout spend in one way
(``credits.spending``), so neither takes what the other has.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from flask_babel import gettext as _

from marketplace import events
from marketplace.credits import spending, store_credit
from marketplace.database import db
from marketplace.errors import Refusal
from marketplace.events import SYSTEM, HasActor
from marketplace.ledger import Account, Line, Posting, balance, post
from marketplace.ledger.models import LedgerEntry
from marketplace.money import Money
from marketplace.orders.models import Checkout, Order
from marketplace.orders.states import OrderState
from marketplace.payments import attempts
from marketplace.payments.gateway import LEAST_CHARGE_MINOR
from marketplace.programme import versions

HELD = "credit_held"  # the event and the posting
LET_GO = "credit_let_go"
GOOD_FOR_DAYS = 1  # so long at least, what an unpaid checkout gives back: its end may have come meanwhile


class CreditChanged(Refusal):
    """There is less to spend than the offer says: it was spent elsewhere, has ended, or pays here no longer."""

    def __init__(self) -> None:
        super().__init__(_("Your store credit has changed since you last looked. Here is what is left to pay."))


@dataclass(frozen=True)
class Back:
    """What goes back to a buyer, in the forms it was paid in; ``lines`` are what its credits gain."""

    to_card: Money
    lines: tuple[Line, ...]

    @property
    def total(self) -> Money:
        return sum((-line.amount for line in self.lines), self.to_card)


# What it may pay -----------------------------------------------------------------------------------------------------


def spends_here() -> bool:
    """Whether the programme takes its store credit at its own checkout (NAP-42, LUX-22)."""
    return versions.current().policy.payout.store_credit.spends_at_checkout


def within_reach(person_id: int, currency: str, *, at: datetime) -> Money:
    """What a person could pay with here: what is left, and what her own unpaid checkouts hold.

    Those are given up before another is paid for.
    """
    if not spends_here():
        return Money.zero(currency)
    waiting = sa.select(-sa.func.sum(LedgerEntry.amount_minor)).join(Order, Order.id == LedgerEntry.order_id)
    own = (LedgerEntry.account == Account.CUSTOMER_DEPOSITS, Order.buyer_id == person_id, Order.currency == currency)
    held = Money(int(db.session.scalar(waiting.where(*own)) or 0), currency)
    return store_credit.balance_of(person_id, currency, at=at) + held


def towards(total: Money, available: Money) -> Money:
    """How much of ``available`` pays towards ``total``: all it can, but what is left must not be too little to charge.

    A card is charged at least ``LEAST_CHARGE_MINOR``, or nothing.
    """
    used = min(available, total)
    if 0 < (total - used).minor < LEAST_CHARGE_MINOR:
        used = max(Money(total.minor - LEAST_CHARGE_MINOR, total.currency), Money.zero(total.currency))
    return used


def offer(checkout: Checkout, *, at: datetime) -> None:
    """Write down what credit pays of each order of an offer, by its share of the total; nothing is taken yet."""
    share_out(checkout, towards(checkout.total, within_reach(checkout.buyer_id, checkout.currency, at=at)))


def share_out(checkout: Checkout, used: Money) -> None:
    """Divide what credit pays among the orders: largest remainder, never more than an order costs (GAP-13)."""
    shares = used.split([order.total.minor for order in checkout.orders])
    for order, share in zip(checkout.orders, shares, strict=True):
        order.credit_minor = share.minor


# Held while the buyer pays -------------------------------------------------------------------------------------------


def take(checkout: Checkout, *, by: HasActor, at: datetime) -> None:
    """Take what the offer says, what ends first first: Dr store-credit liability, Cr customer deposits, order by order.

    Raises ``CreditChanged`` where it is not there any more; the caller's transaction then takes nothing.
    """
    if not checkout.credit:
        return
    if not spends_here():
        raise CreditChanged()
    for order in checkout.orders:
        if order.credit:
            _take(order, by=by, at=at)


def _take(order: Order, *, by: HasActor, at: datetime) -> None:
    try:
        lines = spending.draw(spending.pots_of(order.buyer_id, order.currency, at=at), order.credit)
    except spending.NotEnoughLeft:
        raise CreditChanged() from None
    cause = events.record(order, HELD, by=by, at=at, minor=order.credit_minor)
    deposit = Line(Account.CUSTOMER_DEPOSITS, -order.credit, order_id=order.id)
    post(Posting(HELD, order, cause, at, order.number, (*lines, deposit)))


def is_held(order: Order) -> bool:
    """Whether all that credit is to pay of this order waits for the payment."""
    return not order.credit or _deposit(order) == order.credit


def _deposit(order: Order) -> Money:
    return -balance(Account.CUSTOMER_DEPOSITS, order.currency, order_id=order.id)


def let_go(orders: Sequence[Order], *, at: datetime) -> None:
    """Nobody paid: what these orders hold is their buyer's again. Harmless where they hold nothing."""
    for order in orders:
        if order.credit and (held := _deposit(order)):
            cause = events.record(order, LET_GO, by=SYSTEM, at=at, minor=held.minor)
            lines = spending.give_back(_taken_by(order), held, at=at, good_for_days=GOOD_FOR_DAYS)
            deposit = Line(Account.CUSTOMER_DEPOSITS, held, order_id=order.id)
            post(Posting(LET_GO, order, cause, at, order.number, (deposit, *lines)))


def _taken_by(order: Order) -> str:
    return f"{HELD}:{Order.__tablename__}:{order.id}"


# Given back ----------------------------------------------------------------------------------------------------------


def give_back(order: Order, amount: Money, *, at: datetime) -> Back:
    """How ``amount`` goes back to the buyer, asked before the order's columns say that it has.

    In the proportion in which it was paid; a cent that does not divide goes to the card first. Whatever parts it goes
    back in, in the end each form has what it paid.
    """
    before = order.refunded_credit
    to_credit = order.credit_within(order.refunded + amount) - before
    lines = spending.give_back(_taken_by(order), to_credit, at=at, before=before) if to_credit else ()
    return Back(amount - to_credit, lines)


# What must be true ---------------------------------------------------------------------------------------------------


def faults() -> list[str]:
    """Orders whose deposit is not what it must be: all of the credit while a payment stands open, else nothing."""
    deposits = sa.select(LedgerEntry.order_id, (-sa.func.sum(LedgerEntry.amount_minor)).label("minor")).where(
        LedgerEntry.account == Account.CUSTOMER_DEPOSITS
    )
    held = deposits.group_by(LedgerEntry.order_id).subquery()
    is_paying = sa.and_(Order.state == OrderState.AWAITING_PAYMENT, attempts.stands_open(Order.checkout_id))
    found, wanted = sa.func.coalesce(held.c.minor, 0), sa.case((is_paying, Order.credit_minor), else_=0)
    rows = db.session.execute(
        sa.select(Order.number, found, wanted)
        .outerjoin(held, held.c.order_id == Order.id)
        .where(Order.credit_minor > 0, found != wanted)
        .order_by(Order.id)
    )
    return [f"order {number} holds {minor} of its buyer's credit, not {due}" for number, minor, due in rows]
