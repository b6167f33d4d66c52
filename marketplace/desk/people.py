"""The desk's people: look one up by e-mail or membership number. To look is written down."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import StringField

from marketplace import clock, events
from marketplace.database import db
from marketplace.desk.event_words import what
from marketplace.desk.labels import ROLES
from marketplace.errors import NotFound
from marketplace.form_fields import Form
from marketplace.money import Money
from marketplace.payouts import debts
from marketplace.people import readings
from marketplace.people.lookup import look_up
from marketplace.people.models import Person, Role
from marketplace.permissions import staff, the_person
from marketplace.text import PlainText

bp = Blueprint("people_desk", __name__)

LOOKED_UP = "looked_up"  # session: the person whose page this browser may open


def open_person(person: Person) -> str:
    """Let this browser open a person's page, and write down who does; the page's address."""
    events.record(person, "looked_up", by=the_person(), at=clock.now())
    readings.note(person, by=the_person(), at=clock.now())
    session[LOOKED_UP] = person.id
    return url_for("people_desk.person", person_id=person.id)


class LookUpForm(Form):
    """Whom the desk is looking for."""

    words = StringField(_l("E-mail or membership number"), [PlainText(254)])


@bp.get("/desk/people")
@staff(Role.AGENT)
def search() -> ResponseReturnValue:
    """Ask whom to look for."""
    return render_template("desk/people.html", form=LookUpForm())


@bp.post("/desk/people")
@staff(Role.AGENT)
def find() -> ResponseReturnValue:
    """Look a person up, and write down who looked."""
    form = LookUpForm()
    if form.validate_on_submit():
        person = look_up(form.words.data)
        if person is not None:
            return redirect(open_person(person), 303)
        form.words.errors = [_("No account has this e-mail or membership number.")]
    return render_template("desk/people.html", form=form), 422


def _owes(person: Person) -> Money | None:
    owed = [debt.open for debt in debts.owed_by(person)]
    return sum(owed[1:], owed[0]) if owed else None


@bp.get("/desk/people/<int:person_id>")
@staff(Role.AGENT)
def person(person_id: int) -> ResponseReturnValue:
    """What the shop knows of the person looked up last: their page is reached by looking them up alone."""
    found = db.session.get(Person, person_id)
    if found is None or session.get(LOOKED_UP) != person_id:
        raise NotFound()
    return render_template(
        "desk/person.html",
        person=found,
        roles=[ROLES[given.role] for given in found.roles],
        owes=_owes(found),
        history=events.history(found)[-20:],
        what=what,
    )
