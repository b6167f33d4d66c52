"""An offer for a member's listing: accept it, name another price, decline it, or let it lapse."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from marketplace import clock
from marketplace.form_fields import Form, MoneyField
from marketplace.listings.terms import payout
from marketplace.offers import bargaining
from marketplace.offers.labels import LABELS, TONES
from marketplace.offers.models import Offer
from marketplace.offers.states import OfferState
from marketplace.permissions import member, the_person

bp = Blueprint("seller_offers", __name__)


class CounterForm(Form):
    """Another price for the buyer to answer."""

    price = MoneyField(_l("Your price for this buyer"))


def _page(offer: Offer, form: CounterForm) -> ResponseReturnValue:
    form.price.currency = offer.listing.currency
    body = render_template(
        "seller/offer.html",
        offer=offer,
        form=form,
        label=LABELS[offer.state],
        tone=TONES.get(offer.state, "plain"),
        waits=offer.state is OfferState.OPEN,
        payout=payout(offer.listing, offer.price),
    )
    return body, 422 if form.errors else 200


@bp.get("/sell/offers/<int:offer_id>")
@member
def show(offer_id: int) -> ResponseReturnValue:
    """What is offered, what she would receive, by when to answer, and what silence does."""
    return _page(bargaining.offer_to(offer_id, the_person()), CounterForm())


def _done(offer: Offer, words: str) -> ResponseReturnValue:
    flash(words, "ok")
    return redirect(url_for("seller_offers.show", offer_id=offer.id), 303)


@bp.post("/sell/offers/<int:offer_id>/accept")
@member
def accept(offer_id: int) -> ResponseReturnValue:
    """The price is fine, for this buyer."""
    offer = bargaining.offer_to(offer_id, the_person())
    bargaining.accept(offer, by=the_person(), at=clock.now())
    return _done(offer, _("Accepted. The buyer has been told."))


@bp.post("/sell/offers/<int:offer_id>/counter")
@member
def counter(offer_id: int) -> ResponseReturnValue:
    """Another price."""
    offer, form = bargaining.offer_to(offer_id, the_person()), CounterForm()
    form.price.currency = offer.listing.currency
    if not form.validate_on_submit() or form.price.amount is None:
        return _page(offer, form)
    try:
        bargaining.counter(offer, form.price.amount, by=the_person(), at=clock.now())
    except bargaining.OfferOutOfBounds as refusal:
        form.price.errors = [str(refusal.message)]
        return _page(offer, form)
    return _done(offer, _("Your price is on its way to the buyer."))


@bp.post("/sell/offers/<int:offer_id>/decline")
@member
def decline(offer_id: int) -> ResponseReturnValue:
    """No."""
    offer = bargaining.offer_to(offer_id, the_person())
    bargaining.decline(offer, by=the_person(), at=clock.now())
    return _done(offer, _("Declined. Your price stays as it is."))
