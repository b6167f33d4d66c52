"""Who may do what in a case, and when. A button asks the same function as its view."""

from __future__ import annotations

from datetime import datetime

from flask_babel import lazy_gettext as _l

from marketplace.disputes.models import Decision, Dispute
from marketplace.disputes.outcomes import FULL, ON_THE_CLAIM
from marketplace.disputes.states import DisputeState, Kind, Remedy, Side
from marketplace.errors import Refusal
from marketplace.orders.models import Order
from marketplace.orders.permissions import can_report_problem
from marketplace.orders.states import OrderState
from marketplace.people.models import Person

RETURNING = (DisputeState.RETURN_LABEL, DisputeState.RETURN_IN_TRANSIT, DisputeState.RETURNED)
SETTLED_ENOUGH = (DisputeState.DECIDED, DisputeState.RETURN_LOST)


class OwnCase(Refusal):
    """Nobody decides a case they are party to (fault P06)."""

    message = _l("You are a party to this case: a colleague must act on it.")
    status = 403


class DecidedBefore(Refusal):
    """An appeal is heard by a person who did not decide, a proposal approved by one who did not make it."""

    message = _l("You have decided in this case before: a colleague must do it now.")
    status = 403


def kinds_open_to(order: Order, at: datetime) -> list[Kind]:
    """What may be claimed now: about the piece within the window alone, non-arrival from payment until it closes."""
    if not can_report_problem(order, at):
        return []
    return list(Kind) if order.state is OrderState.DELIVERED else [Kind.NEVER_ARRIVED]


def can_withdraw(dispute: Dispute) -> bool:
    """The buyer, until somebody has decided."""
    return Dispute.machine.allows(dispute.state, "withdraw") and dispute.decision is None and not dispute.hearing


def can_offer(dispute: Dispute) -> bool:
    """The seller, where there is a piece to keep."""
    return dispute.state is DisputeState.AWAITING_SELLER and dispute.kind is not Kind.NEVER_ARRIVED


def verdict(dispute: Dispute) -> Decision | None:
    """The last decision on the claim itself; those on a seller's money leave it standing."""
    made = [row for row in dispute.decisions if row.decided_at is not None and row.remedy in ON_THE_CLAIM]
    return made[-1] if made else None


def can_appeal(dispute: Dispute, side: Side, at: datetime) -> bool:
    """Each side once, within its days, against a decision that gave it less than it may get (GAP-21).

    What the two agreed on was not decided, and nobody appeals against it. A seller may appeal while the piece is on its
    way back; it is heard once that has ended.
    """
    decision = verdict(dispute)
    if decision is None or dispute.appeal_until is None or at >= dispute.appeal_until:
        return False
    if side is Side.BUYER:
        is_less = decision.remedy in (Remedy.DISMISS, Remedy.PARTIAL_REFUND)
        return is_less and dispute.buyer_appealed_at is None and dispute.state is DisputeState.DECIDED
    if side is Side.SELLER:
        is_less = decision.remedy in (*FULL, Remedy.PARTIAL_REFUND) and not dispute.seller_is_paid
        in_time = dispute.state in (*SETTLED_ENOUGH, *RETURNING)
        return is_less and in_time and dispute.seller_appealed_at is None and not dispute.order.is_supply
    return False


def is_open_to_appeal(dispute: Dispute, at: datetime) -> bool:
    """Whether either side may still appeal."""
    return can_appeal(dispute, Side.BUYER, at) or can_appeal(dispute, Side.SELLER, at)


def is_party(dispute: Dispute, person: Person) -> bool:
    return person.id in (dispute.order.buyer_id, dispute.order.seller_id)


def has_decided(dispute: Dispute, person: Person) -> bool:
    """Whether this person made or approved an earlier decision in the case."""
    made = [row for row in dispute.decisions if row.decided_at is not None]
    return any(person.id in (row.author_id, row.approver_id) for row in made)


def check_decider(dispute: Dispute, person: Person) -> None:
    """Raise ``OwnCase`` for a party, ``DecidedBefore`` for whoever decided what is now looked at again."""
    if is_party(dispute, person):
        raise OwnCase()
    if has_decided(dispute, person):
        raise DecidedBefore()


def may_decide(dispute: Dispute, person: Person) -> bool:
    """Whether ``check_decider`` lets this person through, and there is something to decide or approve."""
    if is_party(dispute, person) or has_decided(dispute, person):
        return False
    if dispute.state is DisputeState.AWAITING_APPROVAL:
        return dispute.proposal is not None and dispute.proposal.author_id != person.id
    return dispute.state is DisputeState.IN_REVIEW
