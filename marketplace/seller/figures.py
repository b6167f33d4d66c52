"""A listing's simple numbers, and what the same style brought, for its seller."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext

from marketplace.interests.saving import saves_of
from marketplace.listings.comparing import SOON, Place, advice, past_sales, places_of, sales_like
from marketplace.listings.models import Listing
from marketplace.listings.states import ListingState
from marketplace.listings.terms import of_seller
from marketplace.listings.views import views_of

TOLD = (ListingState.LIVE, ListingState.PAUSED, ListingState.HELD)


def figures_of(listings: Sequence[Listing], *, at: datetime) -> dict[int, list[str]]:
    """In words, by listing: views, saves, days live, where the price stands; only of what is in the shop or paused."""
    told = [listing for listing in listings if listing.state in TOLD and listing.live_at is not None]
    ids = [listing.id for listing in told]
    seen, kept, places = views_of(ids), saves_of(ids), places_of(ids)
    found = {}
    for listing in told:
        days = (at - listing.live_at).days if listing.live_at else 0
        words = [
            ngettext("%(num)s view", "%(num)s views", seen.get(listing.id, 0)),
            ngettext("saved by %(num)s", "saved by %(num)s", kept.get(listing.id, 0)),
            ngettext("%(num)s day in the shop", "%(num)s days in the shop", days),
        ]
        found[listing.id] = [str(word) for word in words] + _place(places.get(listing.id))
    return found


def _place(place: Place | None) -> list[str]:
    if place is None:
        return []
    if not place.cheaper:
        return [str(_("the lowest price of %(among)s like it", among=place.among))]
    return [str(_("%(cheaper)s of %(among)s like it cost less", cheaper=place.cheaper, among=place.among))]


def price_help(listing: Listing, *, at: datetime) -> dict[str, Any]:
    """What similar pieces brought and what would sell sooner, each only where there were enough of them."""
    enough = of_seller(listing).price.suggestion.sales_min_count
    sales = sales_like(listing, at=at)
    return {
        "past": past_sales(sales, enough=enough, currency=listing.currency),
        "advice": advice(sales, listing.price, enough=enough) if listing.price else None,
        "days": SOON.days,
    }
