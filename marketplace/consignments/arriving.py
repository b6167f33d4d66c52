"""From the label to our hands: the carrier's scan makes a piece ours to answer for (NAP-18), the desk ticks it in."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from flask_babel import gettext as _

from marketplace import events
from marketplace.consignments import waiting
from marketplace.consignments.facts import LabelReady
from marketplace.consignments.models import ConsignedPiece, Consignment
from marketplace.consignments.moving import locked, move, put
from marketplace.consignments.states import PieceState
from marketplace.database import db
from marketplace.events import CARRIER, SYSTEM
from marketplace.jobs.alarms import AlarmKind, raise_alarm
from marketplace.people.models import Person
from marketplace.shipping import facts as shipping
from marketplace.shipping import parcels
from marketplace.shipping.models import ParcelState

CARRIERS, BENCH = "carrier", "bench"  # places of the custody log that the shop itself names
LABEL_LATE = "consigned_label_late"  # deadline: the label is promised within hours (NAP-26)


def news(fact: shipping.InboundNews) -> None:
    """What the carrier says of a parcel that comes to us."""
    if isinstance(fact.news, shipping.LabelBought):
        events.announce(LabelReady(fact.consignment_id, fact.news.at))
    elif isinstance(fact.news, shipping.ParcelScanned | shipping.ParcelMoved | shipping.ParcelDelivered):
        _scanned(fact.consignment_id, fact.news.at)


def sweep_label_late(consignment_ids: Sequence[int], at: datetime) -> None:
    """The hours of the promise are over: the desk is told where there is no label yet."""
    for consignment in db.session.scalars(sa.select(Consignment).where(Consignment.id.in_(consignment_ids))):
        parcel = parcels.inbound_parcel(consignment.id)
        if parcel is not None and parcel.state in (ParcelState.LABEL_WANTED, ParcelState.LABEL_REFUSED):
            raise_alarm(AlarmKind.LABEL_LATE, consignment, at=at)


def _scanned(consignment_id: int, at: datetime) -> None:
    """The first scan takes the risk from the owner; each further one puts off the moment at which it counts as lost."""
    pieces = sa.select(ConsignedPiece).where(
        ConsignedPiece.consignment_id == consignment_id,
        ConsignedPiece.state.in_((PieceState.REQUESTED, PieceState.INBOUND)),
    )
    for piece in db.session.scalars(pieces.order_by(ConsignedPiece.id).with_for_update()).all():
        if piece.state is PieceState.REQUESTED:
            put(piece, CARRIERS, by=None, at=at)
            move(piece, "scan", by=CARRIER, at=at)
        else:
            waiting.wait(piece, at=at)


def of_returned(piece: ConsignedPiece, *, at: datetime) -> None:
    """A sale came to nothing: the piece is on its way back to us, or with us still, and is ticked in again."""
    move(piece, "come_back", by=SYSTEM, at=at)


def receive(piece: ConsignedPiece, *, place: str, by: Person, at: datetime) -> None:
    """Tick a piece that lies before us, and say where it goes. Raises ``CannotReceive``."""
    piece = locked(piece)
    move(piece, "receive", by=by, at=at)
    put(piece, place, by=by, at=at)


def store(piece: ConsignedPiece, *, place: str, by: Person, at: datetime) -> None:
    """Write down that a piece in our care lies somewhere else now."""
    put(piece, place, by=by, at=at)


def by_tag(tag: str) -> Consignment | ConsignedPiece | None:
    """What a scanner reads: a consignment's number, a piece's (``K…-2``), or the tracking number of the parcel."""
    said = tag.strip().upper()
    number, _dash, position = said.partition("-")
    found = db.session.scalar(sa.select(Consignment).where(Consignment.number == number))
    if found is None:
        consignment_id = parcels.inbound_by_tracking(said)
        return db.session.get(Consignment, consignment_id) if consignment_id else None
    return next((piece for piece in found.pieces if str(piece.position) == position), found)


def place_words(place: str) -> str:
    """A place of the custody log as people read it."""
    named: dict[str, str] = {CARRIERS: _("With the carrier"), BENCH: _("With our experts")}
    return named.get(place, place)
