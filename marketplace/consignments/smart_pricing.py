"""Smart Pricing: chosen with the acceptance, it lowers what an owner receives step by step (NAP-36, GAP-10).

Each step takes the policy's share off the current payout, so that steps compound; the price in the shop moves with it.
The commission stays that of the band the piece was first listed in: a step never costs her more than its share.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from marketplace import events
from marketplace.consignments import terms
from marketplace.consignments.facts import PriceStepped
from marketplace.consignments.models import ConsignedPiece
from marketplace.consignments.moving import locked
from marketplace.consignments.states import PieceState
from marketplace.consignments.terms import Net
from marketplace.database import db
from marketplace.errors import Refusal
from marketplace.events import SYSTEM
from marketplace.jobs import deadlines
from marketplace.listings import repricing
from marketplace.listings.drafting import PriceOutOfBounds
from marketplace.listings.states import CannotReprice
from marketplace.money import FULL, Money
from marketplace.people.models import Person

CUT = "consigned_price_cut"  # deadline: the next step
WHILE_HELD = timedelta(hours=1)  # somebody is paying for it: the step waits


class NoStepToCome(Refusal):
    message = _l("There is no further step to stop.")


@dataclass(frozen=True)
class Step:
    """One step to come: when, and what the piece then costs and brings."""

    at: datetime
    net: Net


def can_choose(piece: ConsignedPiece) -> bool:
    """Whether the owner's terms offer it."""
    return terms.rules(piece).smart_pricing.is_on


def begin(piece: ConsignedPiece, *, at: datetime) -> None:
    """The owner chose it with her acceptance, and the piece went into the shop; harmless where it is not offered."""
    if can_choose(piece):
        piece.smart_from_minor, piece.price_cuts = piece.price_minor, 0
        _wait(piece, at + _every(piece))


def stop(piece: ConsignedPiece, *, by: Person, at: datetime) -> None:
    """Its owner wants no further step: the price stays as it is from now on, and so does the share we keep of it.

    The row decides against a step that is due at this moment. Raises ``NoStepToCome``.
    """
    piece = locked(piece)
    if piece.state is not PieceState.LIVE or piece.next_cut_at is None:
        raise NoStepToCome()
    piece.next_cut_at = None
    deadlines.cancel_deadlines([piece], CUT, at=at)
    events.record(piece, "stop_steps", by=by, at=at, steps=piece.price_cuts)


def forget(piece: ConsignedPiece) -> None:
    """It goes into the shop anew without it."""
    piece.smart_from_minor, piece.next_cut_at = None, None


def steps(piece: ConsignedPiece, *, begins_at: datetime) -> list[Step]:
    """The steps to come, if nothing else lowers the price; ``begins_at``: the first is so long after this moment.

    Before the choice they are what it would come to.
    """
    rule, found = terms.rules(piece).smart_pricing, []
    net, moment = terms.net_of(piece), piece.next_cut_at or begins_at + _every(piece)
    done = piece.price_cuts if piece.smart_from_minor is not None else 0
    for _number in range(rule.times - done if net else 0):
        net = _lowered(piece, net) if net else None
        if net is not None:
            found.append(Step(moment, net))
        moment += _every(piece)
    return found


def sweep(piece_ids: Sequence[int], at: datetime) -> None:
    """The next step of each piece is due; one that has left the shop is let be."""
    due = sa.select(ConsignedPiece).where(ConsignedPiece.id.in_(piece_ids), ConsignedPiece.next_cut_at <= at)
    for piece in db.session.scalars(due.order_by(ConsignedPiece.id).with_for_update()).all():
        if piece.state is PieceState.LIVE and piece.smart_from_minor is not None:
            _cut(piece, at)
        else:
            piece.next_cut_at = None


def _cut(piece: ConsignedPiece, at: datetime) -> None:
    net = terms.net_of(piece)
    if net is None or piece.listing is None:
        raise LookupError(f"piece {piece.id} has no price in the shop")
    price = _lowered(piece, net).price
    try:
        repricing.reprice(piece.listing, price, by=SYSTEM, at=at)
    except CannotReprice:
        _wait(piece, at + WHILE_HELD)
        return
    except PriceOutOfBounds:  # nothing is sold for so little: it stays as it is
        piece.next_cut_at = None
        return
    piece.price_minor, piece.price_cuts = price.minor, piece.price_cuts + 1
    events.record(piece, "step", by=SYSTEM, at=at, step=piece.price_cuts, price=price.minor)
    if piece.price_cuts < terms.rules(piece).smart_pricing.times:
        _wait(piece, at + _every(piece))
    else:
        piece.next_cut_at = None
    events.announce(PriceStepped(piece.id, net.payout, at))


def _lowered(piece: ConsignedPiece, net: Net) -> Net:
    """One step down: the payout less its share, half up, and the price that brings exactly so much."""
    payout = net.payout.share(FULL - terms.rules(piece).smart_pricing.step_basis_points)
    hers = FULL - net.basis_points
    price = Money((payout.minor * FULL + hers // 2) // hers, payout.currency)
    return Net(price, net.basis_points, price - payout, payout)


def _every(piece: ConsignedPiece) -> timedelta:
    return timedelta(days=terms.rules(piece).smart_pricing.every_days)


def _wait(piece: ConsignedPiece, until: datetime) -> None:
    piece.next_cut_at = until
    deadlines.set_deadline(CUT, piece, until)
