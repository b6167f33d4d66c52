"""The second factor of staff: set up once, asked at every sign-in (fault P10)."""

from __future__ import annotations

from flask import Blueprint, current_app, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from markupsafe import Markup
from werkzeug.utils import import_string

from marketplace import clock
from marketplace.buyer.account_forms import CodeForm
from marketplace.buyer.tries import guessing
from marketplace.errors import NotFound, ProgrammingError
from marketplace.people import second_factor
from marketplace.people.models import Person
from marketplace.people.second_factor import CodeRefused
from marketplace.people.signing_in import Visitor
from marketplace.permissions import current_visitor, signed_in
from marketplace.programme import versions
from marketplace.redirects import safe_next

bp = Blueprint("second_factor", __name__)


def _visitor() -> Visitor:
    """The member of staff signed in; nobody else has a second factor."""
    visitor = current_visitor()
    if visitor is None:
        raise ProgrammingError("these pages are for people who are signed in")
    if not visitor.person.is_staff:
        raise NotFound()
    return visitor


@bp.route("/totp", methods=["GET", "POST"])
@signed_in
@guessing
def ask() -> ResponseReturnValue:
    """Ask for the code of now; before the first one, how to get an app to show it."""
    visitor = _visitor()
    person, sandbox = visitor.person, bool(current_app.config["SANDBOX"])
    form = CodeForm(next=request.args.get("next"))
    if form.validate_on_submit():
        try:
            second_factor.enter(visitor.sign_in, form.code.data, at=clock.now(), sandbox=sandbox)
        except CodeRefused as refused:
            form.code.errors = [str(refused.message)]
        else:
            return redirect(safe_next(form.next.data, "/desk"), 303)
    page = render_template(
        "buyer/totp.html",
        form=form,
        set_up=None if person.totp_confirmed_at else _set_up(person),
        shown_code=second_factor.next_code(person) if sandbox else None,
    )
    return page, 422 if form.errors else 200


def _set_up(person: Person) -> dict[str, object]:
    """What an app needs: the secret in groups of four, and the same as a QR code drawn in the page."""
    secret = second_factor.secret_of(person)
    address = second_factor.address_of(person, versions.current().policy.name)
    make = import_string("segno:make")  # its tables take half as long to load as Flask: with the first code
    drawing = make(address, error="m").svg_inline(scale=5, light="#fff", title=_("The secret as a QR code"))
    return {
        "secret": " ".join(secret[at : at + 4] for at in range(0, len(secret), 4)),
        "qr": Markup(drawing),  # noqa: S704 (drawn by us, of squares)
    }
