"""The price: suggested with its reason, named by the seller (MK-31, MK-32, MK-52)."""

from __future__ import annotations

from flask import Blueprint
from flask.typing import ResponseReturnValue

from marketplace import clock
from marketplace.listings.drafting import PriceOutOfBounds, save_price
from marketplace.listings.forms import PriceForm
from marketplace.listings.suggestion import suggestion_for
from marketplace.listings.terms import shipping
from marketplace.permissions import member, the_person
from marketplace.seller.figures import price_help
from marketplace.seller.wizard import steps

bp = Blueprint("price", __name__)


@bp.route("/sell/listings/<number>/price", methods=["GET", "POST"])
@member
def price(number: str) -> ResponseReturnValue:
    """Keep the price and go on; what the seller would receive is shown beside it."""
    listing, at = steps.draft(number), clock.now()
    suggestion = suggestion_for(listing, at=at)
    standing = listing.price or (suggestion.price if suggestion else None)
    form = PriceForm(listing, standing.plain if standing else "")
    if form.validate_on_submit() and form.price.amount is not None:
        try:
            save_price(listing, price=form.price.amount, by=the_person(), at=at)
        except PriceOutOfBounds as refusal:
            steps.refuse(form, "price", refusal)
        else:
            return steps.go("check", listing)
    body = steps.page(
        "price",
        listing,
        form=form,
        suggestion=suggestion,
        shipping=shipping(listing),
        standing=standing,
        help=price_help(listing, at=at),
    )
    return body, 422 if form.errors else 200
