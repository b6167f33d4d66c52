"""Fees that owners owe us for pieces in our care: taken from their next payout, as far as it reaches (GAP-19).

Or paid by a link before that: ``billing``. Nobody pays for the way back of a piece that is then lost with us.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from marketplace import events
from marketplace.custody import billing
from marketplace.custody.models import BillState, Charged
from marketplace.database import db
from marketplace.errors import Refusal
from marketplace.events import HasActor
from marketplace.money import Money

GIVEN_BACK = "give_fee_back"  # the event of a piece whose fee is paid out with its price


class FeeIsOpen(Refusal):
    message = _l("The fee for this piece is not settled yet: it is paid, taken from the next payout, or waived.")


def take(owner_id: int, owed: Money, *, at: datetime) -> Money:
    """Settle the owner's open fees out of what she is owed, oldest first, each whole or none; how much that is."""
    taken = Money.zero(owed.currency)
    for piece in _open(owner_id):
        if taken + piece.fee <= owed:
            taken, piece.fee_settled_at = taken + piece.fee, at
            billing.close(piece, at=at)
    return taken


def _open(owner_id: int) -> list[Charged]:
    found: list[Charged] = []
    for model in charged_models():
        open_fee = (model.fee_minor > 0, model.fee_settled_at.is_(None), model.is_of(owner_id))
        locked = sa.select(model).where(*open_fee).order_by(model.id).with_for_update()
        found += db.session.scalars(locked.execution_options(populate_existing=True)).all()
    return found


def charged_models() -> list[Any]:
    """Every kind of piece a fee may be owed for, in the order of their names."""
    return sorted(Charged.__subclasses__(), key=lambda model: model.__name__, reverse=True)


def waive(piece: Any, *, by: HasActor, at: datetime) -> None:
    """A fee is let go; nothing is booked, for nothing was. One that was taken meanwhile stays as it was booked."""
    if piece.fee_open:
        events.record(piece, "waive_fee", by=by, at=at, fee_minor=piece.fee_minor)
        piece.fee_minor = 0
        billing.close(piece, at=at)


@dataclass(frozen=True)
class GivenBack:
    """A fee that was given back: to the card that paid it, or with what is paid for the piece."""

    fee: Money
    to_card: bool


def give_back(piece: Any, *, by: HasActor, at: datetime) -> Money:
    """A piece is lost before it could go back, so that its fee was for nothing (NAP-19); the caller has locked it.

    One that is open is let go; one that was paid by its link goes back to the card. What a payout was short of for it
    is returned, to be added to what is now paid for the piece.
    """
    waive(piece, by=by, at=at)
    fee: Money = piece.fee
    if not fee:
        return fee
    paid = billing.bill_of(piece, BillState.PAID)
    if paid is not None:
        billing.give_back(paid, by=by, at=at)
        return Money.zero(piece.currency)
    events.record(piece, GIVEN_BACK, by=by, at=at, fee_minor=fee.minor)
    return fee


def given_back(piece: Any) -> GivenBack | None:
    """What was given back of the fee for a piece, so that its owner is told."""
    if piece.fee_settled_at is None:
        return None
    if billing.bill_of(piece, BillState.RETURNED) is not None:
        return GivenBack(piece.fee, to_card=True)
    is_in_sum = any(one.action == GIVEN_BACK for one in events.history(piece))
    return GivenBack(piece.fee, to_card=False) if is_in_sum else None
