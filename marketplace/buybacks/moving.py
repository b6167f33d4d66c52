"""The one door through which a buyback changes its state: claim, deadline, news."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from marketplace import events
from marketplace.buybacks import waiting
from marketplace.buybacks.facts import BuybackMoved
from marketplace.buybacks.models import Buyback
from marketplace.buybacks.states import DESKS
from marketplace.custody.examining import check_not_own
from marketplace.database import db
from marketplace.events import Event, HasActor


def move(buyback: Buyback, action: str, *, by: HasActor, at: datetime, **sets: Any) -> Event:
    """Move one buyback; ``sets`` are further columns of the same claim.

    Raises the action's own refusal, or ``OwnPiece``.
    """
    if action in DESKS:
        check_not_own(buyback.owner_id, by)
    event = events.transition(buyback, action, by=by, at=at, sets=sets)
    waiting.wait(buyback, at=at)
    events.announce(BuybackMoved(buyback.id, action, at))
    return event


def locked(buyback: Buyback) -> Buyback:
    """The buyback as it stands now, held until the unit of work ends."""
    return db.session.scalars(
        sa.select(Buyback).where(Buyback.id == buyback.id).with_for_update().execution_options(populate_existing=True)
    ).one()
