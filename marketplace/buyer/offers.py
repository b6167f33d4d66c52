"""A buyer's offers: proposing a price, answering the seller's, and what is agreed."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from marketplace import clock
from marketplace.buyer import cards
from marketplace.form_fields import Form, MoneyField
from marketplace.listings.finding import public_listing, public_path
from marketplace.listings.models import Listing
from marketplace.offers import bargaining
from marketplace.offers.labels import LABELS, TONES
from marketplace.permissions import signed_in, the_person
from marketplace.programme import versions

bp = Blueprint("offers", __name__)


class OfferForm(Form):
    """What the buyer would pay for the piece, without shipping."""

    price = MoneyField(_l("Your offer"))


@bp.get("/account/offers")
@signed_in
def offers() -> ResponseReturnValue:
    """Each offer with its state, who acts next, by when, and what silence does."""
    rows = [
        {
            "offer": offer,
            "label": LABELS[offer.state],
            "tone": TONES.get(offer.state, "plain"),
            "href": public_path(offer.listing),
        }
        for offer in bargaining.offers_by(the_person())
    ]
    return render_template("buyer/offers.html", rows=rows)


def _ask(listing: Listing, form: OfferForm) -> ResponseReturnValue:
    least, listed = bargaining.bounds(listing)
    rules = versions.current().policy.offers
    body = render_template(
        "buyer/offer.html",
        form=form,
        listing=cards.card(listing),
        least=least,
        listed=listed,
        shipping=cards.shipping_of(listing),
        rules=rules,
    )
    return body, 422 if form.errors else 200


@bp.get("/account/offers/new/<number>")
@signed_in
def ask(number: str) -> ResponseReturnValue:
    """What can be offered for a piece."""
    listing = public_listing(number)
    if not bargaining.may_propose(listing, the_person()):
        return redirect(public_path(listing), 303)
    form = OfferForm()
    form.price.currency = listing.currency
    return _ask(listing, form)


@bp.post("/account/offers/new/<number>")
@signed_in
def make(number: str) -> ResponseReturnValue:
    """Offer it."""
    listing, form = public_listing(number), OfferForm()
    form.price.currency = listing.currency
    if not form.validate_on_submit() or form.price.amount is None:
        return _ask(listing, form)
    try:
        bargaining.propose(listing, form.price.amount, by=the_person(), at=clock.now())
    except bargaining.OfferOutOfBounds as refusal:
        form.price.errors = [str(refusal.message)]
        return _ask(listing, form)
    return _done(_("Offered. The seller has been told."))


def _done(words: str) -> ResponseReturnValue:
    flash(words, "ok")
    return redirect(url_for("offers.offers"), 303)


@bp.post("/account/offers/<int:offer_id>/take")
@signed_in
def take(offer_id: int) -> ResponseReturnValue:
    """The seller's price is fine."""
    bargaining.take(bargaining.offer_by(offer_id, the_person()), by=the_person(), at=clock.now())
    return _done(_("Agreed. The checkout knows your price."))


@bp.post("/account/offers/<int:offer_id>/refuse")
@signed_in
def refuse(offer_id: int) -> ResponseReturnValue:
    """The seller's price is too much."""
    bargaining.refuse(bargaining.offer_by(offer_id, the_person()), by=the_person(), at=clock.now())
    return _done(_("Declined."))


@bp.post("/account/offers/<int:offer_id>/withdraw")
@signed_in
def withdraw(offer_id: int) -> ResponseReturnValue:
    """No longer offered."""
    bargaining.withdraw(bargaining.offer_by(offer_id, the_person()), by=the_person(), at=clock.now())
    return _done(_("Withdrawn."))
