"""What an order owes to whom: the split of its money, and the postings of each moment.

Preview and performance are one code path: the figures a page shows are the figures that are posted.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from marketplace import events
from marketplace.events import Event
from marketplace.ledger import Account, Line, Posting
from marketplace.money import Money
from marketplace.orders import terms
from marketplace.orders.credit import Back
from marketplace.orders.models import Order

REFUND_PART = "refund_part"  # the event and the posting of a partial refund


@dataclass(frozen=True)
class Split:
    """Who gets what of an order's remaining money; the parts always sum to ``total``."""

    total: Money
    payout: Money
    commission: Money
    own_stock: Money
    shipping: Money
    tax: Money


def split(order: Order, *, less_price: int = 0, less_tax: int = 0) -> Split:
    """The split of what is left after partial refunds.

    Payout = the policy's percentage of the remaining price, half up; commission = the rest (GAP-02, GAP-13).
    Shipping and tax are never part of the base. ``less_price`` and ``less_tax`` (minor units) ask what would be left
    after a further partial refund of so much.
    """
    currency = order.currency
    price = order.price - Money(order.refunded_price_minor + less_price, currency)
    shipping = order.shipping - Money(order.refunded_shipping_minor, currency)
    tax = order.tax - Money(order.refunded_tax_minor + less_tax, currency)
    zero = Money.zero(currency)
    if order.is_supply:
        return Split(price + shipping + tax, zero, zero, price, shipping, tax)
    payout = price.share(terms.of_seller(order).payout.payout_basis_points)
    return Split(price + shipping + tax, payout, price - payout, zero, shipping, tax)


def capture(order: Order, event: Event, at: datetime) -> Posting:
    """The money is here and belongs to nobody yet: Dr clearing and what credit had waiting, Cr escrow, gross."""
    return Posting(
        "capture",
        order,
        event,
        at,
        order.number,
        (
            Line(Account.CLEARING, order.by_card, order_id=order.id),
            Line(Account.CUSTOMER_DEPOSITS, order.credit, order_id=order.id),
            Line(Account.ESCROW, -order.total, order_id=order.id),
        ),
    )


def late_capture(order: Order, event: Event, at: datetime, *, part: str = "") -> Posting:
    """Money for a piece that is gone, or paid for already: it is owed back from the first moment."""
    return Posting(
        "late_capture",
        order,
        event,
        at,
        order.number,
        (
            Line(Account.CLEARING, order.by_card, order_id=order.id),
            Line(Account.REFUND_PAYABLE, -order.by_card, order_id=order.id),
        ),
        part,
    )


def settlement(order: Order, event: Event, at: datetime) -> Posting:
    """The sale stands: escrow is divided between the seller, the programme, shipping and the tax office."""
    parts = split(order)
    return Posting(
        "settlement",
        order,
        event,
        at,
        order.number,
        (
            Line(Account.ESCROW, parts.total, order_id=order.id),
            Line(Account.SELLER_PAYABLE, -parts.payout, order_id=order.id),
            Line(Account.COMMISSION, -parts.commission, order_id=order.id),
            Line(Account.OWN_STOCK_SALES, -parts.own_stock, order_id=order.id),
            Line(Account.SHIPPING_INCOME, -parts.shipping, order_id=order.id),
            Line(Account.TAX_PAYABLE, -parts.tax, order_id=order.id),
        ),
    )


def refund(kind: str, order: Order, back: Back, event: Event, at: datetime, *, part: str = "") -> Posting:
    """Before settlement: what goes back leaves escrow, for refund payable or for the buyer's store credit."""
    return Posting(
        kind,
        order,
        event,
        at,
        order.number,
        (
            Line(Account.ESCROW, back.total, order_id=order.id),
            Line(Account.REFUND_PAYABLE, -back.to_card, order_id=order.id),
            *back.lines,
        ),
        part,
    )


def late_refund(
    kind: str, order: Order, back: Back, tax: Money, event: Event, at: datetime, *, part: str = ""
) -> Posting:
    """After settlement: escrow is divided, so what goes back is our loss, but for the tax we have not handed on."""
    return Posting(
        kind,
        order,
        event,
        at,
        order.number,
        (
            Line(Account.LOSSES, back.total - tax, order_id=order.id),
            Line(Account.TAX_PAYABLE, tax, order_id=order.id),
            Line(Account.REFUND_PAYABLE, -back.to_card, order_id=order.id),
            *back.lines,
        ),
        part,
    )


def owed_for_fraud(order: Order, amount: Money, event: Event, at: datetime) -> Posting:
    """It was found to be fraud: what the seller has spent of the payout is owed back, and no loss of ours (GAP-21)."""
    lines = (
        Line(Account.SELLER_RECEIVABLE, amount, order_id=order.id),
        Line(Account.LOSSES, -amount, order_id=order.id),
    )
    return Posting("fraud", order, event, at, order.number, lines)


def charged_back(order: Order, back: Back, event: Event, at: datetime) -> Posting:
    """A bank gave the buyer what escrow held: it covers what was taken from us, so chargebacks cost that much less.

    What store credit had paid no bank gives back: that we do.
    """
    lines = (
        Line(Account.ESCROW, back.total, order_id=order.id),
        Line(Account.CHARGEBACKS, -back.to_card, order_id=order.id),
        *back.lines,
    )
    return Posting("refund", order, event, at, order.number, lines)


def reduced_price(order: Order) -> Money:
    """The price as partial refunds have left it, whatever went back after them (GAP-21)."""
    parts = (event.detail["price_minor"] for event in events.history(order) if event.action == REFUND_PART)
    return order.price - Money(sum(parts), order.currency)


def lost_parcel_payout(order: Order, event: Event, at: datetime) -> Posting:
    """The seller of a parcel the carrier lost is paid her percentage of the remaining price (GAP-09, GAP-21).

    The carrier's claim is a receivable.
    """
    payout = reduced_price(order).share(terms.of_seller(order).payout.payout_basis_points)
    return Posting(
        "lost_payout",
        order,
        event,
        at,
        order.number,
        (
            Line(Account.CARRIER_RECEIVABLE, payout, order_id=order.id),
            Line(Account.SELLER_PAYABLE, -payout, order_id=order.id),
        ),
    )


def compensation(order: Order, amount: Money, event: Event, at: datetime) -> Posting:
    """The programme pays the seller what the buyer got back: never taken from the buyer again (GAP-08, GAP-21)."""
    return Posting(
        "compensation",
        order,
        event,
        at,
        order.number,
        (
            Line(Account.LOSSES, amount, order_id=order.id),
            Line(Account.SELLER_PAYABLE, -amount, order_id=order.id),
        ),
    )
