"""What silence leads to in each state: one sweep for all cases, each dealt with as its state says."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from marketplace import events
from marketplace.disputes import closing, resting, returning, waiting
from marketplace.disputes.facts import CaseMoved, News
from marketplace.disputes.locking import lock_all
from marketplace.disputes.models import Dispute
from marketplace.disputes.states import DisputeState
from marketplace.events import SYSTEM
from marketplace.jobs import deadlines

ASKED = (DisputeState.AWAITING_SELLER, DisputeState.AWAITING_BUYER)
DESKS = (DisputeState.IN_REVIEW, DisputeState.AWAITING_APPROVAL)


def sweep(dispute_ids: Sequence[int], at: datetime) -> None:
    """The deadlines of these cases have passed; one that was moved meanwhile waits on."""
    for dispute in lock_all(dispute_ids):
        if dispute.due_at is None:
            continue
        if dispute.due_at > at:
            deadlines.set_deadline(waiting.DUE, dispute, dispute.due_at)
        else:
            _pass(dispute, at)


def _pass(dispute: Dispute, at: datetime) -> None:
    if dispute.state in ASKED:
        events.transition(dispute, "review", by=SYSTEM, at=at, silent=True)
        waiting.wait(dispute, at=at)
        events.announce(CaseMoved(dispute.id, News.IN_REVIEW, at))
    elif dispute.state in DESKS or closing.refund_waits(dispute):
        _escalate(dispute, at)
    elif dispute.state is DisputeState.RETURN_LABEL:
        returning.keep(dispute, at=at)
    elif dispute.state is DisputeState.RETURN_IN_TRANSIT:
        returning.lose(dispute, at=at)
    elif dispute.state is DisputeState.RETURNED:
        returning.receive(dispute, by=SYSTEM, at=at)
    elif resting.is_waiting_for_appeals(dispute):
        resting.rest(dispute, by=SYSTEM, at=at)


def _escalate(dispute: Dispute, at: datetime) -> None:
    """We are late: a new date that both sides see. Our silence never decides money."""
    events.record(dispute, "escalate", by=SYSTEM, at=at)
    waiting.wait(dispute, at=at)
    events.announce(CaseMoved(dispute.id, News.NEW_DATE, at))
