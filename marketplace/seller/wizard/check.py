"""The last step: everything that was answered, what is missing, what review will look at; then submit."""

from __future__ import annotations

from flask import Blueprint, flash, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from marketplace import clock
from marketplace.listings.completeness import Incomplete, missing
from marketplace.listings.models import Listing
from marketplace.listings.submitting import submit
from marketplace.listings.suggestion import suggestion_for
from marketplace.listings.terms import of_seller, payout, shipping
from marketplace.permissions import member, the_person
from marketplace.presentation import deadline
from marketplace.seller.answers import answers, pictures
from marketplace.seller.wizard import steps

bp = Blueprint("check", __name__)


def _page(listing: Listing, status: int = 200) -> ResponseReturnValue:
    lacking = [(thing, f"{steps.url_of(thing.step, listing)}#{thing.anchor}") for thing in missing(listing)]
    body = steps.page(
        "check",
        listing,
        rows=answers(listing),
        pictures=pictures(listing),
        missing=lacking,
        errors_on=status != 200,
        payout=payout(listing, listing.price) if listing.price else None,
        shipping=shipping(listing),
        suggestion=suggestion_for(listing, at=clock.now()),
        checks=of_seller(listing).review.checks,
        all_notes=[note for name in steps.LABELS for note in steps.notes(listing, name)],
    )
    return body, status


@bp.get("/sell/listings/<number>/check")
@member
def check(number: str) -> ResponseReturnValue:
    """Everything answered so far, each with a link to change it."""
    return _page(steps.draft(number))


@bp.post("/sell/listings/<number>/check")
@member
def hand_in(number: str) -> ResponseReturnValue:
    """Submit; what is missing is named and linked."""
    listing = steps.draft(number)
    try:
        submit(listing, by=the_person(), at=clock.now())
    except Incomplete:
        return _page(listing, 422)
    due = deadline(listing.review_due_at) if listing.review_due_at else ""
    flash(_("Handed in. Our team reviews it by %(due)s.", due=due), "ok")
    return steps.see_other(url_for("wardrobe.listing", number=listing.number))
