"""Signing in, by password or by a link in a mail, and out again."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from marketplace import clock, database
from marketplace.buyer import saved_here
from marketplace.buyer.account_forms import EmailForm, SignInForm
from marketplace.buyer.tries import asking, guessing
from marketplace.buyer.unhurried import unhurried
from marketplace.database import db
from marketplace.people import accounts, link_requests, mailed_links, passwords, sign_ins
from marketplace.people.emails import EmailRefused, clean_email
from marketplace.people.models import Person, TokenPurpose
from marketplace.people.signing_in import sign_out_here
from marketplace.permissions import current_person, current_visitor, public, signed_in, the_person
from marketplace.programme import versions
from marketplace.programme.language import spoken_now
from marketplace.redirects import safe_next

bp = Blueprint("signing_in", __name__)


def _start_of(person: Person) -> str:
    """Where a person most likely wants to be."""
    return "/desk" if person.is_staff else "/account"


@bp.route("/sign-in", methods=["GET", "POST"])
@public
@guessing
def sign_in() -> ResponseReturnValue:
    """E-mail and password. A wrong password and an unknown e-mail get the same words after the same work (P07)."""
    if (person := current_person()) is not None and request.method == "GET":
        return redirect(safe_next(request.args.get("next"), _start_of(person)), 303)
    form = SignInForm(next=request.args.get("next"))
    if form.validate_on_submit():
        person = _who_fits(form.email.data, form.password.data)
        if person is not None:
            accounts.refresh_hash(person, form.password.data)
            saved_here.arrive(person, at=clock.now())
            return redirect(safe_next(form.next.data, _start_of(person)), 303)
        form.form_errors.append(_("That e-mail and password do not go together. Try again, or have a link mailed."))
    club = versions.current().policy.identity.loyalty
    return render_template("buyer/sign_in.html", form=form, club=club), 422 if form.errors else 200


def _who_fits(typed: str, password: str) -> Person | None:
    """The account that e-mail and password belong to. The database is let go while the password is worked on."""
    try:
        person = accounts.account_of(clean_email(typed))
    except EmailRefused:
        person = None
    kept = person.password_hash if person is not None and person.email_verified_at is not None else None
    database.finish()
    return person if passwords.fits(kept, password) else None


@bp.route("/sign-in/link", methods=["GET", "POST"])
@public
@asking
def ask_for_link() -> ResponseReturnValue:
    """Have a one-time link mailed. The answer is the same for every e-mail (fault P07)."""
    form = EmailForm()
    if form.validate_on_submit():
        with unhurried():
            link_requests.ask(TokenPurpose.SIGN_IN, form.email.data, at=clock.now(), language=spoken_now())
        return redirect(url_for("signing_in.sent"), 303)
    return render_template("buyer/sign_in_link.html", form=form), 422 if form.errors else 200


@bp.get("/sign-in/sent")
@public
def sent() -> ResponseReturnValue:
    """The link is on its way."""
    return render_template("buyer/account_link_sent.html", purpose="sign-in")


@bp.get("/sign-in/link/<token>")
@public
def link(token: str) -> ResponseReturnValue:
    """A button to sign in with: mail scanners follow links, people press buttons."""
    mailed_links.look_at(token, TokenPurpose.SIGN_IN)
    return render_template("buyer/sign_in_by_link.html", token=token)


@bp.post("/sign-in/link/<token>")
@public
def use_link(token: str) -> ResponseReturnValue:
    """Sign in with the link, once."""
    at = clock.now()
    used = mailed_links.use(token, TokenPurpose.SIGN_IN, at=at)
    person = db.session.get_one(Person, used.person_id)
    saved_here.arrive(person, at=at)
    return redirect(_start_of(person), 303)


@bp.post("/sign-out")
@public
def sign_out() -> ResponseReturnValue:
    """Sign out on this browser; harmless where nobody is signed in."""
    if (visitor := current_visitor()) is not None:
        sign_out_here(visitor, at=clock.now())
        flash(_("You are signed out."), "ok")
    return redirect("/", 303)


@bp.post("/sign-out/everywhere")
@signed_in
def sign_out_everywhere() -> ResponseReturnValue:
    """Sign out on every browser, this one among them."""
    at = clock.now()
    sign_ins.end_all(the_person(), at=at)
    if (visitor := current_visitor()) is not None:
        sign_out_here(visitor, at=at)
    flash(_("You are signed out everywhere."), "ok")
    return redirect(url_for("signing_in.sign_in"), 303)
