"""An appeal: each side once, within its days; a person who did not decide hears it (GAP-21)."""

from __future__ import annotations

from datetime import datetime

from marketplace import events
from marketplace.disputes import resting, thread
from marketplace.disputes.locking import lock
from marketplace.disputes.models import Dispute
from marketplace.disputes.permissions import can_appeal
from marketplace.disputes.states import CannotAppeal, Side
from marketplace.people.models import Person


def appeal(dispute: Dispute, *, side: Side, words: str, by: Person, at: datetime) -> None:
    """Ask for the decision to be looked at again. While the piece is on its way back it is heard after that.

    Raises ``CannotAppeal``.
    """
    dispute = lock(dispute)
    if not can_appeal(dispute, side, at):
        raise CannotAppeal()
    if side is Side.BUYER:
        dispute.buyer_appealed_at = at
    else:
        dispute.seller_appealed_at = at
    events.record(dispute, "lodge_appeal", by=by, at=at)
    thread.say(dispute, words, side=side, by=by, at=at)
    if resting.is_waiting_for_appeals(dispute):
        resting.hear(dispute, side, by=by, at=at)
