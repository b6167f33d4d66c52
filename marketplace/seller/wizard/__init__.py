"""The listing wizard: five steps from a purchase to a submitted listing, each with a page of its own.

A draft belongs to its seller; to anybody else none of these pages is there (fault P04).
"""

from __future__ import annotations

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response

from marketplace.listings.finding import own_listing
from marketplace.listings.permissions import can_edit
from marketplace.permissions import the_person
from marketplace.seller.wizard import check, condition, details, photos, price, start

bp = Blueprint("wizard", __name__)

for step in (start, details, condition, photos, price, check):
    bp.register_blueprint(step.bp)


@bp.before_request
def _only_drafts() -> Response | None:
    """A listing that can no longer be changed has a page of its own."""
    number = (request.view_args or {}).get("number")
    if number is None or request.method not in ("GET", "HEAD"):
        return None
    listing = own_listing(number, the_person())
    return None if can_edit(listing) else redirect(url_for("wardrobe.listing", number=number), 303)
