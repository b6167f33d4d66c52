"""The account: what a person keeps here, and how to change it."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from marketplace import clock
from marketplace.buyer.account_forms import EmailForm, NameForm
from marketplace.buyer.tries import asking
from marketplace.buyer.unhurried import unhurried
from marketplace.errors import NotFound
from marketplace.listings.ship_from import keep_address, last_address
from marketplace.people import accounts, link_requests, mailed_links
from marketplace.people.models import EmailToken, Person, TokenPurpose
from marketplace.people.signing_in import sign_in_here
from marketplace.permissions import signed_in, the_person
from marketplace.programme import versions
from marketplace.programme.language import spoken_now
from marketplace.shipping.address_form import ShipFromForm
from marketplace.shipping.postal import PostalAddress

bp = Blueprint("account", __name__)


@bp.get("/account")
@signed_in
def overview() -> ResponseReturnValue:
    """Who this is, and the ways to what is theirs."""
    person = the_person()
    policy = versions.current().policy
    return render_template(
        "buyer/account.html",
        person=person,
        club=policy.identity.loyalty,
        modes=policy.modes,
        takes_offers=policy.offers.is_on,
        pays_credit=policy.payout.pays_in("store_credit"),
        ships_from=last_address(person),
    )


@bp.route("/account/name", methods=["GET", "POST"])
@signed_in
def name() -> ResponseReturnValue:
    """Change the name."""
    person = the_person()
    form = NameForm(obj=person)
    if form.validate_on_submit():
        accounts.rename(person, form.name.data, at=clock.now())
        flash(_("Your name is changed."), "ok")
        return redirect(url_for("account.overview"), 303)
    return render_template("buyer/account_name.html", form=form), 422 if form.errors else 200


@bp.route("/account/address", methods=["GET", "POST"])
@signed_in
def address() -> ResponseReturnValue:
    """Where this person ships from: offered with the next listing, seen by the carrier alone (MK-46)."""
    person = the_person()
    known = last_address(person)
    form = ShipFromForm(address=PostalAddress.of(known.postal) if known else None)
    if form.validate_on_submit() and form.carrier_accepts() and form.postal is not None:
        keep_address(person, form.postal)
        flash(_("Your address is kept."), "ok")
        return redirect(url_for("account.overview"), 303)
    return render_template("buyer/account_address.html", form=form), 422 if form.errors else 200


@bp.route("/account/email", methods=["GET", "POST"])
@signed_in
@asking
def email() -> ResponseReturnValue:
    """Ask for another e-mail; nothing changes until the link sent there is used."""
    person, form = the_person(), EmailForm()
    if form.validate_on_submit():
        with unhurried():
            link_requests.ask(
                TokenPurpose.CHANGE, form.email.data, person=person, at=clock.now(), language=spoken_now()
            )
        flash(_("A link is on its way to the new address. Until you use it, nothing changes."), "ok")
        return redirect(url_for("account.overview"), 303)
    club = versions.current().policy.identity.loyalty
    return render_template("buyer/account_email.html", form=form, person=person, club=club), 422 if form.errors else 200


def _link_of(person: Person, token: str) -> EmailToken:
    link = mailed_links.look_at(token, TokenPurpose.CHANGE)
    if link.person_id != person.id:
        raise NotFound()
    return link


@bp.get("/account/email/<token>")
@signed_in
def new_email(token: str) -> ResponseReturnValue:
    """A button to take the new e-mail with."""
    return render_template("buyer/account_email_confirm.html", link=_link_of(the_person(), token), token=token)


@bp.post("/account/email/<token>")
@signed_in
def use_new_email(token: str) -> ResponseReturnValue:
    """Take the new e-mail: proved by the link, and so the loyalty link goes by it (MK-21)."""
    person, at = the_person(), clock.now()
    link = _link_of(person, token)
    mailed_links.use(token, TokenPurpose.CHANGE, at=at)
    accounts.change_email(person, link.email, at=at)
    sign_in_here(person, at=at)
    flash(_("Your e-mail is changed. You are signed out on every other device."), "ok")
    return redirect(url_for("account.overview"), 303)
