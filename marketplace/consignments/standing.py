"""What is said of a piece: its state and, once it is handed over to the payouts, how far its payment is (LUX-71).

The machine ends with the hand-over. What becomes of the payment then (a bank's run, a bank that sends it back, a form
chosen anew) only the payout knows, so it is read there and kept nowhere else.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from marketplace.consignments.labels import LABELS, still_here, tone
from marketplace.consignments.models import ConsignedPiece
from marketplace.consignments.states import LEAVING, PieceState
from marketplace.database import db
from marketplace.money import Money
from marketplace.payouts.coming_back import came_back
from marketplace.payouts.models import Payout, PayoutReason, PayoutState
from marketplace.payouts.words import PAYOUT_STATES, PAYOUT_TONES


@dataclass(frozen=True)
class Standing:
    """The word for a piece, and its colour. ``payment``: how far that is, empty where nothing was handed over.

    ``promised_by``: until when we said we pay, while it has not left. ``fees``: what of it settled fees (GAP-19).
    """

    label: LazyString
    tone: str
    payment: PayoutState | None = None
    came_back: bool = False
    promised_by: datetime | None = None
    fees: Money | None = None


def of(piece: ConsignedPiece) -> Standing:
    """How one piece stands."""
    return of_all([piece])[piece.id]


def of_all(pieces: Iterable[ConsignedPiece]) -> dict[int, Standing]:
    """How each of these stands, by its id, in two statements at most."""
    pieces = list(pieces)
    payouts = _payouts([piece.number for piece in pieces if piece.state is PieceState.PAID])
    back = came_back(payouts.values())
    return {piece.id: _standing(piece, payouts.get(piece.number), back) for piece in pieces}


def _payouts(numbers: list[str]) -> dict[str, Payout]:
    if not numbers:
        return {}
    found = sa.select(Payout).where(Payout.reference.in_(numbers), Payout.reason == PayoutReason.CONSIGNMENT)
    return {payout.reference: payout for payout in db.session.scalars(found)}


def _standing(piece: ConsignedPiece, payout: Payout | None, back: dict[int, datetime]) -> Standing:
    if piece.state in LEAVING and piece.due_at is not None:
        return Standing(still_here(piece.state), tone(piece.state))
    if piece.state is not PieceState.PAID:
        return Standing(LABELS[piece.state], tone(piece.state))
    if payout is None:  # fees took all of it, so that nothing was handed over
        return Standing(LABELS[piece.state], tone(piece.state), fees=piece.owed)
    fees = piece.owed - payout.amount - payout.covered if piece.owed else None
    if payout.id in back:
        return Standing(_l("Payment came back"), "bad", payout.state, came_back=True, fees=fees)
    if payout.state is PayoutState.DUE:
        waits = PieceState.PAYABLE
        return Standing(LABELS[waits], tone(waits), payout.state, promised_by=payout.promised_by, fees=fees)
    return Standing(PAYOUT_STATES[payout.state], PAYOUT_TONES[payout.state], payout.state, fees=fees)
