"""Whose case it is and who puts it aside; the list of them, and what is done to many at once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time
from typing import Any

import sqlalchemy as sa
from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from wtforms import DateField, SelectField, StringField
from wtforms.validators import InputRequired

from marketplace import clock
from marketplace.database import db
from marketplace.desk.case_watch import watch
from marketplace.disputes import bulk, caseload, opinions, queue
from marketplace.disputes.access import numbered
from marketplace.disputes.bulk import Verb
from marketplace.disputes.caseload import CannotSnooze, NoAgent
from marketplace.disputes.models import Dispute
from marketplace.disputes.queue import View
from marketplace.disputes.states import SILENCE
from marketplace.disputes.words import APPEALED, KINDS, STATES, WAITING
from marketplace.errors import NotFound
from marketplace.form_fields import Form
from marketplace.orders import terms
from marketplace.people.models import Person, Role
from marketplace.permissions import staff, the_person
from marketplace.text import PlainText

bp = Blueprint("case_work", __name__)
watch(bp)

VIEWS = {
    View.MINE: _l("Mine"),
    View.UNASSIGNED: _l("Unassigned"),
    View.DUE_TODAY: _l("Due today"),
    View.OVERDUE: _l("Overdue"),
    View.ALL: _l("All open"),
}
NOBODY = "nobody"


class AssignForm(Form):
    """Whose case it is to be."""

    agent = SelectField(_l("Whose case"), [InputRequired(_l("Choose somebody."))])

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        people = [(str(person.id), person.name or person.email) for person in caseload.agents()]
        self.agent.choices = [*people, (NOBODY, _("Nobody"))]

    @property
    def person(self) -> Person | None:
        """The one chosen; None for nobody. Raises ``NoAgent`` where they have gone meanwhile."""
        if self.agent.data == NOBODY:
            return None
        person = db.session.get(Person, int(self.agent.data))
        if person is None:
            raise NoAgent()
        return person


class SnoozeForm(Form):
    """Until when a case is put aside, and why."""

    until = DateField(_l("Until the end of"), [InputRequired(_l("Choose a day."))])
    reason = StringField(_l("Reason"), [PlainText(500)])

    @property
    def moment(self) -> datetime:
        return datetime.combine(self.until.data, time(23, 59, 59), terms.calendar().zone)


# The list ------------------------------------------------------------------------------------------------------------


@bp.get("/desk/disputes")
@staff(Role.AGENT)
def cases() -> ResponseReturnValue:
    """One view of the open cases, least time left first, with the counts of all views."""
    view = _view(request.args.get("view"))
    agent, at = the_person(), clock.now()
    counted = queue.counts(agent, at)
    views = [
        {"href": url_for("case_work.cases", view=one.value), "label": label, "count": counted[one], "now": one is view}
        for one, label in VIEWS.items()
    ]
    return render_template(
        "desk/disputes.html",
        view=view,
        view_label=VIEWS[view],
        views=views,
        rows=queue.rows(view, agent, at),
        now=at,
        words=_words(),
        appealed=str(APPEALED),
        undo=bulk.last_of(agent, at),
        asked=opinions.asked_of(agent),
    )


def _words() -> dict[str, dict[Any, str]]:
    """The words of the rows, said once and not once a row."""
    spoken: dict[str, dict[Any, Any]] = {
        "kinds": KINDS,
        "states": STATES,
        "waiting": WAITING,
        "else": {state: silence.shortly for state, silence in SILENCE.items()},
        "silence": {state: silence.outcome for state, silence in SILENCE.items()},
    }
    return {what: {key: str(words) for key, words in said.items()} for what, said in spoken.items()}


def _view(name: str | None) -> View:
    """The view of that name, all of them without one; ``NotFound`` for a name that is none."""
    try:
        return View(name or View.ALL)
    except ValueError:
        raise NotFound() from None


# One case ------------------------------------------------------------------------------------------------------------


@bp.post("/desk/disputes/<number>/assign")
@staff(Role.AGENT)
def assign(number: str) -> ResponseReturnValue:
    """Take the case, or give it to somebody or nobody."""
    dispute, agent = numbered(number), the_person()
    if request.form.get("to") == "me":
        caseload.assign(dispute, agent, by=agent, at=clock.now())
        flash(_("This is your case now."))
        return _to_case(number)
    form = AssignForm()
    if not form.validate_on_submit():
        return _one_case("assign", dispute, form, 422)
    caseload.assign(dispute, form.person, by=agent, at=clock.now())
    flash(_("The case has changed hands."))
    return _to_case(number)


@bp.get("/desk/disputes/<number>/assign")
@staff(Role.AGENT)
def ask_whose(number: str) -> ResponseReturnValue:
    """Ask whose case it is to be."""
    return _one_case("assign", numbered(number), AssignForm())


@bp.route("/desk/disputes/<number>/snooze", methods=["GET", "POST"])
@staff(Role.AGENT)
def snooze(number: str) -> ResponseReturnValue:
    """Put the case aside: it leaves this agent's queue for a while, and its deadline runs on."""
    dispute, form, at = numbered(number), SnoozeForm(), clock.now()
    if not form.validate_on_submit():
        return _one_case("snooze", dispute, form, 422 if form.errors else 200)
    try:
        caseload.snooze(dispute, until=form.moment, reason=form.reason.data, by=the_person(), at=at)
    except CannotSnooze as refusal:
        form.until.errors = [str(refusal)]
        return _one_case("snooze", dispute, form, refusal.status)
    flash(_("Put aside. Its time limit runs on."))
    return redirect(url_for("case_work.cases", view=View.MINE.value), 303)


@bp.post("/desk/disputes/<number>/wake")
@staff(Role.AGENT)
def wake(number: str) -> ResponseReturnValue:
    """Bring the case back to this agent's queue."""
    caseload.wake(numbered(number), by=the_person(), at=clock.now())
    flash(_("Back in your queue."))
    return _to_case(number)


def _one_case(verb: str, dispute: Dispute, form: Form, status: int = 200) -> ResponseReturnValue:
    page = render_template(f"desk/{verb}_case.html", dispute=dispute, form=form, latest=_latest())
    return page, status


def _latest() -> datetime:
    return caseload.latest_snooze(clock.now())


def _to_case(number: str) -> ResponseReturnValue:
    return redirect(url_for("desk_disputes.case", number=number), 303)


# Many cases ----------------------------------------------------------------------------------------------------------


def _chosen() -> Sequence[Dispute]:
    """The cases ticked, by time left."""
    numbers = request.form.getlist("case")[: queue.MOST_SHOWN]
    found = sa.select(Dispute).where(Dispute.number.in_(numbers)).order_by(Dispute.due_at, Dispute.id)
    return db.session.scalars(found).all()


@bp.post("/desk/disputes/bulk")
@staff(Role.AGENT)
def many() -> ResponseReturnValue:
    """Ask first, showing each case and what cannot be done; then do it."""
    try:
        verb = Verb(request.form.get("verb", ""))
    except ValueError:
        raise NotFound() from None
    chosen, agent, at = _chosen(), the_person(), clock.now()
    can = [dispute for dispute in chosen if bulk.allows(verb, dispute, by=agent, at=at)]
    if not can:
        flash(_("None of the chosen cases lets itself be dealt with so.") if chosen else _("Choose cases first."))
        return redirect(url_for("case_work.cases"), 303)
    sent = request.form.get("step") == "confirmed"
    form = _FORMS[verb]() if sent else _FORMS[verb](formdata=None)
    if sent and form.validate_on_submit() and _carry_out(verb, [dispute.id for dispute in can], form):
        return redirect(url_for("case_work.cases"), 303)
    cannot = [dispute for dispute in chosen if dispute not in can]
    page = render_template("desk/many_cases.html", verb=verb, can=can, cannot=cannot, form=form, latest=_latest())
    return page, 422 if form.errors else 200


_FORMS: dict[Verb, type[Form]] = {Verb.ASSIGN: AssignForm, Verb.SNOOZE: SnoozeForm, Verb.CLOSE: Form}


def _carry_out(verb: Verb, ids: list[int], form: Any) -> bool:
    """Do it to these cases, and say so; False where the form's answer is refused."""
    agent, at = the_person(), clock.now()
    if verb is Verb.CLOSE:
        closed = bulk.close(ids, by=agent, at=at)
        flash(ngettext("One case is closed.", "%(num)s cases are closed.", closed))
        return True
    try:
        if verb is Verb.ASSIGN:
            change = bulk.assign(ids, form.person, by=agent, at=at)
        else:
            change = bulk.snooze(ids, until=form.moment, reason=form.reason.data, by=agent, at=at)
    except CannotSnooze as refusal:
        form.until.errors = [str(refusal)]
        return False
    done = len(change.before)
    flash(ngettext("One case is dealt with.", "%(num)s cases are dealt with.", done))
    return True


@bp.post("/desk/disputes/undo")
@staff(Role.AGENT)
def undo() -> ResponseReturnValue:
    """Take the last change to many cases back, within its ten seconds."""
    agent, at = the_person(), clock.now()
    change = bulk.last_of(agent, at)
    if change is None:
        raise bulk.TooLate()
    back = bulk.undo(change, by=agent, at=at)
    flash(ngettext("One case is as it was.", "%(num)s cases are as they were.", back))
    return redirect(url_for("case_work.cases"), 303)
