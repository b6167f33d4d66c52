"""The desk decides: with a reason, a clause, the money shown before; above an amount two people (GAP-08, P06)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from flask_babel import lazy_gettext as _l

from marketplace import events
from marketplace.database import db
from marketplace.disputes import counterfeits, opinions, outcomes, resting, returning, thread, waiting
from marketplace.disputes.facts import CaseMoved, News
from marketplace.disputes.locking import lock
from marketplace.disputes.models import Decision, Dispute
from marketplace.disputes.outcomes import Outcome
from marketplace.disputes.permissions import DecidedBefore, check_decider, verdict
from marketplace.disputes.states import CannotApprove, CannotDecide, DisputeState, Remedy, Side
from marketplace.errors import Refusal
from marketplace.money import Money
from marketplace.people.models import Person
from marketplace.programme import versions
from marketplace.programme.policy.values import named
from marketplace.shipping import parcels
from marketplace.shipping.models import ParcelState


class NotThatRemedy(Refusal):
    message = _l("That cannot be decided in this case as it stands now.")
    status = 422


class NotThatRule(Refusal):
    message = _l("The policy of this sale has no such rule.")
    status = 422


@dataclass(frozen=True)
class Ruling:
    """What an agent wants to decide. ``of_price`` is a partial refund's share of the price.

    ``clause`` is the key of a rule of the case's own policy. ``is_counterfeit`` goes with a refund in full alone, of a
    piece that was sent.
    """

    remedy: Remedy
    words: str
    clause: str
    of_price: Money | None = None
    seller_at_fault: bool = False
    is_counterfeit: bool = False

    @property
    def is_at_fault(self) -> bool:
        """Nobody is paid for a counterfeit."""
        return self.seller_at_fault or self.is_counterfeit


def preview(dispute: Dispute, ruling: Ruling) -> Outcome:
    """The money of a ruling, exactly as it would move. Raises ``NotThatRemedy``, ``NotThatRule``, ``MoreThanLeft``."""
    if ruling.remedy not in outcomes.remedies(dispute):
        raise NotThatRemedy()
    if named(waiting.rules(dispute).clauses, ruling.clause) is None:
        raise NotThatRule()
    if ruling.is_counterfeit and not (ruling.remedy in outcomes.FULL and outcomes.was_sent(dispute.order)):
        raise NotThatRemedy()
    return outcomes.preview(dispute, ruling.remedy, of_price=ruling.of_price, seller_at_fault=ruling.is_at_fault)


def needs_two(outcome: Outcome) -> bool:
    """Whether this moves more than one person may decide alone; staff limits are always current (GAP-18)."""
    return outcome.weight.minor > versions.current().policy.disputes.approval_above_minor


def decide(dispute: Dispute, ruling: Ruling, *, by: Person, at: datetime) -> Decision:
    """Decide, or propose where it takes a second agent.

    Raises ``OwnCase``, ``DecidedBefore``, ``CannotDecide``, and what ``preview`` raises.
    """
    dispute = lock(dispute)
    check_decider(dispute, by)
    if dispute.state is not DisputeState.IN_REVIEW:
        raise CannotDecide()
    outcome = preview(dispute, ruling)
    decision = Decision(
        dispute=dispute,
        remedy=ruling.remedy,
        of_price_minor=ruling.of_price.minor if ruling.of_price and ruling.remedy is Remedy.PARTIAL_REFUND else None,
        seller_at_fault=ruling.is_at_fault,
        is_counterfeit=ruling.is_counterfeit,
        words=ruling.words,
        clause=ruling.clause,
        hears=dispute.hearing,
        author_id=by.id,
        proposed_at=at,
    )
    db.session.add(decision)
    db.session.flush()
    opinions.lapse(dispute, at=at)
    if needs_two(outcome):
        events.transition(dispute, "propose", by=by, at=at, decision_id=decision.id)
        waiting.wait(dispute, at=at)
    else:
        _carry_out(dispute, decision, outcome, by=by, at=at)
    return decision


def approve(dispute: Dispute, *, by: Person, at: datetime) -> Decision:
    """The second agent agrees: the proposal is carried out, for what it does to the money now.

    Raises ``CannotApprove``, ``OwnCase``, ``DecidedBefore`` (the proposer too).
    """
    dispute = lock(dispute)
    decision = _proposal(dispute, by)
    outcome = preview(dispute, ruling_of(decision))
    decision.approver_id = by.id
    _carry_out(dispute, decision, outcome, by=by, at=at)
    return decision


def send_back(dispute: Dispute, *, words: str, by: Person, at: datetime) -> None:
    """The second agent does not agree: the case is to be decided anew. Raises as ``approve`` does."""
    dispute = lock(dispute)
    decision = _proposal(dispute, by)
    decision.sent_back_at, decision.approver_id = at, by.id
    events.transition(dispute, "send_back", by=by, at=at, decision_id=decision.id)
    thread.note(dispute, words, by=by, at=at)
    waiting.wait(dispute, at=at)


def _proposal(dispute: Dispute, by: Person) -> Decision:
    check_decider(dispute, by)
    decision = dispute.proposal
    if dispute.state is not DisputeState.AWAITING_APPROVAL or decision is None:
        raise CannotApprove()
    if decision.author_id == by.id:
        raise DecidedBefore()
    return decision


def ruling_of(decision: Decision) -> Ruling:
    """What a decision says, to be looked at again."""
    minor = decision.of_price_minor
    of_price = None if minor is None else Money(minor, decision.dispute.order.currency)
    at_fault, is_counterfeit = decision.seller_at_fault, decision.is_counterfeit
    return Ruling(decision.remedy, decision.words, decision.clause, of_price, at_fault, is_counterfeit)


def _carry_out(dispute: Dispute, decision: Decision, outcome: Outcome, *, by: Person, at: datetime) -> None:
    before = verdict(dispute)
    decision.reverses = decision.hears is not None and decision.remedy not in (Remedy.LEAVE, _remedy(before))
    decision.decided_at = at
    db.session.flush()
    if decision.remedy in outcomes.ON_THE_CLAIM:
        dispute.seller_at_fault = decision.seller_at_fault
        if decision.is_counterfeit:
            counterfeits.confirm(dispute, by=by, at=at)
    elif decision.remedy is Remedy.PAY_SELLER:
        dispute.seller_is_paid = True
    else:
        dispute.is_piece_back = dispute.is_piece_back or _came_back(dispute)
    dispute.hearing = None
    dispute.appeal_until = at + timedelta(days=waiting.rules(dispute).appeal_days)
    if decision.remedy is Remedy.REFUND_WITH_RETURN:
        on_scan = waiting.rules(dispute).refund_leaves == "return_scan"
        returning.begin(dispute, "decide_return", on_scan=on_scan, by=by, at=at)
        if not on_scan:
            outcomes.give_back(dispute.order, outcome, by=by, at=at)
        events.announce(CaseMoved(dispute.id, News.DECIDED, at, Side.STAFF))
        return
    events.transition(dispute, "decide", by=by, at=at, decision_id=decision.id)
    outcomes.give_back(dispute.order, outcome, by=by, at=at)
    waiting.wait(dispute, at=at)
    events.announce(CaseMoved(dispute.id, News.DECIDED, at, Side.STAFF))
    resting.rest(dispute, by=by, at=at)


def _remedy(decision: Decision | None) -> Remedy | None:
    return decision.remedy if decision else None


def _came_back(dispute: Dispute) -> bool:
    """Where nothing more is given to a seller who disputed what came back, it counts as the piece."""
    parcel = parcels.return_parcel_of(dispute.order_id)
    return parcel is not None and parcel.state is ParcelState.DELIVERED
