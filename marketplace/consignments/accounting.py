"""The money of a consigned piece: what its owner is owed, what is kept, and the postings of each moment.

Consignment payable is at every moment what the pieces hold that are owed and not yet paid.
"""

from __future__ import annotations

from datetime import datetime

from marketplace.consignments import terms
from marketplace.consignments.models import ConsignedPiece
from marketplace.consignments.terms import Net
from marketplace.events import Event
from marketplace.ledger import Account, Line, Posting
from marketplace.money import Money
from marketplace.orders import accounting
from marketplace.orders.models import Order


def share(piece: ConsignedPiece, order: Order) -> Net:
    """The owner's share of what is left of the price after partial refunds, by the band of the whole price."""
    rest = accounting.split(order).own_stock
    kept = terms.kept_of(piece, order.price_minor)
    payout = rest.share(10_000 - kept)
    return Net(rest, kept, rest - payout, payout)


def consigned(
    piece: ConsignedPiece, owed: Net, event: Event, at: datetime, *, reference: str, order_id: int | None = None
) -> Posting:
    """The sale was booked as the brand's own: of it, the owner's share is hers and the rest our commission.

    ``reference`` is the number of the sale, here or on an outside marketplace.
    """
    return Posting(
        "consigned",
        piece,
        event,
        at,
        reference,
        (
            Line(Account.OWN_STOCK_SALES, owed.price, order_id=order_id),
            Line(Account.CONSIGNMENT_PAYABLE, -owed.payout, order_id=order_id),
            Line(Account.COMMISSION, -owed.commission, order_id=order_id),
        ),
    )


def lost(piece: ConsignedPiece, value: Money, fee: Money, event: Event, at: datetime) -> Posting:
    """Lost in our care: its value is our loss, and a ``fee`` that a payout was short of is hers again (NAP-19)."""
    return Posting(
        "consigned_lost",
        piece,
        event,
        at,
        piece.number,
        (
            Line(Account.LOSSES, value),
            Line(Account.FEE_INCOME, fee),
            Line(Account.CONSIGNMENT_PAYABLE, -value - fee),
        ),
    )


def forfeited(piece: ConsignedPiece, owed: Money, event: Event, at: datetime) -> Posting:
    """The sale was found to be fraud: what its owner would have been paid lowers our loss."""
    return Posting(
        "consigned_forfeited",
        piece,
        event,
        at,
        piece.number,
        (
            Line(Account.CONSIGNMENT_PAYABLE, owed, order_id=piece.order_id),
            Line(Account.LOSSES, -owed, order_id=piece.order_id),
        ),
    )


def paid(piece: ConsignedPiece, owed: Money, fees: Money, event: Event, at: datetime) -> Posting:
    """What is owed becomes a payout, less the fees that are open (GAP-19)."""
    return Posting(
        "consigned_paid",
        piece,
        event,
        at,
        piece.number,
        (
            Line(Account.CONSIGNMENT_PAYABLE, owed, order_id=piece.order_id),
            Line(Account.SELLER_PAYABLE, fees - owed, order_id=piece.order_id),
            Line(Account.FEE_INCOME, -fees, order_id=piece.order_id),
        ),
    )
