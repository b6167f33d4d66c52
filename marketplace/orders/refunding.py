"""Ways an order ends without a sale, and money on its way back to the buyer."""

from __future__ import annotations

import enum
from datetime import datetime

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from marketplace import events
from marketplace.database import db
from marketplace.errors import LostRace, Refusal
from marketplace.events import HasActor
from marketplace.jobs import deadlines
from marketplace.ledger import post
from marketplace.money import Money
from marketplace.orders import accounting, credit, holds, tax_books
from marketplace.orders.facts import OrderCancelled, OrderRefunded
from marketplace.orders.models import Order
from marketplace.orders.settling import ENDING_DEADLINES
from marketplace.orders.states import CannotCancel, OrderState
from marketplace.payments import attempts, refunds
from marketplace.shipping import parcels
from marketplace.shipping.models import ParcelState


class EndReason(enum.StrEnum):
    """Why an order ended. The words of the messages hang on it."""

    BUYER_AFTER_SHIP_BY = "buyer_after_ship_by"
    BUYER_NO_LABEL = "buyer_no_label"
    SELLER_CANCELLED = "seller_cancelled"
    DESK_CANCELLED = "desk_cancelled"
    NOT_SHIPPED = "not_shipped"
    PARCEL_LOST = "parcel_lost"
    RETURNED_TO_SENDER = "returned_to_sender"
    PIECE_GONE = "piece_gone"
    DESK_DECISION = "desk_decision"
    DISPUTE = "dispute"
    CHARGED_BACK = "charged_back"
    AFTER_SALE = "after_sale"


class MoreThanLeft(Refusal):
    message = _l("A refund cannot be more than what is left of this order.")
    status = 422


PARTLY_REFUNDABLE = (
    OrderState.PAID,
    OrderState.LABEL_ISSUED,
    OrderState.IN_TRANSIT,
    OrderState.DELIVERED,
    OrderState.DISPUTED,
)


def cancel(order: Order, *, reason: EndReason, by: HasActor, at: datetime) -> None:
    """End an order before any scan and refund it in full (MK-62, GAP-09). Raises ``CannotCancel`` else.

    Who may cancel when is the caller's question (``orders.permissions``); that no scan is recorded is ours.
    """
    unscanned = Order.shipped_at.is_(None)
    try:
        events.transition(order, "cancel", by=by, at=at, where=[unscanned], sets={"end_reason": reason.value})
    except LostRace:
        raise CannotCancel() from None
    parcels.cancel_parcels_of(order.id, by=by, at=at)
    events.announce(OrderCancelled(order.id, reason.value, at))
    refund_in_full(order, reason=reason, by=by, at=at)


def refund_in_full(order: Order, *, reason: EndReason, by: HasActor, at: datetime) -> None:
    """Give back everything that has not been given back yet, shipping and tax included (GAP-21)."""
    db.session.refresh(order, with_for_update=True)  # what went back in part until now is not given back again
    back, tax_back = everything_left(order, at=at), taken_back(order)
    event = events.transition(order, "refund", by=by, at=at, sets=all_given_back(order, reason, at))
    post(accounting.refund("refund", order, back, event, at))
    to_card(order, back.to_card, reason=reason, part="full", at=at)
    tax_books.reverse_sale(order, part="full", at=at, **tax_back)
    holds.release([order], at=at)
    deadlines.cancel_deadlines([order], *ENDING_DEADLINES, at=at)
    events.announce(OrderRefunded(order.id, reason.value, at))


def refund_contested(order: Order, *, by: HasActor, at: datetime, reason: EndReason = EndReason.DESK_DECISION) -> None:
    """The report was right: everything goes back to the buyer. Raises ``CannotRefund`` where the order is over.

    A piece that was never handed over, or that the carrier brought back, is its seller's again; the label of the
    first is given back, and its seller is told not to use it.
    """
    db.session.refresh(order, with_for_update=True)
    reason = _end_of_contested(order) or reason
    if reason is EndReason.DESK_CANCELLED:
        parcels.cancel_parcels_of(order.id, by=by, at=at)
        events.announce(OrderCancelled(order.id, reason.value, at))
    refund_in_full(order, reason=reason, by=by, at=at)


def charge_back(order: Order, *, by: HasActor, at: datetime) -> None:
    """The buyer's bank has given the money back itself: the order ends, and no card is refunded here (fault B18).

    What is left in escrow covers what the bank took; what store credit had paid goes back to it. Raises
    ``CannotRefund`` unless the order is disputed.
    """
    db.session.refresh(order, with_for_update=True)
    back, tax_back = everything_left(order, at=at), taken_back(order)
    event = events.transition(order, "refund", by=by, at=at, sets=all_given_back(order, EndReason.CHARGED_BACK, at))
    post(accounting.charged_back(order, back, event, at))
    tax_books.reverse_sale(order, part="full", at=at, **tax_back)
    holds.release([order], at=at)
    deadlines.cancel_deadlines([order], *ENDING_DEADLINES, at=at)


def everything_left(order: Order, *, at: datetime) -> credit.Back:
    """All that has not gone back yet, in the forms it was paid in; to be asked before ``all_given_back`` is written."""
    return credit.give_back(order, order.total - order.refunded, at=at)


def to_card(order: Order, amount: Money, *, reason: EndReason, part: str, at: datetime) -> None:
    """Send what a card paid of an order back to it; nothing where store credit paid all of it."""
    if not amount:
        return
    refunds.request_refund(
        attempt=attempts.paid_attempt_of(order.checkout_id),
        amount=amount,
        reason=reason.value,
        key=f"{order.number}-{part}",
        reference=order.number,
        order_id=order.id,
        at=at,
    )


def taken_back(order: Order) -> dict[str, int]:
    """What the tax service is told of a full refund: what has not gone back before."""
    kept = tax_books.line_tax(order)
    return {
        "price_minor": order.price_minor - order.refunded_price_minor,
        "price_tax_minor": kept.on_price_minor - order.refunded_tax_minor,
        "shipping_minor": order.shipping_minor,
        "shipping_tax_minor": kept.on_shipping_minor,
    }


def all_given_back(order: Order, reason: EndReason, at: datetime) -> dict[str, object]:
    """The columns of an order of which nothing is left to give back."""
    return {
        "closed_at": at,
        "end_reason": order.end_reason or reason.value,
        "refunded_price_minor": order.price_minor,
        "refunded_shipping_minor": order.shipping_minor,
        "refunded_tax_minor": order.tax_minor,
    }


def _end_of_contested(order: Order) -> EndReason | None:
    if order.shipped_at is None:
        return EndReason.DESK_CANCELLED
    parcel = parcels.parcel_of(order.id)
    is_back = parcel is not None and parcel.state is ParcelState.RETURNED
    return EndReason.RETURNED_TO_SENDER if is_back else None


def after_part(order: Order, of_price: Money) -> tuple[int, int]:
    """What will have gone back of the price and of its tax after a further ``of_price``, in minor units.

    Raises ``MoreThanLeft`` where that would be the whole price or more: that is a full refund.
    """
    refunded_price = order.refunded_price_minor + of_price.minor
    if of_price.currency != order.currency or of_price.minor <= 0 or refunded_price >= order.price_minor:
        raise MoreThanLeft()
    return refunded_price, tax_books.tax_on_refunded(order, refunded_price)


def refund_part(
    order: Order, *, of_price: Money, reason: EndReason, by: HasActor, at: datetime, settled: bool = False
) -> Money:
    """Lower the price by ``of_price`` and give it back with its share of the tax; returns what goes back (B16).

    Raises ``MoreThanLeft`` as ``after_part`` does. The payout becomes the percentage of the remaining price. Of a
    ``settled`` sale the payout stays as it is, and what goes back is our loss.
    """
    refunded_price, refunded_tax = after_part(order, of_price)
    tax_back = refunded_tax - order.refunded_tax_minor
    back = credit.give_back(order, Money(of_price.minor + tax_back, order.currency), at=at)
    claimed = db.session.scalar(
        sa.update(Order)
        .where(
            Order.id == order.id,
            Order.state.in_((OrderState.SETTLED,) if settled else PARTLY_REFUNDABLE),
            Order.refunded_price_minor == order.refunded_price_minor,
            Order.price_minor > refunded_price,
        )
        .values(refunded_price_minor=refunded_price, refunded_tax_minor=refunded_tax)
        .returning(Order.id)
        .execution_options(synchronize_session=False)
    )
    if claimed is None:
        raise MoreThanLeft()
    part = str(refunded_price)
    db.session.refresh(order)
    said = {"minor": back.total.minor, "price_minor": of_price.minor, "reason": reason.value}
    event = events.record(order, accounting.REFUND_PART, by=by, at=at, **said)
    if settled:
        tax = Money(tax_back, order.currency)
        post(accounting.late_refund(accounting.REFUND_PART, order, back, tax, event, at, part=part))
    else:
        post(accounting.refund(accounting.REFUND_PART, order, back, event, at, part=part))
    to_card(order, back.to_card, reason=reason, part=f"part-{part}", at=at)
    tax_books.reverse_sale(order, part=f"part-{part}", price_minor=of_price.minor, price_tax_minor=tax_back, at=at)
    return back.total
