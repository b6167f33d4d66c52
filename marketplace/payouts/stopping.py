"""A bank has the payment of a sale in its hands: what its seller has not been paid stays with us until that is over."""

from __future__ import annotations

from datetime import datetime

from marketplace import events
from marketplace.database import db
from marketplace.events import HasActor
from marketplace.ledger import Account, Line, Posting, post
from marketplace.payouts.holding import hold_of
from marketplace.payouts.leaving import leave, stay
from marketplace.payouts.models import Payout, PayoutState
from marketplace.payouts.paying import payout_of


def stop(order_id: int, *, by: HasActor, at: datetime) -> bool:
    """Stop an unpaid payout; False where there is none, or its card may exist already (fault B18)."""
    payout = _locked(order_id)
    if payout is None or payout.state not in (PayoutState.HELD, PayoutState.DUE, PayoutState.REFUSED):
        return False
    if payout.state is not PayoutState.HELD and not stay(payout, at=at):
        return False
    events.transition(payout, "stop", by=by, at=at)
    return True


def go_on(order_id: int, *, by: HasActor, at: datetime) -> bool:
    """What was stopped leaves now, unless the desk holds it still; False where nothing was stopped."""
    payout = _locked(order_id)
    if payout is None or payout.state is not PayoutState.STOPPED:
        return False
    if hold_of(order_id) is not None:
        events.transition(payout, "keep", by=by, at=at)
        return True
    events.transition(payout, "go_on", by=by, at=at)
    leave(payout, at=at)
    return True


def forgo(order_id: int, *, by: HasActor, at: datetime) -> bool:
    """The seller is not paid: what was owed covers what the bank took. Dr seller payable, Cr chargebacks."""
    payout = _locked(order_id)
    if payout is None or payout.state is not PayoutState.STOPPED:
        return False
    cause = events.transition(payout, "forgo", by=by, at=at)
    lines = (
        Line(Account.SELLER_PAYABLE, payout.amount, order_id=payout.order_id),
        Line(Account.CHARGEBACKS, -payout.amount, order_id=payout.order_id),
    )
    post(Posting("forgone", payout, cause, at, payout.reference, lines))
    return True


def _locked(order_id: int) -> Payout | None:
    payout = payout_of(order_id)
    if payout is not None:
        db.session.refresh(payout, with_for_update=True)
    return payout
