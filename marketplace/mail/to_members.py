"""Letters to a member about a listing on its way to the shop."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from marketplace.database import db
from marketplace.listings.facts import (
    ChangesRequested,
    ListingDeclined,
    ListingsCalledIn,
    ListingSubmitted,
    ListingWentLive,
    ListingWithdrawn,
    PriceProposed,
    ReviewOverdue,
)
from marketplace.listings.finding import public_path
from marketplace.listings.models import Listing
from marketplace.listings.review import decision_words
from marketplace.mail.addresses import url
from marketplace.mail.outgoing import send
from marketplace.money import Money
from marketplace.people.models import Person
from marketplace.people.notices import Notice, is_wanted, stop_path
from marketplace.programme.language import speaking

NEWS = frozenset({"listing_submitted", "listing_live"})  # what a seller may switch off: nothing waits for her there


def _write(message: str, listing_id: int, at: datetime, **more: Any) -> None:
    listing = db.session.get_one(Listing, listing_id)
    if listing.seller is None or (message in NEWS and not is_wanted(Notice.LISTING_NEWS, listing.seller.id)):
        return
    facts = {
        "title": listing.title,
        "price": listing.price or "",
        "wardrobe_url": url("/sell/wardrobe"),
        "check_url": url(f"/sell/listings/{listing.number}/check"),
        **({"stop_url": url(stop_path(listing.seller.id, Notice.LISTING_NEWS))} if message in NEWS else {}),
        **more,
    }
    key = f"{listing.number}:{at.isoformat()}"
    reader = listing.seller
    send(message, key=key, to=reader.email, about=listing, at=at, facts=facts, language=reader.language)


def listing_submitted(fact: ListingSubmitted) -> None:
    """We have it, and by when it is reviewed."""
    listing = db.session.get_one(Listing, fact.listing_id)
    _write("listing_submitted", fact.listing_id, fact.at, review_by=listing.review_due_at or "")


def listing_live(fact: ListingWentLive) -> None:
    """It is in the shop: share it."""
    listing = db.session.get_one(Listing, fact.listing_id)
    _write("listing_live", fact.listing_id, fact.at, listing_url=url(public_path(listing)))


def changes_requested(fact: ChangesRequested) -> None:
    """Something is missing: what, and where to mend it."""
    _write("changes_requested", fact.listing_id, fact.at)


def price_proposed(fact: PriceProposed) -> None:
    """Another price is proposed; nothing happens until the seller answers (GAP-06)."""
    listing = db.session.get_one(Listing, fact.listing_id)
    proposed = Money(listing.proposed_price_minor or 0, listing.currency)
    _write("price_proposed", fact.listing_id, fact.at, proposed=proposed)


def listing_declined(fact: ListingDeclined) -> None:
    """Not accepted, and why."""
    listing = db.session.get_one(Listing, fact.listing_id)
    with speaking(listing.seller.language if listing.seller else ""):
        reason = decision_words(listing)
    _write("listing_declined", fact.listing_id, fact.at, reason=reason)


def listing_withdrawn(fact: ListingWithdrawn) -> None:
    """Only when it was not the seller's own doing."""
    if not fact.by_seller:
        _write("listing_withdrawn", fact.listing_id, fact.at)


def listings_called_in(fact: ListingsCalledIn) -> None:
    """What a seller offers is looked at again: one letter for all of it."""
    seller = db.session.get_one(Person, fact.seller_id)
    listings = [db.session.get_one(Listing, listing_id) for listing_id in fact.listing_ids]
    facts = {
        "titles": [listing.title for listing in listings],
        "review_by": fact.due_at,
        "wardrobe_url": url("/sell/wardrobe"),
    }
    key = f"called-in:{seller.id}:{fact.at.isoformat()}"
    send(
        "listings_called_in",
        key=key,
        to=seller.email,
        about=seller,
        at=fact.at,
        facts=facts,
        language=seller.language,
    )


def review_overdue(fact: ReviewOverdue) -> None:
    """We are late, and the new date."""
    _write("review_overdue", fact.listing_id, fact.at, review_by=fact.new_due_at)
