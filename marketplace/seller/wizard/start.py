"""The first step: from a purchase to a draft (MK-04, MK-23)."""

from __future__ import annotations

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from marketplace import clock
from marketplace.errors import NotFound
from marketplace.listings.eligibility import standing_of
from marketplace.listings.starting import start_listing
from marketplace.people.history import purchase_of
from marketplace.people.models import Purchase
from marketplace.permissions import member, the_person
from marketplace.seller.wizard import steps

bp = Blueprint("start", __name__)


def _purchase() -> tuple[Purchase, int]:
    """The purchase and unit named in the address, where they are this person's own."""
    asked = request.args.get("purchase", ""), request.args.get("unit", "1")
    if not all(text.isascii() and text.isdigit() and len(text) < 10 for text in asked):
        raise NotFound()
    purchase = purchase_of(the_person(), int(asked[0]))
    if purchase is None:
        raise NotFound()
    return purchase, int(asked[1])


@bp.get("/sell/listings/new")
@member
def piece() -> ResponseReturnValue:
    """One piece of a purchase: sell it, or why not."""
    purchase, unit = _purchase()
    standing = standing_of(purchase, unit, the_person())
    return render_template("seller/new.html", purchase=purchase, unit=unit, refusal=standing.refusal)


@bp.post("/sell/listings/new")
@member
def start() -> ResponseReturnValue:
    """Begin, or go on with what was begun."""
    purchase, unit = _purchase()
    listing = start_listing(purchase, unit, by=the_person(), at=clock.now())
    return steps.go(listing.step, listing)
