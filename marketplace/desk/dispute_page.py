"""The desk's page of one case: what the parties see, and what an agent may do with it."""

from __future__ import annotations

from typing import Any

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from marketplace.desk import item_record
from marketplace.disputes import deciding, opinions, outcomes, pages, replies, showing, waiting
from marketplace.disputes.deciding import NotThatRemedy
from marketplace.disputes.forms import AskOpinionForm, DecisionForm, OpinionForm, PauseForm, ReasonForm, SayForm
from marketplace.disputes.models import Decision, Dispute
from marketplace.disputes.outcomes import Outcome
from marketplace.disputes.permissions import OwnCase, has_decided, is_party, may_decide
from marketplace.disputes.states import DisputeState, Side
from marketplace.disputes.words import LINES, REMEDIES
from marketplace.form_fields import Form
from marketplace.orders.refunding import MoreThanLeft
from marketplace.people.models import Person
from marketplace.permissions import the_person

DECIDABLE = (DisputeState.IN_REVIEW, DisputeState.AWAITING_APPROVAL)


def no_party(dispute: Dispute) -> Person:
    """The agent, who is no party to the case (fault P06)."""
    agent = the_person()
    if is_party(dispute, agent):
        raise OwnCase()
    return agent


def to_case(number: str) -> ResponseReturnValue:
    return redirect(url_for("desk_disputes.case", number=number), 303)


def show(
    dispute: Dispute,
    *,
    form: DecisionForm | None = None,
    outcome: Outcome | None = None,
    sent: Form | None = None,
    status: int = 200,
) -> ResponseReturnValue:
    """The page, with the form that was sent and is not right."""
    agent = the_person()
    page = render_template(
        "desk/dispute.html",
        **pages.facts(dispute, Side.STAFF),
        **_deciding(dispute, agent, outcome),
        **_opinions(dispute, agent, sent),
        form=form or decision_form(dispute, blank=True),
        is_own=is_party(dispute, agent),
        may_receive=dispute.goes_to_house and dispute.state is DisputeState.RETURNED,
        record=item_record.of(dispute.order.item),
        pause=sent if isinstance(sent, PauseForm) else PauseForm(formdata=None, prefix="pause-"),
        say=sent if isinstance(sent, SayForm) else say_form(dispute),
        replies=replies.standing(),
        back=sent if isinstance(sent, ReasonForm) else ReasonForm(formdata=None, prefix="back-"),
        errors=sent or form,
    )
    return page, status


def say_form(dispute: Dispute) -> SayForm:
    """The form for words to both sides, with the saved reply in it that was asked for."""
    form = SayForm(formdata=None, prefix="say-")
    chosen = request.args.get("reply", type=int)
    if chosen is not None:
        form.words.data = replies.fill(replies.the_reply(chosen), dispute)
    return form


# The decision --------------------------------------------------------------------------------------------------------


def decision_form(dispute: Dispute, *, blank: bool = False) -> DecisionForm:
    form = DecisionForm(formdata=None) if blank else DecisionForm()
    form.offer_only(outcomes.remedies(dispute), waiting.rules(dispute).clauses)
    form.amount.currency = dispute.order.currency
    return form


def _deciding(dispute: Dispute, agent: Person, outcome: Outcome | None) -> dict[str, Any]:
    proposal = dispute.proposal
    return {
        "outcome": _lines(outcome),
        "needs_two": deciding.needs_two(outcome) if outcome else False,
        "proposal": proposal,
        "proposed": REMEDIES[proposal.remedy] if proposal else None,
        "proposed_clause": showing.clause_of(proposal) if proposal else None,
        "proposed_lines": _lines(_outcome_of(dispute, proposal)) if proposal else [],
        "may_decide": may_decide(dispute, agent),
        "decided_before": dispute.state in DECIDABLE and not is_party(dispute, agent) and has_decided(dispute, agent),
        "is_own_proposal": proposal is not None and proposal.author_id == agent.id,
        "may_be_counterfeit": outcomes.was_sent(dispute.order) and outcomes.FULL[-1] in outcomes.remedies(dispute),
    }


def _lines(outcome: Outcome | None) -> list[tuple[Any, Any]]:
    return [(LINES[name], amount) for name, amount in outcomes.lines(outcome)] if outcome else []


def _outcome_of(dispute: Dispute, proposal: Decision) -> Outcome | None:
    """What the proposal would do to the money now."""
    try:
        return deciding.preview(dispute, deciding.ruling_of(proposal))
    except (NotThatRemedy, MoreThanLeft):
        return None


# A second opinion ----------------------------------------------------------------------------------------------------


def opinion_form(dispute: Dispute, kind: type[OpinionForm], *, blank: bool = False) -> OpinionForm:
    """The form of one's own view; where it asks a colleague, with whom there is to ask."""
    form = kind(formdata=None, prefix="opinion-") if blank else kind(prefix="opinion-")
    form.offer_only(outcomes.remedies(dispute))
    form.amount.currency = dispute.order.currency
    if isinstance(form, AskOpinionForm):
        colleagues = opinions.colleagues(dispute, the_person())
        form.colleague.choices = [(str(person.id), person.name or person.email) for person in colleagues]
    return form


def _opinions(dispute: Dispute, agent: Person, sent: Form | None) -> dict[str, Any]:
    is_asked = opinions.awaited(dispute, agent) is not None
    may_ask = opinions.can_ask(dispute) and not is_party(dispute, agent)
    kind = OpinionForm if is_asked else AskOpinionForm if may_ask else None
    blank = opinion_form(dispute, kind, blank=True) if kind else None
    return {
        "is_asked": is_asked,
        "opinion": sent if isinstance(sent, OpinionForm) else blank,
        "views": [(view, REMEDIES[view.remedy]) for view in opinions.readable(dispute, agent)],
        "is_opinion_open": any(opinion.is_open for opinion in dispute.opinions),
    }
