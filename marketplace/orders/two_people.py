"""What moves more than one agent may decide alone takes two: one proposes it, another does the same (fault P06)."""

from __future__ import annotations

from datetime import datetime

from marketplace import events
from marketplace.events import Event
from marketplace.money import Money
from marketplace.orders import accounting
from marketplace.orders.models import Order
from marketplace.people.models import Person
from marketplace.programme import versions

PROPOSE = "desk_propose"


def needs_two(amount: Money) -> bool:
    """Whether so much takes two people; staff's limits are always the current ones (GAP-18)."""
    return amount.minor > versions.current().policy.disputes.approval_above_minor


def proposal_of(order: Order, verb: str) -> Event | None:
    """The proposal of this verb that stands: nothing has moved the order or its money since."""
    return next((event for event in standing(order) if event.detail["verb"] == verb), None)


def standing(order: Order) -> list[Event]:
    """The proposals that stand, newest first."""
    found = []
    for event in reversed(events.history(order)):
        if event.to_state is not None or event.action == accounting.REFUND_PART:
            break
        if event.action == PROPOSE:
            found.append(event)
    return found


def is_seconded(order: Order, verb: str, *, by: Person) -> bool:
    """Whether somebody else has proposed the same."""
    proposal = proposal_of(order, verb)
    return proposal is not None and proposal.actor_id != by.id


def propose(order: Order, verb: str, *, note_id: int, by: Person, at: datetime) -> None:
    """Write down that this agent wants it done."""
    events.record(order, PROPOSE, by=by, at=at, verb=verb, note_id=note_id)
