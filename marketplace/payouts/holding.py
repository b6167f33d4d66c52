"""The desk keeps a payout back: for a reason of the policy, never longer than its days (fault P06)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa

from marketplace import events
from marketplace.database import db
from marketplace.errors import NotFound
from marketplace.events import SYSTEM, HasActor
from marketplace.jobs import deadlines
from marketplace.payouts.facts import PayoutHeld
from marketplace.payouts.leaving import leave, stay, waits
from marketplace.payouts.models import CannotHold, NotHeld, Payout, PayoutHold, PayoutState
from marketplace.payouts.paying import payout_of
from marketplace.people.models import Person
from marketplace.programme import versions
from marketplace.programme.policy.values import named

HOLD_ENDS = "payout_hold_ends"


def hold_of(order_id: int) -> PayoutHold | None:
    """What keeps an order's payout back now."""
    standing = sa.select(PayoutHold).where(PayoutHold.order_id == order_id, PayoutHold.released_at.is_(None))
    return db.session.scalar(standing)


def can_hold(order_id: int) -> bool:
    """Whether the payout has not left, and is not held."""
    payout = payout_of(order_id)
    stays = payout is None or payout.state is PayoutState.REFUSED or waits(payout)
    return hold_of(order_id) is None and stays


def hold(order_id: int, *, reason: str, by: Person, at: datetime) -> PayoutHold:
    """Keep an order's payout back for the policy's days; the caller has locked the order.

    Raises ``CannotHold`` once the payout has left, and ``NotFound`` for a reason the policy does not know.
    """
    rules = versions.current().policy.desk
    why = named(rules.hold_reasons, reason)
    if why is None:
        raise NotFound()
    payout = _locked_payout(order_id)
    if not can_hold(order_id):
        raise CannotHold()
    until = at + timedelta(days=rules.max_hold_days)
    placed = PayoutHold(
        order_id=order_id,
        reason=why.key,
        label=why.label,
        clears=why.clears,
        placed_by_id=by.id,
        placed_at=at,
        until=until,
    )
    db.session.add(placed)
    db.session.flush()
    if payout is not None:
        stay(payout, at=at)
        events.transition(payout, "hold", by=by, at=at)
    deadlines.set_deadline(HOLD_ENDS, placed, until)
    events.announce(PayoutHeld(placed.id, at))
    return placed


def release(placed: PayoutHold, *, by: HasActor, at: datetime) -> None:
    """Let the payout go: it leaves now where it was due meanwhile. Raises ``NotHeld`` a second time."""
    claim = (
        sa.update(PayoutHold)
        .where(PayoutHold.id == placed.id, PayoutHold.released_at.is_(None))
        .values(released_at=at)
        .returning(PayoutHold.id)
    )
    if db.session.scalar(claim) is None:
        raise NotHeld()
    deadlines.cancel_deadlines([placed], HOLD_ENDS, at=at)
    events.record(placed, "release", by=by, at=at)
    payout = _locked_payout(placed.order_id)
    if payout is not None and payout.state is PayoutState.HELD:
        events.transition(payout, "release", by=by, at=at)
        leave(payout, at=at)


def _locked_payout(order_id: int) -> Payout | None:
    own = sa.select(Payout).where(Payout.order_id == order_id).with_for_update()
    return db.session.scalar(own.execution_options(populate_existing=True))


def sweep_ended(hold_ids: Sequence[int], at: datetime) -> None:
    """The days of these holds are over: what they kept back goes out."""
    over = sa.select(PayoutHold).where(PayoutHold.id.in_(hold_ids), PayoutHold.released_at.is_(None))
    for placed in db.session.scalars(over.order_by(PayoutHold.id)).all():
        release(placed, by=SYSTEM, at=at)
