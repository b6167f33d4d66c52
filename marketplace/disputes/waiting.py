"""The one deadline of an open case: whose it is, when it is, and how long it may rest."""

from __future__ import annotations

from datetime import datetime, timedelta

from flask_babel import lazy_gettext as _l

from marketplace import events
from marketplace.disputes import thread
from marketplace.disputes.facts import CaseMoved, News
from marketplace.disputes.models import Dispute
from marketplace.disputes.states import SILENCE, DisputeState, WaitingOn
from marketplace.errors import Refusal
from marketplace.events import HasActor
from marketplace.jobs import deadlines
from marketplace.orders import terms
from marketplace.people.models import Person
from marketplace.programme.policy.disputes import Disputes

DUE = "dispute_due"


class CannotPause(Refusal):
    message = _l("A deadline can rest only until a day within the limit, and while the case is open.")
    status = 422


def rules(dispute: Dispute) -> Disputes:
    """The policy's words on disputes that this case goes by: those of the day the order was placed (GAP-18)."""
    return terms.of_buyer(dispute.order).disputes


def waiting_on(dispute: Dispute) -> WaitingOn | None:
    """Who acts next; None once the case is over."""
    return acts_next(dispute.state, goes_to_house=dispute.goes_to_house)


def acts_next(state: DisputeState, *, goes_to_house: bool) -> WaitingOn | None:
    """Who acts next in a state. What is, or becomes, the house's own piece is the desk's."""
    if state not in SILENCE:
        return None
    party = SILENCE[state].waiting_on
    return WaitingOn.DESK if party is WaitingOn.SELLER and goes_to_house else party


def wait(dispute: Dispute, *, at: datetime) -> None:
    """Set the deadline of the state the case is in now, in the place of any other."""
    set_due(dispute, _due_at(dispute, at))


def set_due(dispute: Dispute, due_at: datetime) -> None:
    """Set the case's deadline to a moment of its own; a pause ends with it."""
    dispute.due_at, dispute.paused_until, dispute.pause_reason = due_at, None, ""
    deadlines.set_deadline(DUE, dispute, due_at)


def wait_no_more(dispute: Dispute, *, at: datetime) -> None:
    """The case is over: nobody is waited for."""
    dispute.due_at, dispute.paused_until, dispute.closed_at = None, None, at
    deadlines.cancel_deadlines([dispute], DUE, at=at)


def _due_at(dispute: Dispute, at: datetime) -> datetime:
    rule, calendar = rules(dispute), terms.calendar()
    if dispute.state in (DisputeState.DECIDED, DisputeState.RETURN_LOST):
        return max(dispute.appeal_until or at, at)
    if dispute.state is DisputeState.RETURN_IN_TRANSIT:
        return at + timedelta(days=terms.of_buyer(dispute.order).limits.no_movement_days)
    days = {
        DisputeState.AWAITING_SELLER: rule.answer_business_days,
        DisputeState.AWAITING_BUYER: rule.offer_business_days,
        DisputeState.IN_REVIEW: rule.review_business_days,
        DisputeState.AWAITING_APPROVAL: rule.approval_business_days,
        DisputeState.RETURN_LABEL: rule.return_business_days,
        DisputeState.RETURNED: rule.receipt_business_days,
    }
    return calendar.end_of_business_day_after(at, days[dispute.state])


def pause(dispute: Dispute, *, until: datetime, reason: str, by: Person, at: datetime) -> None:
    """Let the deadline rest until a moment; what was left of it runs from then. Both sides see why.

    Raises ``CannotPause`` past the policy's limit, while a pause runs, or where nothing is waited for.
    """
    latest = terms.calendar().end_of_business_day_after(at, rules(dispute).max_pause_business_days)
    if dispute.due_at is None or dispute.paused_until is not None or not at < until <= latest:
        raise CannotPause()
    left = max(dispute.due_at - at, timedelta(0))
    set_due(dispute, until + left)
    dispute.paused_until, dispute.pause_reason = until, reason
    events.record(dispute, "pause", by=by, at=at, note_id=thread.keep(dispute, reason, by=by, at=at).id)
    events.announce(CaseMoved(dispute.id, News.NEW_DATE, at))


def run_on(dispute: Dispute, *, by: HasActor, at: datetime) -> None:
    """End a pause before its time: what was left of the deadline runs from now. Raises ``CannotPause`` without one."""
    if dispute.due_at is None or dispute.paused_until is None:
        raise CannotPause()
    left = dispute.due_at - max(dispute.paused_until, at)
    set_due(dispute, max(dispute.due_at if at >= dispute.paused_until else at + left, at))
    events.record(dispute, "run_on", by=by, at=at)
    events.announce(CaseMoved(dispute.id, News.NEW_DATE, at))
