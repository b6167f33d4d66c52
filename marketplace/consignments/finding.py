"""Loading consignments and pieces: through their owner, or by number at the desk."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import selectinload

from marketplace.consignments.models import ConsignedPiece, Consignment
from marketplace.consignments.states import LEAVING, PieceState
from marketplace.custody.models import Way
from marketplace.database import db
from marketplace.errors import NotFound
from marketplace.people.models import Person


def numbered(number: str) -> Consignment:
    """The consignment of that number; else ``NotFound``. One that is still being written is there for nobody else."""
    sent = sa.select(Consignment).where(Consignment.number == number, Consignment.requested_at.is_not(None))
    found = db.session.scalar(sent)
    if found is None:
        raise NotFound()
    return found


def own(number: str, person: Person) -> Consignment:
    """The same where it is this person's."""
    found = numbered(number)
    if found.owner_id != person.id:
        raise NotFound()
    return found


def draft_of(person: Person) -> Consignment | None:
    """The request this person is writing."""
    return db.session.scalar(
        sa.select(Consignment).where(Consignment.owner_id == person.id, Consignment.requested_at.is_(None))
    )


def unsent_piece(person: Person, position: int) -> ConsignedPiece:
    """A piece of the request this person is writing; else ``NotFound``."""
    draft = draft_of(person)
    if draft is None:
        raise NotFound()
    return piece_in(draft, position)


def to_be_shown(number: str, position: int, person: Person) -> ConsignedPiece:
    """A piece of this person's whose photos may still change, until it leaves her; else ``NotFound``."""
    hers = sa.select(Consignment).where(Consignment.number == number, Consignment.owner_id == person.id)
    found = db.session.scalar(hers)
    piece = piece_in(found, position) if found else None
    if piece is None or piece.state not in (PieceState.DRAFT, PieceState.REQUESTED):
        raise NotFound()
    return piece


def piece_in(consignment: Consignment, position: int) -> ConsignedPiece:
    """One piece of it; else ``NotFound``."""
    found = next((piece for piece in consignment.pieces if piece.position == position), None)
    if found is None:
        raise NotFound()
    return found


def of(person: Person) -> Sequence[Consignment]:
    """Everything this person has asked us to sell, the latest first."""
    return db.session.scalars(
        sa.select(Consignment)
        .where(Consignment.owner_id == person.id, Consignment.requested_at.is_not(None))
        .options(selectinload(Consignment.pieces))
        .order_by(Consignment.id.desc())
    ).all()


def to_come(way: Way, *, most: int = 200) -> Sequence[Consignment]:
    """The requests with a piece that has not left its owner yet and is to come in this way."""
    return db.session.scalars(
        sa.select(Consignment)
        .where(Consignment.way == way, Consignment.pieces.any(state=PieceState.REQUESTED))
        .options(selectinload(Consignment.pieces))
        .order_by(Consignment.collect_on, Consignment.id)
        .limit(most)
    ).all()


def waiting_in(*states: PieceState, most: int = 200) -> Sequence[ConsignedPiece]:
    """The pieces in these states, whose deadline comes first in front; of those given away or recycled the ones that
    still lie here.
    """
    return db.session.scalars(
        sa.select(ConsignedPiece)
        .where(
            ConsignedPiece.state.in_(states),
            sa.or_(ConsignedPiece.state.not_in(LEAVING), ConsignedPiece.due_at.is_not(None)),
        )
        .options(selectinload(ConsignedPiece.consignment))
        .order_by(ConsignedPiece.due_at, ConsignedPiece.id)
        .limit(most)
    ).all()
