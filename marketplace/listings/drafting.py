"""Writing a listing: kept step by step, on any device, until it is submitted.

Each operation locks the listing's row first, so that a draft cannot change after it was submitted in another tab.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from marketplace import events
from marketplace.database import db
from marketplace.errors import NotFound, Refusal
from marketplace.events import HasActor
from marketplace.listings.condition import check_grade
from marketplace.listings.models import Listing
from marketplace.listings.permissions import can_edit
from marketplace.listings.ship_from import keep_address
from marketplace.listings.suggestion import suggestion_for
from marketplace.listings.terms import of_seller
from marketplace.money import Money, format_money
from marketplace.people.models import Person
from marketplace.programme import Policy
from marketplace.shipping.postal import PostalAddress

STEPS = ("details", "condition", "photos", "price", "check")


class NotEditable(Refusal):
    message = _l("This listing can no longer be changed here.")


class UnknownAccessory(Refusal):
    message = _l("Choose from what is listed.")
    status = 422


class PriceOutOfBounds(Refusal):
    """Below or above what can be sold here. Within those bounds any price may be named (MK-31, MK-52)."""

    message = _l("This price is not possible here.")
    status = 422

    def __init__(self, least: Money, most: Money) -> None:
        super().__init__(
            _(
                "Name a price from %(least)s to %(most)s.",
                least=format_money(least, whole=True),
                most=format_money(most, whole=True),
            )
        )


def editing(listing: Listing) -> Policy:
    """Lock the listing for a change and return its seller's terms.

    Raises ``NotEditable`` once it was submitted, ``NotFound`` where its draft was removed meanwhile.
    """
    standing = sa.select(Listing).where(Listing.id == listing.id).with_for_update()
    if db.session.scalar(standing.execution_options(populate_existing=True)) is None:
        raise NotFound()
    if not can_edit(listing):
        raise NotEditable()
    return of_seller(listing)


def edited(listing: Listing, step: str, *, by: HasActor, at: datetime) -> None:
    """Note the change, and how far through the wizard its draft has come."""
    following = STEPS[min(STEPS.index(step) + 1, len(STEPS) - 1)]
    if STEPS.index(following) > STEPS.index(listing.step):
        listing.step = following
    events.record(listing, "edit", by=by, at=at, step=step)


def save_details(
    listing: Listing, *, includes: Sequence[str], ships_from: PostalAddress, by: Person, at: datetime
) -> None:
    """Keep what comes with the piece and where it will be sent from.

    Raises ``NotEditable``, ``UnknownAccessory`` or an ``AddressRefused`` (``ShipsFromElsewhere``, MK-46).
    """
    policy = editing(listing)
    accessories, address = _accessories(includes, policy), keep_address(by, ships_from)
    listing.includes, listing.ships_from = accessories, address
    edited(listing, "details", by=by, at=at)


def save_accessories(listing: Listing, *, includes: Sequence[str], by: HasActor, at: datetime) -> None:
    """Keep what comes with a piece that leaves from the house's own warehouse."""
    listing.includes = _accessories(includes, editing(listing))
    edited(listing, "details", by=by, at=at)


def _accessories(keys: Sequence[str], policy: Policy) -> list[str]:
    known = [accessory.key for accessory in policy.condition.comes_with]
    if set(keys) - set(known):
        raise UnknownAccessory()
    return [key for key in known if key in keys]


def save_condition(listing: Listing, *, grade: str, words: str, by: HasActor, at: datetime) -> None:
    """Keep the grade the seller chose and her words; the grade must fit the flaws noted (GAP-12).

    Raises ``NotEditable`` or one of ``condition``'s refusals.
    """
    policy = editing(listing)
    listing.grade = check_grade(grade, listing.flaws, policy.condition).key
    listing.words = words
    suggestion = suggestion_for(listing, at=at)
    listing.suggested_price_minor = suggestion.price.minor if suggestion else None
    edited(listing, "condition", by=by, at=at)


def save_price(listing: Listing, *, price: Money, by: HasActor, at: datetime) -> None:
    """Keep the price the seller names (MK-31). Raises ``NotEditable`` or ``PriceOutOfBounds``."""
    policy = editing(listing)
    check_price(price, policy)
    listing.price_minor = price.minor
    suggestion = suggestion_for(listing, at=at)
    listing.suggested_price_minor = suggestion.price.minor if suggestion else None
    edited(listing, "price", by=by, at=at)


def check_price(price: Money, policy: Policy) -> None:
    """Raise ``PriceOutOfBounds`` for a price that nothing can be sold at."""
    least, most = (Money(minor, price.currency) for minor in (policy.price.min_minor, policy.price.max_minor))
    if not least <= price <= most:
        raise PriceOutOfBounds(least, most)
