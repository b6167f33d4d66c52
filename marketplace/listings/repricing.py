"""A listing in the shop: its price, a pause, and the answer to a reviewer's proposal."""

from __future__ import annotations

from datetime import datetime

from marketplace import events
from marketplace.database import db
from marketplace.events import HasActor
from marketplace.listings.drafting import check_price
from marketplace.listings.eligibility import check_still_eligible
from marketplace.listings.facts import ListingWentLive, PriceLowered
from marketplace.listings.models import Listing
from marketplace.listings.permissions import can_reprice
from marketplace.listings.states import CannotReprice
from marketplace.listings.submitting import wait_for_review
from marketplace.listings.terms import of_seller
from marketplace.money import Money


def goes_to_review(listing: Listing, price: Money) -> bool:
    """Whether a new price needs a reviewer: one above the last approved, of a member's piece."""
    return not listing.is_supply and price.minor > (listing.approved_price_minor or 0)


def reprice(listing: Listing, price: Money, *, by: HasActor, at: datetime) -> None:
    """Change the price of a live or paused listing: at once up to the approved one, above it back to review.

    Raises ``CannotReprice`` (also while somebody is paying for it) or ``PriceOutOfBounds``.
    """
    db.session.refresh(listing, with_for_update=True)
    if not can_reprice(listing):
        raise CannotReprice()
    check_price(price, of_seller(listing))
    if goes_to_review(listing, price):
        wait_for_review(listing, "raise_price", by=by, at=at, price_minor=price.minor)
    elif price.minor != listing.price_minor:
        before, listing.price_minor = listing.price_minor, price.minor
        if listing.is_supply:
            listing.approved_price_minor = price.minor
        events.record(listing, "change_price", by=by, at=at, before_minor=before, price_minor=price.minor)
        if before is not None and price.minor < before:
            events.announce(PriceLowered(listing.id, at))


def accept_price(listing: Listing, *, by: HasActor, at: datetime) -> None:
    """The seller takes the proposed price; the listing goes live at it (GAP-06)."""
    db.session.refresh(listing, with_for_update=True)
    check_still_eligible(listing)
    price = listing.proposed_price_minor
    sets = {
        "price_minor": price,
        "approved_price_minor": price,
        "proposed_price_minor": None,
        "live_at": listing.live_at or at,
    }
    events.transition(listing, "accept_price", by=by, at=at, sets=sets, price_minor=price)
    events.announce(ListingWentLive(listing.id, at))


def refuse_price(listing: Listing, *, by: HasActor, at: datetime) -> None:
    """The seller keeps another price in mind; the listing is hers to change and to hand in again (GAP-06)."""
    refused = listing.proposed_price_minor
    events.transition(listing, "refuse_price", by=by, at=at, sets={"proposed_price_minor": None}, refused_minor=refused)


def pause(listing: Listing, *, by: HasActor, at: datetime) -> None:
    """Take the listing out of the shop for a while."""
    events.transition(listing, "pause", by=by, at=at)


def resume(listing: Listing, *, by: HasActor, at: datetime) -> None:
    """Put a paused listing back; its place among the newest stays what it was."""
    check_still_eligible(listing)
    events.transition(listing, "resume", by=by, at=at)
