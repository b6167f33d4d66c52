"""The one deadline of a piece that is not over: by when, and what silence does."""

from __future__ import annotations

from datetime import datetime, timedelta

from marketplace.consignments import terms
from marketplace.consignments.models import ConsignedPiece
from marketplace.consignments.states import PieceState
from marketplace.jobs import deadlines

DUE = "consigned_due"

_S = PieceState


def wait(piece: ConsignedPiece, *, at: datetime) -> None:
    """Set the deadline of the state the piece is in now, in the place of any other; none where nobody is waited for."""
    piece.due_at = due_at(piece, at)
    if piece.due_at is None:
        wait_no_more(piece, at=at)
    else:
        deadlines.set_deadline(DUE, piece, piece.due_at)


def wait_no_more(piece: ConsignedPiece, *, at: datetime) -> None:
    """Nobody is waited for any more."""
    piece.due_at = None
    deadlines.cancel_deadlines([piece], DUE, at=at)


def due_at(piece: ConsignedPiece, at: datetime) -> datetime | None:
    """When silence counts in this state, from ``at`` on."""
    rule, policy = terms.rules(piece), terms.of_owner(piece.consignment)
    days = {
        _S.REQUESTED: rule.send_days,
        _S.INBOUND: policy.limits.no_movement_days,
        _S.DECLINED: rule.choice_days,
        _S.PROPOSED: rule.answer_days,
        _S.GOING_BACK: rule.back_days,
        _S.DONATED: rule.back_days,
        _S.RECYCLED: rule.back_days,
    }
    business_days = {
        _S.RECEIVED: rule.examine_business_days,
        _S.INSPECTING: rule.examine_business_days,
        _S.COUNTERED: rule.examine_business_days,
        _S.ACCEPTED: rule.examine_business_days,
        _S.PAYABLE: rule.pay_business_days,
        _S.LOST: rule.pay_business_days,
    }
    if piece.state in business_days:
        number = business_days[piece.state]
        return terms.calendar().end_of_business_day_after(at, number) if number else at
    return at + timedelta(days=days[piece.state]) if piece.state in days else None
