"""A piece sold on an outside marketplace: its owner is told, owed and paid as for a sale here."""

from __future__ import annotations

import sqlalchemy as sa

from marketplace.channels import facts as channels
from marketplace.channels.models import ChannelSale
from marketplace.consignments import accounting, selling, terms
from marketplace.consignments.arriving import of_returned
from marketplace.consignments.models import ConsignedPiece
from marketplace.consignments.moving import move
from marketplace.consignments.states import PieceState
from marketplace.database import db
from marketplace.events import SYSTEM
from marketplace.ledger import post


def sold(fact: channels.SoldElsewhere) -> None:
    """Somebody bought it there (NAP-37)."""
    piece = selling.in_the_shop(fact.listing_id)
    if piece is not None:
        move(piece, "sell", by=SYSTEM, at=fact.at, order_id=None, channel_sale_id=fact.sale_id)


def completed(fact: channels.CompletedElsewhere) -> None:
    """The sale stands: her share of the price it brought there, which is never below the one she agreed to (NAP-30).

    What the marketplace keeps is part of our commission.
    """
    piece = _sold(fact.sale_id)
    if piece is None:
        return
    sale = db.session.get_one(ChannelSale, fact.sale_id)
    owed = terms.net_of(piece, sale.price)
    if owed is None:
        raise LookupError(f"sale {sale.number} has no price")
    event = move(piece, "owe", by=SYSTEM, at=fact.at, owed_minor=owed.payout.minor)
    post(accounting.consigned(piece, owed, event, fact.at, reference=sale.number))


def cancelled(fact: channels.CancelledElsewhere) -> None:
    """It came to nothing: what was lost on its way is paid as if sold (NAP-19), everything else is ticked in again."""
    piece = _sold(fact.sale_id)
    if piece is None:
        return
    if fact.is_lost:
        selling.lose(piece, at=fact.at)
    else:
        of_returned(piece, at=fact.at)


def _sold(sale_id: int) -> ConsignedPiece | None:
    mine = (ConsignedPiece.channel_sale_id == sale_id, ConsignedPiece.state == PieceState.SOLD)
    return db.session.scalar(sa.select(ConsignedPiece).where(*mine))
