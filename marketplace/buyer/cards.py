"""A listing as the shop's templates read it: cards and prices. Shapes: ``templates/components/listing.html``."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from marketplace import clock
from marketplace.listings.finding import public_path
from marketplace.listings.models import Listing
from marketplace.listings.piece import Offered
from marketplace.listings.showing import detail, first_photo, grade, photo, shipping_of, shown_price
from marketplace.money import Money
from marketplace.offers import pricing
from marketplace.programme import versions

__all__ = ["card", "cards", "detail", "first_photo", "grade", "photo", "price_to", "shipping_of", "shown_price"]


def card(listing: Listing | Offered) -> dict[str, Any]:
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


def cards(listings: Iterable[Listing | Offered]) -> list[dict[str, Any]]:
    """Several of them."""
    return [card(listing) for listing in listings]


def price_to(listing: Listing, buyer_id: int | None) -> Money:
    """What this buyer sees: the price agreed with her while it holds, else the listed one; shipping is in it."""
    minor = pricing.prices_for([listing], buyer_id, at=clock.now())[listing.id]
    return Money(minor, listing.currency) + shipping_of(listing)
