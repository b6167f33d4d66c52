"""From the label to our hands: the carrier's scan makes a piece ours to answer for (NAP-18), the desk ticks it in."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from marketplace import events
from marketplace.consignments import waiting
from marketplace.consignments.facts import ReadyToCome
from marketplace.consignments.models import ConsignedPiece, Consignment
from marketplace.consignments.moving import locked, move
from marketplace.consignments.states import PieceState
from marketplace.custody import inbound
from marketplace.custody.log import CARRIERS, put, take_in
from marketplace.database import db
from marketplace.events import CARRIER, SYSTEM
from marketplace.people.models import Person
from marketplace.shipping import facts as shipping
from marketplace.shipping import parcels

LABEL_LATE = "consigned_label_late"  # deadline: the label is promised within hours (NAP-26)


def news(fact: shipping.InboundNews) -> None:
    """What the carrier says of a parcel that comes to us, where it is one of ours."""
    consignment_id = db.session.scalar(sa.select(Consignment.id).where(Consignment.number == fact.number))
    if consignment_id is None:
        return
    if isinstance(fact.news, shipping.LabelBought):
        events.announce(ReadyToCome(consignment_id, fact.news.at))
    elif isinstance(fact.news, inbound.MOVES):
        _scanned(consignment_id, fact.news.at)


def sweep_label_late(consignment_ids: Sequence[int], at: datetime) -> None:
    """The hours of the promise are over."""
    for consignment in db.session.scalars(sa.select(Consignment).where(Consignment.id.in_(consignment_ids))):
        inbound.alarm_without_label(consignment, at=at)


def _scanned(consignment_id: int, at: datetime) -> None:
    """The first scan takes the risk from the owner; each further one puts off the moment at which it counts as lost."""
    pieces = sa.select(ConsignedPiece).where(
        ConsignedPiece.consignment_id == consignment_id,
        ConsignedPiece.state.in_((PieceState.REQUESTED, PieceState.INBOUND)),
    )
    for piece in db.session.scalars(pieces.order_by(ConsignedPiece.id).with_for_update()).all():
        if piece.state is PieceState.REQUESTED:
            put(piece.number, CARRIERS, by=None, at=at)
            move(piece, "scan", by=CARRIER, at=at)
        else:
            waiting.wait(piece, at=at)


def of_returned(piece: ConsignedPiece, *, at: datetime) -> None:
    """A sale came to nothing: the piece is on its way back to us, or with us still, and is ticked in again."""
    move(piece, "come_back", by=SYSTEM, at=at)


def receive(piece: ConsignedPiece, *, place: str, by: Person, at: datetime) -> None:
    """Tick a piece that lies before us, and say where it goes. Raises ``CannotReceive``."""
    piece = locked(piece)
    store = handed_over_at(piece)
    move(piece, "receive", by=by, at=at)
    take_in(piece.number, place, store=store, by=by, at=at)


def handed_over_at(piece: ConsignedPiece) -> str | None:
    """The store to which its owner brings it; nothing once it is on its way."""
    return piece.consignment.store_name if piece.state is PieceState.REQUESTED else None


def store(piece: ConsignedPiece, *, place: str, by: Person, at: datetime) -> None:
    """Write down that a piece in our care lies somewhere else now."""
    put(piece.number, place, by=by, at=at)


def by_tag(tag: str) -> Consignment | ConsignedPiece | None:
    """What a scanner reads: a consignment's number, a piece's (``K…-2``), or the tracking number of the parcel."""
    said = tag.strip().upper()
    number, _dash, position = said.partition("-")
    sent = sa.select(Consignment).where(Consignment.requested_at.is_not(None))
    found = db.session.scalar(sent.where(Consignment.number == number))
    if found is None:
        return db.session.scalar(sent.where(Consignment.number == parcels.inbound_by_tracking(said)))
    return next((piece for piece in found.pieces if str(piece.position) == position), found)
