"""Joining: an e-mail, a link, a name and a password. Membership of the loyalty club comes with it (MK-03)."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from marketplace import clock
from marketplace.buyer import saved_here
from marketplace.buyer.account_forms import EmailForm, FinishJoiningForm
from marketplace.buyer.tries import asking
from marketplace.buyer.unhurried import unhurried
from marketplace.database import db
from marketplace.people import accounts, link_requests, mailed_links, membership
from marketplace.people.models import Person, TokenPurpose
from marketplace.people.passwords import PasswordRefused
from marketplace.permissions import current_person, public, signed_in, the_person
from marketplace.programme import versions
from marketplace.programme.language import spoken_now
from marketplace.redirects import safe_next

bp = Blueprint("joining", __name__)


@bp.route("/join", methods=["GET", "POST"])
@public
@asking
def join() -> ResponseReturnValue:
    """Ask for the link that finishes joining. The answer is the same for every e-mail (fault P07)."""
    if current_person() is not None:
        return redirect(url_for("account.overview"), 303)
    form = EmailForm()
    if form.validate_on_submit():
        with unhurried():
            link_requests.ask(TokenPurpose.VERIFY, form.email.data, at=clock.now(), language=spoken_now())
        return redirect(url_for("joining.sent"), 303)
    page = render_template("buyer/join.html", form=form, club=versions.current().policy.identity.loyalty)
    return page, 422 if form.errors else 200


@bp.get("/join/sent")
@public
def sent() -> ResponseReturnValue:
    """The link is on its way."""
    return render_template("buyer/account_link_sent.html", purpose="join")


@bp.route("/join/confirm/<token>", methods=["GET", "POST"])
@public
def confirm(token: str) -> ResponseReturnValue:
    """Whoever holds the link chooses a name and a password, and is signed in."""
    link = mailed_links.look_at(token, TokenPurpose.VERIFY)
    form = FinishJoiningForm(name=db.session.get_one(Person, link.person_id).name)
    if form.validate_on_submit():
        at = clock.now()
        try:
            person = accounts.finish_joining(token, name=form.name.data, password=form.password.data, at=at)
        except PasswordRefused as refused:
            form.password.errors = [str(refused.message)]
        else:
            saved_here.arrive(person, at=at)
            flash(_("Welcome. Your account is ready."), "ok")
            return redirect(url_for("account.overview"), 303)
    page = render_template("buyer/join_confirm.html", form=form, email=link.email)
    return page, 422 if form.errors else 200


@bp.get("/membership")
@signed_in
def membership_gate() -> ResponseReturnValue:
    """Why selling is for members, and how to become one (MK-02, MK-03)."""
    back = safe_next(request.args.get("next"), "/sell")
    if the_person().is_member:
        return redirect(back, 303)
    club = versions.current().policy.identity.loyalty
    return render_template("buyer/membership.html", club=club, back=back)


@bp.post("/membership")
@signed_in
def join_club() -> ResponseReturnValue:
    """Join the loyalty club with the e-mail that has been proved (MK-03, MK-21)."""
    membership.join(the_person(), at=clock.now())
    flash(_("You are a member now."), "ok")
    return redirect(safe_next(request.form.get("next"), "/sell"), 303)
