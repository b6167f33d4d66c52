"""What the provider's word about money does to a checkout and its orders."""

from __future__ import annotations

import sqlalchemy as sa

from marketplace import events
from marketplace.database import db
from marketplace.errors import LostRace
from marketplace.events import PROVIDER
from marketplace.jobs.alarms import AlarmKind, raise_alarm
from marketplace.ledger import post
from marketplace.listings.states import CannotSell, ListingState
from marketplace.orders import accounting, checkouts, fulfilment, holds, tax_books
from marketplace.orders.facts import CheckoutPaid, OrderPaid, PaymentReturned
from marketplace.orders.models import Checkout, Hold, Order
from marketplace.orders.states import CheckoutState, OrderState
from marketplace.payments import refunds
from marketplace.payments.facts import PaymentCaptured, PaymentExpired, RefundFailed
from marketplace.payments.models import PaymentAttempt, Refund

PAID_TWICE = "paid_twice"  # why a refund is made of what arrived for a checkout that was paid already


def payment_captured(fact: PaymentCaptured) -> None:
    """The money is here: the orders stand. Where a piece is gone its share goes back at once (fault B04)."""
    attempt = db.session.get_one(PaymentAttempt, fact.attempt_id)
    checkout = db.session.get_one(Checkout, attempt.checkout_id)
    if checkout.state is CheckoutState.PAID:
        _return_second_payment(attempt, checkout, fact)
        return
    events.transition(checkout, "pay", by=PROVIDER, at=fact.at)
    kept = [order for order in checkout.orders if _keep(order, fact)]
    gone = [order for order in checkout.orders if order not in kept]
    for order in gone:
        _give_back(order, attempt, fact)
    if gone:
        events.announce(PaymentReturned(checkout.id, tuple(order.id for order in gone), fact.at))
    for order in kept:
        fulfilment.want_label(order, at=fact.at)
        _watch_household(order, attempt, fact)
        events.announce(OrderPaid(order.id, fact.at))
    if kept:
        events.announce(CheckoutPaid(checkout.id, fact.at))


def _keep(order: Order, fact: PaymentCaptured) -> bool:
    """Sell the piece to this order if it is still its to have."""
    holder = holds.holder_of(order.item_id)
    if holder is None:
        try:
            with db.session.begin_nested():
                _hold_again(order, fact)
        except (CannotSell, LostRace):
            return False
    elif holder != order.checkout_id:
        return False
    if order.listing.state in (ListingState.HELD, ListingState.LIVE):
        events.transition(order.listing, "sell", by=PROVIDER, at=fact.at, sets={"sold_at": fact.at}, order_id=order.id)
    else:
        return False
    event = events.transition(order, "pay", by=PROVIDER, at=fact.at, sets={"paid_at": fact.at, "closed_at": None})
    post(accounting.capture(order, event, fact.at))
    tax_books.record_sale(order, at=fact.at)
    return True


def _hold_again(order: Order, fact: PaymentCaptured) -> None:
    """A payment that came late takes a free piece once more."""
    if order.listing.state is not ListingState.LIVE:
        raise CannotSell()
    db.session.add(Hold(item_id=order.item_id, checkout_id=order.checkout_id, taken_at=fact.at))
    try:
        db.session.flush()
    except sa.exc.IntegrityError:
        raise LostRace() from None


def _give_back(order: Order, attempt: PaymentAttempt, fact: PaymentCaptured) -> None:
    if order.state is OrderState.AWAITING_PAYMENT:
        events.transition(order, "expire", by=PROVIDER, at=fact.at, sets={"closed_at": fact.at})
    event = events.record(order, "late_capture", by=PROVIDER, at=fact.at)
    post(accounting.late_capture(order, event, fact.at))
    refunds.request_refund(
        attempt=attempt,
        amount=order.total,
        reason="piece_gone",
        key=f"{order.number}-gone",
        reference=order.number,
        order_id=order.id,
        at=fact.at,
    )


def _return_second_payment(attempt: PaymentAttempt, checkout: Checkout, fact: PaymentCaptured) -> None:
    """A checkout is paid once: what arrives a second time goes back in full, each order its part."""
    raise_alarm(AlarmKind.PAYMENT_TOO_LATE, attempt, at=fact.at)
    for order in checkout.orders:
        event = events.record(order, "second_payment", by=PROVIDER, at=fact.at, attempt_id=attempt.id)
        post(accounting.late_capture(order, event, fact.at, part=str(attempt.id)))
        refunds.request_refund(
            attempt=attempt,
            amount=order.total,
            reason=PAID_TWICE,
            key=f"{order.number}-twice-{attempt.id}",
            reference=order.number,
            order_id=order.id,
            at=fact.at,
        )


def _watch_household(order: Order, attempt: PaymentAttempt, fact: PaymentCaptured) -> None:
    """A card the seller has paid with before is told to the desk: perhaps one household on both sides (fault B19)."""
    if order.seller_id is None or attempt.card_fingerprint is None:
        return
    same_card = db.session.scalar(
        sa.select(PaymentAttempt.id)
        .join(Checkout, Checkout.id == PaymentAttempt.checkout_id)
        .where(Checkout.buyer_id == order.seller_id, PaymentAttempt.card_fingerprint == attempt.card_fingerprint)
        .limit(1)
    )
    if same_card is not None:
        raise_alarm(AlarmKind.SUSPICIOUS_SALE, order, at=fact.at)


def payment_expired(fact: PaymentExpired) -> None:
    """The provider says nobody paid: the offer is over and the pieces are free again."""
    attempt = db.session.get_one(PaymentAttempt, fact.attempt_id)
    checkouts.expire(db.session.get_one(Checkout, attempt.checkout_id), at=fact.at)


def refund_failed(fact: RefundFailed) -> None:
    """Money that could not go back is owed still: the desk is told."""
    raise_alarm(AlarmKind.REFUND_FAILED, db.session.get_one(Refund, fact.refund_id), at=fact.at, why=fact.why)
