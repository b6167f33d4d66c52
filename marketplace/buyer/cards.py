"""A listing as the shop's templates read it: cards and prices. Shapes: ``templates/components/listing.html``."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from flask_babel import gettext as _

from marketplace.listings.finding import public_path
from marketplace.listings.models import Listing
from marketplace.listings.showing import detail, first_photo, grade, photo
from marketplace.money import Money
from marketplace.presentation import day
from marketplace.programme import versions

__all__ = ["card", "cards", "detail", "first_photo", "grade", "photo", "shipping_of", "shown_price", "taken"]


def shown_price(listing: Listing) -> Money:
    """The one price a buyer sees: the listed price with the fixed shipping amount in it (GAP-02)."""
    price = listing.price or Money.zero(listing.currency)
    return price + shipping_of(listing)


def shipping_of(listing: Listing) -> Money:
    """The fixed amount for one piece (MK-14)."""
    return Money(versions.current().policy.shipping.amount_minor, listing.currency)


def card(listing: Listing) -> dict[str, Any]:
    """One listing in a shop window."""
    policy = versions.current().policy
    return {
        "number": listing.number,
        "href": public_path(listing),
        "title": listing.title,
        "detail": detail(listing),
        "photo": first_photo(listing),
        "grade": grade(listing.grade, policy),
        "price": shown_price(listing),
        "original": listing.original_price,
        "state": listing.state.value,
        "tag": policy.modes.supply.tag if listing.is_supply else None,
    }


def cards(listings: Iterable[Listing]) -> list[dict[str, Any]]:
    """Several of them."""
    return [card(listing) for listing in listings]


def taken(moment: datetime, *, by_seller: bool) -> str:
    """Who took a photograph and when, as its caption says it."""
    on = day(moment, year=True, weekday=False)
    return str(_("Photo by the seller, %(day)s", day=on) if by_seller else _("Library photo"))
