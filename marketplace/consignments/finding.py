"""Loading consignments and pieces: through their owner, or by number at the desk."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import selectinload

from marketplace.consignments.models import ConsignedPiece, Consignment
from marketplace.consignments.states import PieceState
from marketplace.database import db
from marketplace.errors import NotFound
from marketplace.people.models import Person


def numbered(number: str) -> Consignment:
    """The consignment of that number; else ``NotFound``."""
    found = db.session.scalar(sa.select(Consignment).where(Consignment.number == number))
    if found is None:
        raise NotFound()
    return found


def own(number: str, person: Person) -> Consignment:
    """The same where it is this person's."""
    found = numbered(number)
    if found.owner_id != person.id:
        raise NotFound()
    return found


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
        .where(Consignment.owner_id == person.id)
        .options(selectinload(Consignment.pieces))
        .order_by(Consignment.id.desc())
    ).all()


def waiting_in(*states: PieceState, most: int = 200) -> Sequence[ConsignedPiece]:
    """The pieces in these states, whose deadline comes first in front."""
    return db.session.scalars(
        sa.select(ConsignedPiece)
        .where(ConsignedPiece.state.in_(states))
        .options(selectinload(ConsignedPiece.consignment))
        .order_by(ConsignedPiece.due_at, ConsignedPiece.id)
        .limit(most)
    ).all()
