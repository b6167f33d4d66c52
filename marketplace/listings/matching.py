"""Which listings a shopper's criteria mean, as conditions of a query."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from babel.numbers import get_currency_precision

from marketplace.catalogue.words import query_words
from marketplace.listings.criteria import Criteria
from marketplace.listings.models import Listing
from marketplace.listings.states import ListingState
from marketplace.people.models import Person
from marketplace.programme import versions

PRICE_BANDS = ((0, 100), (100, 200), (200, 300), (300, 500), (500, None))  # whole units of the programme's currency


def band_name(low: int, high: int | None) -> str:
    """The name of a price band in addresses: ``100-200``, ``500-``."""
    return f"{low}-{high or ''}"


def column(facet: str) -> sa.ColumnElement[Any]:
    """What a facet looks at. A price is the one a buyer sees, with the fixed shipping amount in it (GAP-02)."""
    if facet == "price":
        return _price_band()
    columns: dict[str, Any] = {
        "condition": Listing.grade,
        "colour": Listing.colour,
        "material": Listing.material,
        "style": Listing.title,
    }
    found: sa.ColumnElement[Any] = columns[facet]
    return found


def _price_band() -> sa.ColumnElement[Any]:
    policy = versions.current().policy
    unit = 10 ** get_currency_precision(policy.market.currency)
    shown = Listing.price_minor + policy.shipping.amount_minor
    below = [(shown < high * unit, band_name(low, high)) for low, high in PRICE_BANDS if high is not None]
    return sa.case(*below, else_=band_name(*PRICE_BANDS[-1]))


def for_sale() -> list[sa.ColumnElement[bool]]:
    """What makes a listing one that can be bought now: live, and its seller not suspended."""
    suspended = sa.select(Person.id).where(Person.suspended_at.is_not(None))
    return [
        Listing.state == ListingState.LIVE,
        sa.or_(Listing.seller_id.is_(None), Listing.seller_id.not_in(suspended)),
    ]


def matches(criteria: Criteria) -> list[sa.ColumnElement[bool]]:
    """Holding every word; values of one facet are alternatives, facets narrow each other."""
    # The stored text has a space before each word, so a word typed matches from the start of one.
    words = [Listing.search_text.contains(f" {word}", autoescape=True) for word in query_words(criteria.words)]
    return words + [column(name).in_(values) for name, values in criteria.chosen.items()]


def wanted(criteria: Criteria) -> list[sa.ColumnElement[bool]]:
    """For sale, in the category, and matching the rest of the criteria."""
    category = [Listing.category == criteria.category] if criteria.category else []
    return [*for_sale(), *category, *matches(criteria)]
