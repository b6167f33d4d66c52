"""A listing as the shop's templates read it: cards and prices. Shapes: ``templates/components/listing.html``."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import Any

from markupsafe import Markup

from marketplace import clock, locales
from marketplace.listings.finding import public_path
from marketplace.listings.models import Listing
from marketplace.listings.piece import Offered
from marketplace.listings.showing import detail, first_photo, grade, photo, shipping_of, shown_price
from marketplace.money import Money
from marketplace.offers import pricing
from marketplace.programme import versions

__all__ = [
    "Card",
    "card",
    "cards",
    "detail",
    "first_photo",
    "grade",
    "once",
    "photo",
    "prices_to",
    "shipping_of",
    "shown_price",
]


class Card(dict[str, Any]):
    """One listing in a shop window. ``written`` keeps what a template made of it, by how it was to be made."""

    def __init__(self, **shown: Any) -> None:
        super().__init__(shown)
        self.written: dict[tuple[object, ...], Markup] = {}


def card(listing: Listing | Offered) -> Card:
    """One listing in a shop window."""
    if isinstance(listing, Offered):
        return _card_of(listing, versions.current().content_hash, locales.spoken())
    return _card(listing)


@lru_cache(maxsize=2048)  # the same pieces stand on page after page, whatever is asked for
def _card_of(piece: Offered, _policy: str, _locale: str) -> Card:
    return _card(piece)


def _card(listing: Listing | Offered) -> Card:
    policy = versions.current().policy
    return Card(
        number=listing.number,
        href=public_path(listing),
        title=listing.title,
        house=listing.house if listing.house != policy.identity.house else None,
        detail=detail(listing),
        photo=first_photo(listing),
        grade=grade(listing.grade, policy),
        price=shown_price(listing),
        original=listing.original_price,
        state=listing.state.value,
        tag=policy.modes.supply.tag if listing.is_supply and policy.modes.peer_to_peer else None,  # else all have it
    )


def cards(listings: Iterable[Listing | Offered]) -> list[Card]:
    """Several of them."""
    policy, locale = versions.current().content_hash, locales.spoken()
    return [_card_of(one, policy, locale) if isinstance(one, Offered) else _card(one) for one in listings]


def once(shown: dict[str, Any], macro: Callable[..., Markup], level: int, priority: bool) -> Markup:
    """What the macro ``card`` writes of a card, written once for all pages that show it in the same way."""
    if not isinstance(shown, Card):
        return macro(shown, level=level, priority=priority)
    how = (level, priority)
    if how not in shown.written:
        shown.written[how] = macro(shown, level=level, priority=priority)
    return shown.written[how]


def prices_to(listings: Sequence[Listing], buyer_id: int | None) -> dict[int, Money]:
    """What this buyer sees, by listing id: prices agreed with her while they hold, else the listed; with shipping."""
    prices = pricing.prices_for(listings, buyer_id, at=clock.now())
    return {one.id: Money(prices[one.id], one.currency) + shipping_of(one) for one in listings}
