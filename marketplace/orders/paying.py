"""What the provider's word about money does to a checkout and its orders."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from marketplace import events
from marketplace.database import db
from marketplace.errors import LostRace, ProgrammingError
from marketplace.events import PROVIDER, HasActor
from marketplace.jobs.alarms import AlarmKind, raise_alarm
from marketplace.ledger import post
from marketplace.listings.states import CannotSell, ListingState
from marketplace.orders import accounting, checkouts, credit, fulfilment, holds, tax_books
from marketplace.orders.facts import CheckoutPaid, CreditPaysAll, OrderPaid, PaymentReturned
from marketplace.orders.models import Checkout, Hold, Order
from marketplace.orders.states import CheckoutState, OrderState
from marketplace.payments import refunds
from marketplace.payments.facts import PaymentCaptured, PaymentExpired, RefundFailed
from marketplace.payments.models import PaymentAttempt, Refund

PAID_TWICE = "paid_twice"  # why a refund is made of what arrived for a checkout that was paid already


def payment_captured(fact: PaymentCaptured) -> None:
    """The money is here: the orders stand. Where a piece is gone its share goes back at once (fault B04)."""
    attempt = db.session.get_one(PaymentAttempt, fact.attempt_id)
    if attempt.checkout_id is None:
        return  # it paid for no order
    checkout = db.session.get_one(Checkout, attempt.checkout_id)
    if checkout.state is CheckoutState.PAID:
        _return_second_payment(attempt, checkout, fact)
        return
    events.transition(checkout, "pay", by=PROVIDER, at=fact.at)
    kept = [order for order in checkout.orders if _keep(order, by=PROVIDER, at=fact.at)]
    gone = [order for order in checkout.orders if order not in kept]
    for order in gone:
        _give_back(order, attempt, fact)
    if gone:
        events.announce(PaymentReturned(checkout.id, tuple(order.id for order in gone), fact.at))
    for order in kept:
        _watch_household(order, attempt, fact)
    _stand(checkout, kept, at=fact.at)


def credit_pays_all(fact: CreditPaysAll) -> None:
    """Store credit pays the whole checkout, and was taken with its pieces: the orders stand at once."""
    checkout = db.session.get_one(Checkout, fact.checkout_id)
    events.transition(checkout, "pay", by=checkout.buyer, at=fact.at)
    for order in checkout.orders:
        if not _keep(order, by=checkout.buyer, at=fact.at):
            raise ProgrammingError(f"order {order.id} is paid for, and does not hold its piece")
    _stand(checkout, checkout.orders, at=fact.at)


def _stand(checkout: Checkout, kept: Sequence[Order], *, at: datetime) -> None:
    """What follows from a payment for the orders it keeps."""
    for order in kept:
        fulfilment.want_label(order, at=at)
        events.announce(OrderPaid(order.id, at))
    if kept:
        events.announce(CheckoutPaid(checkout.id, at))


def _keep(order: Order, *, by: HasActor, at: datetime) -> bool:
    """Sell the piece to this order if it, and the credit that pays with the card, is still its to have."""
    if not credit.is_held(order):
        return False
    holder = holds.holder_of(order.item_id)
    if holder is None:
        try:
            with db.session.begin_nested():
                _hold_again(order, at)
        except (CannotSell, LostRace):
            return False
    elif holder != order.checkout_id:
        return False
    if order.listing.state in (ListingState.HELD, ListingState.LIVE):
        events.transition(order.listing, "sell", by=by, at=at, sets={"sold_at": at}, order_id=order.id)
    else:
        return False
    event = events.transition(order, "pay", by=by, at=at, sets={"paid_at": at, "closed_at": None})
    post(accounting.capture(order, event, at))
    tax_books.record_sale(order, at=at)
    return True


def _hold_again(order: Order, at: datetime) -> None:
    """A payment that came late takes a free piece once more."""
    if order.listing.state is not ListingState.LIVE:
        raise CannotSell()
    db.session.add(Hold(item_id=order.item_id, checkout_id=order.checkout_id, taken_at=at))
    try:
        db.session.flush()
    except sa.exc.IntegrityError:
        raise LostRace() from None


def _give_back(order: Order, attempt: PaymentAttempt, fact: PaymentCaptured) -> None:
    if order.state is OrderState.AWAITING_PAYMENT:
        events.transition(order, "expire", by=PROVIDER, at=fact.at, sets={"closed_at": fact.at})
    credit.let_go([order], at=fact.at)
    if not order.by_card:
        return
    event = events.record(order, "late_capture", by=PROVIDER, at=fact.at)
    post(accounting.late_capture(order, event, fact.at))
    refunds.request_refund(
        attempt=attempt,
        amount=order.by_card,
        reason="piece_gone",
        key=f"{order.number}-gone",
        reference=order.number,
        order_id=order.id,
        at=fact.at,
    )


def _return_second_payment(attempt: PaymentAttempt, checkout: Checkout, fact: PaymentCaptured) -> None:
    """A checkout is paid once: what arrives a second time goes back in full, each order its part."""
    raise_alarm(AlarmKind.PAYMENT_TOO_LATE, attempt, at=fact.at)
    for order in [order for order in checkout.orders if order.by_card]:
        event = events.record(order, "second_payment", by=PROVIDER, at=fact.at, attempt_id=attempt.id)
        post(accounting.late_capture(order, event, fact.at, part=str(attempt.id)))
        refunds.request_refund(
            attempt=attempt,
            amount=order.by_card,
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
    if attempt.checkout_id is not None:
        checkouts.expire(db.session.get_one(Checkout, attempt.checkout_id), at=fact.at)


def refund_failed(fact: RefundFailed) -> None:
    """Money that could not go back is owed still: the desk is told."""
    raise_alarm(AlarmKind.REFUND_FAILED, db.session.get_one(Refund, fact.refund_id), at=fact.at, why=fact.why)
