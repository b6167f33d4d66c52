"""On sale as the brand's own listing: into the shop, sold, paid for, lost, or taken back by its owner."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from marketplace.consignments import accounting, terms
from marketplace.consignments.arriving import of_returned
from marketplace.consignments.models import ConsignedPiece
from marketplace.consignments.moving import locked, move
from marketplace.consignments.states import PIECE, CannotLoseConsigned, CannotWithdrawConsigned, PieceState
from marketplace.custody import fees
from marketplace.custody.examining import check_not_own, end_draft
from marketplace.custody.fees import FeeIsOpen
from marketplace.custody.log import put
from marketplace.database import db
from marketplace.errors import Refusal
from marketplace.events import SYSTEM, HasActor
from marketplace.ledger import post
from marketplace.listings import repricing, supply
from marketplace.listings.states import CannotReprice, ListingState
from marketplace.many_rows import among
from marketplace.money import Money
from marketplace.orders import facts as orders
from marketplace.orders.models import Order
from marketplace.orders.refunding import EndReason
from marketplace.people.models import Person


class OnlyLower(Refusal):
    message = _l("A price can only be lowered. For a higher one, write to us.")
    status = 422


def put_on_sale(piece: ConsignedPiece, *, by: HasActor, at: datetime) -> None:
    """An agreed piece goes into the shop (NAP-29). Raises ``CannotPutOnSale``, ``Incomplete``."""
    move(piece, "put_on_sale", by=by, at=at, live_at=piece.live_at or at)
    if piece.listing is None:
        raise LookupError(f"piece {piece.id} has no listing")
    supply.publish_for_owner(piece.listing, by=by, at=at)


def lower_price(piece: ConsignedPiece, price: Money, *, by: Person, at: datetime) -> None:
    """The owner lowers the price of a piece in the shop, whenever she likes (NAP-35).

    Raises ``OnlyLower``, ``CannotReprice`` or ``PriceOutOfBounds``.
    """
    piece = locked(piece)
    if piece.state is not PieceState.LIVE:
        raise CannotReprice()
    if piece.listing is None or piece.price is None or price.minor >= piece.price.minor:
        raise OnlyLower()
    repricing.reprice(piece.listing, price, by=by, at=at)
    piece.price_minor = price.minor


# Sold ----------------------------------------------------------------------------------------------------------------


def paid_for(fact: orders.OrderPaid) -> None:
    """Somebody bought it: its owner is told (NAP-37)."""
    order = db.session.get_one(Order, fact.order_id)
    piece = in_the_shop(order.listing_id)
    if piece is not None:
        move(piece, "sell", by=SYSTEM, at=fact.at, order_id=order.id, channel_sale_id=None)


def in_the_shop(listing_id: int) -> ConsignedPiece | None:
    """The piece that is for sale by this listing; None where it is nobody's but ours."""
    on_sale = (ConsignedPiece.listing_id == listing_id, ConsignedPiece.state == PieceState.LIVE)
    return db.session.scalar(sa.select(ConsignedPiece).where(*on_sale))


def settled(fact: orders.OrdersSettled) -> None:
    """The sales stand: whose pieces they were is owed her share of what was paid for each."""
    for piece in _sold(fact.order_ids):
        order = db.session.get_one(Order, piece.order_id)
        owed = accounting.share(piece, order)
        event = move(piece, "owe", by=SYSTEM, at=fact.at, owed_minor=owed.payout.minor)
        post(accounting.consigned(piece, owed, event, fact.at, reference=order.number, order_id=order.id))


def refunded(fact: orders.OrderRefunded) -> None:
    """The sale came to nothing. What was lost on its way is paid as if sold (NAP-19); everything else comes back."""
    for piece in _sold([fact.order_id]):
        if fact.reason == EndReason.PARCEL_LOST:
            lose(piece, at=fact.at)
        else:
            of_returned(piece, at=fact.at)


def refunded_late(fact: orders.RefundedLate) -> None:
    """The buyer was refunded long after the sale: its owner is paid all the same, unless it was fraud (GAP-21)."""
    if not fact.is_fraud:
        return
    waits = (ConsignedPiece.order_id == fact.order_id, ConsignedPiece.state == PieceState.PAYABLE)
    piece = db.session.scalar(sa.select(ConsignedPiece).where(*waits))
    if piece is not None and piece.owed is not None:
        event = move(piece, "forfeit", by=SYSTEM, at=fact.at)
        post(accounting.forfeited(piece, piece.owed, event, fact.at))


def _sold(order_ids: Sequence[int]) -> Sequence[ConsignedPiece]:
    """The consigned pieces among what these orders sold; most orders have none."""
    sold = (among(ConsignedPiece.order_id, order_ids), ConsignedPiece.state == PieceState.SOLD)
    return db.session.scalars(sa.select(ConsignedPiece).where(*sold).order_by(ConsignedPiece.id)).all()


def can_lose(piece: ConsignedPiece) -> bool:
    """Whether the desk may say that a piece was lost or damaged with us: not while somebody pays for it, or has bought
    it, nor of a counterfeit.
    """
    is_held = piece.listing is not None and piece.listing.state is ListingState.HELD
    is_counterfeit = piece.item is not None and piece.item.quarantined_at is not None
    return piece.custody_is_ours and not is_held and not is_counterfeit


def say_lost(piece: ConsignedPiece, *, by: Person, at: datetime) -> None:
    """The desk cannot find it, or it was damaged with us. Raises ``CannotLoseConsigned`` or ``OwnPiece``."""
    piece = locked(piece)
    if not can_lose(piece):
        raise CannotLoseConsigned()
    lose(piece, by=by, at=at)


def lose(piece: ConsignedPiece, *, by: HasActor = SYSTEM, at: datetime) -> None:
    """Lost, stolen or damaged while it was ours to answer for: its value is owed (NAP-18, NAP-19, NAP-20), and the fee
    for a way back that it never goes.
    """
    PIECE.next_state(piece.state, "lose")
    value, fee = terms.value_of(piece), fees.give_back(piece, by=by, at=at)
    event = move(piece, "lose", by=by, at=at, owed_minor=(value + fee).minor)
    end_draft(piece.listing, by=by, at=at)
    post(accounting.lost(piece, value, fee, event, at))


# Back to its owner ---------------------------------------------------------------------------------------------------


def can_take_back(piece: ConsignedPiece) -> bool:
    """Whether its owner may have the piece back now: not while somebody pays for it, or has bought it (LUX-73)."""
    if not piece.machine.allows(piece.state, "take_back"):
        return False
    return piece.listing is None or piece.listing.state is not ListingState.HELD


def can_sell_to_us(piece: ConsignedPiece) -> bool:
    """Whether we may buy the piece itself now: not while somebody pays for it, or has bought it (LUX-73, LUX-74)."""
    if not piece.machine.allows(piece.state, "sell_to_us"):
        return False
    return piece.listing is None or piece.listing.state is not ListingState.HELD


def take_back(piece: ConsignedPiece, *, by: Person, at: datetime) -> None:
    """The owner wants it back: out of the shop at once, sent within the policy's days, for the fee where she is early
    (NAP-32, NAP-33, LUX-72). Raises ``CannotWithdrawConsigned``.
    """
    piece = locked(piece)
    if not can_take_back(piece):
        raise CannotWithdrawConsigned()
    fee = terms.early_fee(piece, at)
    move(piece, "take_back", by=by, at=at, fee_minor=piece.fee_minor + fee.minor)
    end_draft(piece.listing, by=by, at=at)


def may_hand_back(piece: ConsignedPiece) -> bool:
    """Whether nothing stands against sending it: no fee is open, or a payout is coming that it can be taken from."""
    return not piece.fee_open or payout_is_coming(piece.consignment.owner_id)


def payout_is_coming(owner_id: int) -> bool:
    """Whether something of hers is sold or lost and not yet paid, so that a fee can be taken from it."""
    coming = (PieceState.SOLD, PieceState.PAYABLE, PieceState.LOST)
    return any(other.state in coming for other in pieces_of(owner_id))


def hand_back(piece: ConsignedPiece, *, place: str, by: Person, at: datetime) -> None:
    """The piece leaves us for its owner. Raises ``CannotSendBack``, or ``FeeIsOpen`` while a fee is (GAP-19)."""
    piece = locked(piece)
    piece.machine.next_state(piece.state, "hand_back")
    if not may_hand_back(piece):
        raise FeeIsOpen()
    move(piece, "hand_back", by=by, at=at)
    put(piece.number, place, by=by, at=at)


def waive_fee(piece: ConsignedPiece, *, by: Person, at: datetime) -> None:
    """The desk lets a fee go that is open; one that was taken from a payout meanwhile stays as it was booked."""
    check_not_own(piece.consignment.owner_id, by)
    fees.waive(locked(piece), by=by, at=at)


def pieces_of(owner_id: int) -> Sequence[ConsignedPiece]:
    """Everything a person has consigned, the latest first."""
    from_owner = ConsignedPiece.consignment.has(owner_id=owner_id)
    return db.session.scalars(sa.select(ConsignedPiece).where(from_owner).order_by(ConsignedPiece.id.desc())).all()
