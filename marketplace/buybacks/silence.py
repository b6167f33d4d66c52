"""What silence does to a buyback. Where the silent one is staff, an alarm and a new date; never a decision."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from marketplace.buybacks import buying, inspecting, quoting, waiting
from marketplace.buybacks.models import Buyback
from marketplace.buybacks.states import BuybackState, WayBack
from marketplace.buybacks.waiting import DUE
from marketplace.custody import inbound
from marketplace.database import db
from marketplace.events import SYSTEM
from marketplace.jobs.alarms import AlarmKind, raise_alarm
from marketplace.shipping import parcels

__all__ = ["DUE", "sweep"]

_S = BuybackState


def sweep(buyback_ids: Sequence[int], at: datetime) -> None:
    """The deadline of each buyback has passed."""
    due = sa.select(Buyback).where(Buyback.id.in_(buyback_ids), Buyback.due_at <= at)
    for buyback in db.session.scalars(due.order_by(Buyback.id).with_for_update()).all():
        _silent(buyback, at)


def _silent(buyback: Buyback, at: datetime) -> None:
    if buyback.state in (_S.QUOTED, _S.ACCEPTED):
        was_accepted = buyback.state is _S.ACCEPTED
        quoting.lapse(buyback, by=SYSTEM, at=at)
        if was_accepted:
            parcels.cancel_inbound(buyback.number, by=SYSTEM, at=at)
    elif buyback.state is _S.REVISED:
        inspecting.give_up(buyback, by=SYSTEM, at=at)
    elif buyback.state is _S.FAILED:
        inspecting.fetch(buyback, WayBack.COLLECT, by=SYSTEM, at=at)
    elif buyback.state is _S.INBOUND and inbound.is_lost(buyback.number):
        buying.lose(buyback, at=at)
    else:
        raise_alarm(AlarmKind.BUYBACK_OVERDUE, buyback, at=at)
        waiting.wait(buyback, at=at)
