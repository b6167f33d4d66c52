"""A blind second opinion at the desk: asked for, and given."""

from __future__ import annotations

from flask import Blueprint, flash
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from marketplace import clock
from marketplace.database import db
from marketplace.desk.dispute_page import no_party, opinion_form, show, to_case
from marketplace.disputes import opinions
from marketplace.disputes.access import numbered
from marketplace.disputes.forms import AskOpinionForm, OpinionForm
from marketplace.disputes.opinions import CannotAskOpinion, CannotGiveOpinion
from marketplace.errors import NotFound
from marketplace.orders.refunding import MoreThanLeft
from marketplace.people.models import Person, Role
from marketplace.permissions import staff

bp = Blueprint("desk_opinions", __name__)


@bp.post("/desk/disputes/<number>/ask-opinion")
@staff(Role.AGENT)
def ask(number: str) -> ResponseReturnValue:
    """Ask a colleague, who does not read one's own view before theirs is in."""
    dispute = numbered(number)
    agent = no_party(dispute)
    if not opinions.can_ask(dispute):
        raise CannotAskOpinion()
    form = opinion_form(dispute, AskOpinionForm)
    if not form.validate_on_submit() or not isinstance(form, AskOpinionForm):
        return show(dispute, sent=form, status=422)
    colleague = db.session.get(Person, int(form.colleague.data))
    if colleague is None:
        raise NotFound()
    try:
        opinions.ask(dispute, colleague, form.view, by=agent, at=clock.now())
    except MoreThanLeft as refusal:
        form.amount.errors = [str(refusal.message)]
        return show(dispute, sent=form, status=422)
    flash(_("Asked. You read both views once both are in."))
    return to_case(number)


@bp.post("/desk/disputes/<number>/give-opinion")
@staff(Role.AGENT)
def give(number: str) -> ResponseReturnValue:
    """Say what one would decide; then both views are shown to both."""
    dispute = numbered(number)
    agent = no_party(dispute)
    if opinions.awaited(dispute, agent) is None:
        raise CannotGiveOpinion()
    form = opinion_form(dispute, OpinionForm)
    if not form.validate_on_submit():
        return show(dispute, sent=form, status=422)
    try:
        opinions.give(dispute, form.view, by=agent, at=clock.now())
    except MoreThanLeft as refusal:
        form.amount.errors = [str(refusal.message)]
        return show(dispute, sent=form, status=422)
    flash(_("Thank you. Both views are in, and both of you read them."))
    return to_case(number)
