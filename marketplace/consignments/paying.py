"""What the owner of a sold or lost piece is owed becomes a payout; in which form it is paid is the payouts' affair."""

from __future__ import annotations

from datetime import datetime

from marketplace.consignments import accounting, selling
from marketplace.consignments.facts import PieceMoved
from marketplace.consignments.models import ConsignedPiece
from marketplace.consignments.moving import move
from marketplace.consignments.states import PieceState
from marketplace.custody import billing, fees
from marketplace.database import db
from marketplace.events import SYSTEM
from marketplace.ledger import post
from marketplace.money import Money
from marketplace.orders.models import Order
from marketplace.payments import chargebacks
from marketplace.payouts.models import PayoutReason
from marketplace.payouts.paying import PayoutOwed, owe_payouts


def pay(piece: ConsignedPiece, *, at: datetime) -> None:
    """Hand over what is owed, less the fees its owner owes us, as far as it reaches (GAP-19)."""
    owed = piece.owed or Money.zero(piece.currency)
    taken = fees.take(piece.consignment.owner_id, owed, at=at)
    event = move(piece, "pay", by=SYSTEM, at=at)
    post(accounting.paid(piece, owed, taken, event, at))
    if taken != owed:
        owe_payouts([_payout(piece, owed - taken)], at=at)


def bill_fee(fact: PieceMoved) -> None:
    """A piece that goes back and has a fee open: its owner may pay by a link (GAP-19)."""
    piece = db.session.get_one(ConsignedPiece, fact.piece_id)
    if piece.state is PieceState.GOING_BACK and piece.fee_open:
        owner_id = piece.consignment.owner_id
        billing.bill(piece, owner_id, payout_is_coming=selling.payout_is_coming(owner_id), at=fact.at)


def _payout(piece: ConsignedPiece, amount: Money) -> PayoutOwed:
    """Under the piece's own number; it waits where a bank has its buyer's payment in its hands (fault B18)."""
    order = db.session.get(Order, piece.order_id) if piece.order_id else None
    return PayoutOwed(
        order_id=order.id if order else None,
        reference=piece.number,
        seller_id=piece.consignment.owner_id,
        amount=amount,
        is_stopped=order is not None and bool(chargebacks.stopping_among([order.checkout_id])),
        terms_id=piece.consignment.policy_version_id,
        reason=PayoutReason.CONSIGNMENT,
    )
