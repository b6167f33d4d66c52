"""One case at the desk, with its decision, its preview and its approval."""

from __future__ import annotations

from datetime import datetime, time

from flask import Blueprint, flash, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from marketplace import clock
from marketplace.desk.case_watch import watch
from marketplace.desk.dispute_page import decision_form, no_party, show, to_case
from marketplace.disputes import deciding, returning, thread, waiting
from marketplace.disputes.access import numbered
from marketplace.disputes.deciding import NotThatRemedy, Ruling
from marketplace.disputes.forms import PauseForm, ReasonForm, SayForm
from marketplace.disputes.outcomes import Outcome
from marketplace.disputes.permissions import check_decider, may_decide
from marketplace.disputes.states import (
    CannotApprove,
    CannotDecide,
    DisputeOver,
    DisputeState,
    Side,
)
from marketplace.disputes.waiting import CannotPause
from marketplace.errors import NotFound, Refusal
from marketplace.orders import terms
from marketplace.orders.refunding import MoreThanLeft
from marketplace.people.models import Role
from marketplace.permissions import staff, the_person

bp = Blueprint("desk_disputes", __name__)
watch(bp)


class SeenOtherwise(Refusal):
    message = _l("The money changed while you were looking at it. Nothing was decided; look again.")


@bp.get("/desk/disputes/<number>")
@staff(Role.AGENT)
def case(number: str) -> ResponseReturnValue:
    """One case: the piece as sold, what was said and shown, and what may be done."""
    return show(numbered(number))


# Deciding ------------------------------------------------------------------------------------------------------------


@bp.post("/desk/disputes/<number>/decide")
@staff(Role.AGENT)
def decide(number: str) -> ResponseReturnValue:
    """Show the money first; what was seen is then decided, and nothing else."""
    dispute = numbered(number)
    agent, form = no_party(dispute), decision_form(dispute)
    check_decider(dispute, agent)
    if dispute.state is not DisputeState.IN_REVIEW:
        raise CannotDecide()
    if not form.validate_on_submit():
        return show(dispute, form=form, status=422)
    ruling = form.ruling
    try:
        outcome = deciding.preview(dispute, ruling)
    except MoreThanLeft:
        form.amount.errors = [_("Enter less than what is left of the price, and more than nothing.")]
        return show(dispute, form=form, status=422)
    except NotThatRemedy as refusal:
        form.remedy.errors = [str(refusal.message)]
        return show(dispute, form=form, status=422)
    seen, shown = form.seen.data, _mark(ruling, outcome)
    if not seen or request.form.get("step") == "preview":
        form.seen.data = shown
        return show(dispute, form=form, outcome=outcome)
    if seen != shown:
        raise SeenOtherwise()
    decision = deciding.decide(dispute, ruling, by=agent, at=clock.now())
    flash(_("Decided.") if decision.decided_at else _("A second agent has to approve it."))
    return to_case(number)


def _mark(ruling: Ruling, outcome: Outcome) -> str:
    """What a preview showed, as one value: another remedy, finding or amount is another mark."""
    figures = (outcome.to_buyer.minor, outcome.to_seller.minor, outcome.from_programme.minor)
    return ":".join([ruling.remedy.value, str(ruling.is_counterfeit), *map(str, figures)])


@bp.post("/desk/disputes/<number>/approve")
@staff(Role.AGENT)
def approve(number: str) -> ResponseReturnValue:
    """The second agent agrees."""
    deciding.approve(numbered(number), by=the_person(), at=clock.now())
    flash(_("Approved and carried out."))
    return to_case(number)


@bp.post("/desk/disputes/<number>/send-back")
@staff(Role.AGENT)
def send_back(number: str) -> ResponseReturnValue:
    """The second agent does not agree."""
    dispute, form = numbered(number), ReasonForm(prefix="back-")
    if not may_decide(dispute, the_person()) or dispute.proposal is None:
        raise CannotApprove()
    if not form.validate_on_submit():
        return show(dispute, sent=form, status=422)
    deciding.send_back(dispute, words=form.reason.data, by=the_person(), at=clock.now())
    flash(_("Sent back: it is to be decided anew."))
    return to_case(number)


# Deadlines and words -------------------------------------------------------------------------------------------------


@bp.post("/desk/disputes/<number>/pause")
@staff(Role.AGENT)
def pause(number: str) -> ResponseReturnValue:
    """Let the deadline rest to the end of a day, for a reason that both sides read."""
    dispute, form = numbered(number), PauseForm(prefix="pause-")
    agent = no_party(dispute)
    if dispute.is_over or dispute.paused_until is not None:
        raise CannotPause()
    if not form.validate_on_submit():
        return show(dispute, sent=form, status=422)
    until = datetime.combine(form.until.data, time(23, 59, 59), terms.calendar().zone)
    waiting.pause(dispute, until=until, reason=form.reason.data, by=agent, at=clock.now())
    flash(_("The time limit rests. Both sides have been told."))
    return to_case(number)


@bp.post("/desk/disputes/<number>/run-on")
@staff(Role.AGENT)
def run_on(number: str) -> ResponseReturnValue:
    """End a pause before its day."""
    dispute = numbered(number)
    waiting.run_on(dispute, by=no_party(dispute), at=clock.now())
    flash(_("The time limit runs again. Both sides have been told."))
    return to_case(number)


@bp.post("/desk/disputes/<number>/write")
@staff(Role.AGENT)
def write(number: str) -> ResponseReturnValue:
    """Write to both sides."""
    dispute, form = numbered(number), SayForm(prefix="say-")
    agent = no_party(dispute)
    if dispute.is_over:
        raise DisputeOver()
    if not form.validate_on_submit():
        return show(dispute, sent=form, status=422)
    thread.write(dispute, form.words.data, side=Side.STAFF, by=agent, at=clock.now())
    flash(_("Sent to both sides."))
    return to_case(number)


@bp.post("/desk/disputes/<number>/receive")
@staff(Role.AGENT, Role.WAREHOUSE)
def receive(number: str) -> ResponseReturnValue:
    """The house's own piece, or a counterfeit, is in the warehouse."""
    dispute = numbered(number)
    if not dispute.goes_to_house:
        raise NotFound()
    returning.receive(dispute, by=no_party(dispute), at=clock.now())
    flash(_("The piece is back."))
    return to_case(number)
