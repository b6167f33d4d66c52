"""Passwords: forgotten and reset by mail, or changed by whoever knows the old one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from marketplace import clock, database
from marketplace.buyer import saved_here
from marketplace.buyer.account_forms import ChangePasswordForm, EmailForm, NewPasswordForm
from marketplace.buyer.tries import asking, guessing
from marketplace.buyer.unhurried import unhurried
from marketplace.people import accounts, link_requests, mailed_links, passwords
from marketplace.people.models import Person, TokenPurpose
from marketplace.people.passwords import PasswordRefused
from marketplace.permissions import public, signed_in, the_person
from marketplace.programme.language import spoken_now

bp = Blueprint("passwords", __name__)


@bp.route("/reset", methods=["GET", "POST"])
@public
@asking
def ask() -> ResponseReturnValue:
    """Have a link mailed that lets its reader choose a new password. The same answer for every e-mail (fault P07)."""
    form = EmailForm()
    if form.validate_on_submit():
        with unhurried():
            link_requests.ask(TokenPurpose.RESET, form.email.data, at=clock.now(), language=spoken_now())
        return redirect(url_for("passwords.sent"), 303)
    return render_template("buyer/reset.html", form=form), 422 if form.errors else 200


@bp.get("/reset/sent")
@public
def sent() -> ResponseReturnValue:
    """The link is on its way."""
    return render_template("buyer/account_link_sent.html", purpose="reset")


@bp.route("/reset/<token>", methods=["GET", "POST"])
@public
def choose(token: str) -> ResponseReturnValue:
    """Choose a new password with the link; every browser is signed out, then this one is signed in (fault P09)."""
    link = mailed_links.look_at(token, TokenPurpose.RESET)
    form = NewPasswordForm()
    if form.validate_on_submit() and _set(form, lambda at: accounts.reset_password(token, form.password.data, at=at)):
        return redirect(url_for("account.overview"), 303)
    return render_template("buyer/reset_choose.html", form=form, email=link.email), 422 if form.errors else 200


@bp.route("/account/password", methods=["GET", "POST"])
@signed_in
@guessing
def change() -> ResponseReturnValue:
    """Change the password; every other browser is signed out, and this one signed in anew (fault P09)."""
    person, form = the_person(), ChangePasswordForm()
    if form.validate_on_submit():
        database.finish()  # Nobody else waits for the database while the password is worked on.
        if not passwords.fits(person.password_hash, form.current.data):
            form.current.errors = [_("This is not your current password.")]
        elif _set(form, lambda at: accounts.set_password(person, form.password.data, at=at)):
            return redirect(url_for("account.overview"), 303)
    return render_template("buyer/account_password.html", form=form), 422 if form.errors else 200


def _set(form: NewPasswordForm, operation: Callable[[datetime], Person]) -> bool:
    """Set the password and sign in here again; False with the reason on the form where it is refused."""
    at = clock.now()
    try:
        person = operation(at)
    except PasswordRefused as refused:
        form.password.errors = [str(refused.message)]
        return False
    saved_here.arrive(person, at=at)
    flash(_("Your new password is set. You are signed out on every other device."), "ok")
    return True
