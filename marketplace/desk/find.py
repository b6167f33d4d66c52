"""The desk's one search box, and the page of a listing it may lead to. Whom an agent looks up is written down."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import StringField

from marketplace.desk import finding
from marketplace.desk.finding import Found, OfEmail
from marketplace.desk.gift_cards import open_cards
from marketplace.desk.labels import ORDERS
from marketplace.desk.people import open_person
from marketplace.disputes.bank_words import STATES as BANK_STATES
from marketplace.disputes.words import STATES
from marketplace.form_fields import Form
from marketplace.listings.labels import LABELS
from marketplace.people.models import Role
from marketplace.permissions import staff
from marketplace.text import PlainText

bp = Blueprint("desk_find", __name__)


class FindForm(Form):
    """Any number or e-mail."""

    words = StringField(_l("Any number or e-mail"), [PlainText(254)])


@bp.get("/desk/find")
@staff(Role.AGENT)
def ask() -> ResponseReturnValue:
    """Ask what to look for."""
    return render_template("desk/find.html", form=FindForm(), found=None)


@bp.post("/desk/find")
@staff(Role.AGENT)
def find() -> ResponseReturnValue:
    """Open what a number names, or list what goes with an e-mail."""
    form = FindForm()
    if not form.validate_on_submit():
        return render_template("desk/find.html", form=form, found=None), 422
    if "@" in form.words.data:
        return _list(form)
    found = finding.exact(form.words.data)
    if found is None:
        form.words.errors = [_("Nothing here has this number.")]
        return render_template("desk/find.html", form=form, found=None), 422
    return redirect(_opened(found), 303)


def _opened(found: Found) -> str:
    """The address of the page, once this browser may open it."""
    if found.cards_of is not None:
        return open_cards(found.cards_of)
    return open_person(found.person) if found.person is not None else found.href


def _list(form: FindForm) -> ResponseReturnValue:
    found: OfEmail = finding.of_email(form.words.data)
    if not found:
        form.words.errors = [_("Nothing here goes with this e-mail.")]
        return render_template("desk/find.html", form=form, found=None), 422
    if found.person is not None:
        open_person(found.person)
        if found.has_cards:
            open_cards(found.person)
    words = {"orders": ORDERS, "listings": LABELS, "cases": STATES, "banks": BANK_STATES}
    return render_template("desk/find.html", form=form, found=found, words=words)
