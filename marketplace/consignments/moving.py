"""The one door through which a consigned piece changes its state: claim, deadline, news."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from marketplace import events
from marketplace.consignments import waiting
from marketplace.consignments.facts import PieceMoved
from marketplace.consignments.models import ConsignedPiece
from marketplace.consignments.states import DESKS
from marketplace.custody.examining import check_not_own
from marketplace.database import db
from marketplace.events import Event, HasActor


def move(piece: ConsignedPiece, action: str, *, by: HasActor, at: datetime, **sets: Any) -> Event:
    """Move one piece; ``sets`` are further columns of the same claim.

    Raises the action's own refusal, or ``OwnPiece``.
    """
    if action in DESKS:
        check_not_own(piece.consignment.owner_id, by)
    event = events.transition(piece, action, by=by, at=at, sets=sets)
    waiting.wait(piece, at=at)
    events.announce(PieceMoved(piece.id, action, at))
    return event


def locked(piece: ConsignedPiece) -> ConsignedPiece:
    """The piece as it stands now, held until the unit of work ends."""
    return db.session.scalars(
        sa.select(ConsignedPiece)
        .where(ConsignedPiece.id == piece.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()
