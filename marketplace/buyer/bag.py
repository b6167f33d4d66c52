"""The bag's page and its two verbs."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from marketplace.buyer import bags, cards
from marketplace.errors import NotFound
from marketplace.listings.finding import any_listing
from marketplace.listings.models import Listing
from marketplace.listings.piece import alike
from marketplace.listings.search import with_pictures
from marketplace.listings.states import PUBLIC, ListingState
from marketplace.money import Money
from marketplace.orders.checkouts import OwnPiece
from marketplace.permissions import current_person, public
from marketplace.programme import versions

bp = Blueprint("bag", __name__)


@bp.get("/bag")
@public
def bag() -> ResponseReturnValue:
    """What this browser means to buy, with what has gone meanwhile said plainly."""
    found = bags.listings(with_pictures())
    person = current_person()
    prices = cards.prices_to(found, person.id if person else None)
    lines = [_line(listing, prices[listing.id]) for listing in found]
    there = [listing for listing, line in zip(found, lines, strict=True) if line["available"]]
    gone = [listing for listing, line in zip(found, lines, strict=True) if not line["available"]]
    currency = versions.current().policy.market.currency
    rows = [(listing.title, prices[listing.id]) for listing in there]
    return render_template(
        "buyer/bag.html",
        lines=lines,
        rows=rows,
        total=sum((amount for _label, amount in rows), Money.zero(currency)) if rows else None,
        gone=bool(gone),
        similar=cards.cards(alike(gone[0], 4)) if gone else [],
    )


def _line(listing: Listing, price: Money) -> dict[str, Any]:
    why_not = None
    if listing.state is ListingState.HELD:
        why_not = _("Someone is paying for it right now.")
    elif listing.state is ListingState.SOLD:
        why_not = _("Sold to someone else.")
    elif listing.state is not ListingState.LIVE:
        why_not = _("No longer for sale.")
    return {
        "listing": {**cards.card(listing), "price": price},
        "shipping": cards.shipping_of(listing),
        "available": why_not is None,
        "why_not": why_not,
        "remove_action": url_for("bag.remove", number=listing.number),
    }


@bp.post("/bag/<number>/add")
@public
def add(number: str) -> ResponseReturnValue:
    """Put a piece in. A person's own piece is refused (fault B19)."""
    listing = any_listing(number)
    if listing.state not in PUBLIC:
        raise NotFound()
    person = current_person()
    if person is not None and listing.seller_id == person.id:
        raise OwnPiece()
    bags.put_in(listing.number)
    flash(_("%(title)s is in your bag. It is yours once you have paid.", title=listing.title))
    return redirect(url_for("bag.bag"), 303)


@bp.post("/bag/<number>/remove")
@public
def remove(number: str) -> ResponseReturnValue:
    """Take a piece out; harmless where it is not in."""
    bags.take_out(number)
    return redirect(url_for("bag.bag"), 303)
