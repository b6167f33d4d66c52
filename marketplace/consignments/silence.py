"""What silence does to a consigned piece. Where the silent one is staff, an alarm and a new date; never a decision."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from marketplace.consignments import paying, proposing, requesting, selling, terms, waiting
from marketplace.consignments.examining import choices, choose
from marketplace.consignments.models import ConsignedPiece
from marketplace.consignments.states import Choice, PieceState
from marketplace.custody import inbound
from marketplace.database import db
from marketplace.events import SYSTEM
from marketplace.jobs.alarms import AlarmKind, raise_alarm
from marketplace.shipping import parcels

_S = PieceState


def sweep(piece_ids: Sequence[int], at: datetime) -> None:
    """The deadline of each piece has passed."""
    due = sa.select(ConsignedPiece).where(ConsignedPiece.id.in_(piece_ids), ConsignedPiece.due_at <= at)
    for piece in db.session.scalars(due.order_by(ConsignedPiece.id).with_for_update()).all():
        _silent(piece, at)


def _silent(piece: ConsignedPiece, at: datetime) -> None:
    if piece.state is _S.REQUESTED:
        requesting.let_go(piece, by=SYSTEM, at=at)
        parcels.cancel_inbound(piece.consignment.number, by=SYSTEM, at=at)
    elif piece.state is _S.PROPOSED:
        proposing.refuse(piece, by=SYSTEM, at=at)
    elif piece.state is _S.DECLINED:
        _choose(piece, at)
    elif piece.state in (_S.PAYABLE, _S.LOST):
        paying.pay(piece, at=at)
    elif piece.state is _S.INBOUND and _is_lost(piece):
        selling.lose(piece, at=at)
    else:
        raise_alarm(AlarmKind.CONSIGNED_OVERDUE, piece, at=at)
        waiting.wait(piece, at=at)


def _choose(piece: ConsignedPiece, at: datetime) -> None:
    rule = terms.rules(piece)
    charity = rule.charities[0].key if rule.charities else None
    stated = Choice(rule.when_silent)
    choose(piece, stated if stated in choices(piece) else Choice.RECYCLE, charity=charity, by=SYSTEM, at=at)


def _is_lost(piece: ConsignedPiece) -> bool:
    """Whether the carrier had it and nothing moved since; what was delivered is ours to find."""
    was_sold = piece.order_id is not None or piece.channel_sale_id is not None
    return not was_sold and inbound.is_lost(piece.consignment.number)
