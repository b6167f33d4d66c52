"""Listings in each of their states, reached by the product's own operations wherever there is one."""

from __future__ import annotations

from marketplace import clock, events
from marketplace.database import db, unit_of_work
from marketplace.events import SYSTEM
from marketplace.listings import repricing, review, withdrawing
from marketplace.listings.models import Listing
from marketplace.listings.review import ChangeWanted
from marketplace.listings.states import ListingState
from marketplace.money import Money
from marketplace.people.models import Person, Role
from tests.accounts import an_account
from tests.programme.world import a_complete_draft, a_live_listing, submitted


def a_reviewer() -> Person:
    return an_account(name="Rae Lindqvist", roles=[Role.REVIEWER])


def a_submitted_listing() -> Listing:
    return submitted(a_complete_draft())


def seller_of(listing: Listing) -> Person:
    assert listing.seller is not None
    return listing.seller


def approve(listing: Listing, by: Person | None = None) -> None:
    assert listing.submitted_at is not None
    with unit_of_work():
        review.approve(listing, seen=listing.submitted_at, by=by or a_reviewer(), at=clock.now())


def ask_for_changes(listing: Listing, *reasons: str, words: str = "") -> None:
    assert listing.submitted_at is not None
    wanted = [ChangeWanted(reason, words) for reason in reasons or ("photo_unclear",)]
    with unit_of_work():
        review.request_changes(listing, wanted, seen=listing.submitted_at, by=a_reviewer(), at=clock.now())


def propose(listing: Listing, minor: int) -> None:
    assert listing.submitted_at is not None
    with unit_of_work():
        review.propose_price(listing, Money(minor, "USD"), seen=listing.submitted_at, by=a_reviewer(), at=clock.now())


def decline(listing: Listing, reason: str = "condition", words: str = "") -> None:
    assert listing.submitted_at is not None
    with unit_of_work():
        review.decline(listing, reason, words, seen=listing.submitted_at, by=a_reviewer(), at=clock.now())


def moved(listing: Listing, *actions: str) -> Listing:
    """Moves that orders make: hold, sell."""
    with unit_of_work():
        for action in actions:
            events.transition(listing, action, by=SYSTEM, at=clock.now())
    return listing


def a_listing_in(state: ListingState) -> Listing:
    """A listing in any state of the machine."""
    listing = a_live_listing() if state in AFTER_LIVE else a_complete_draft()
    if state not in AFTER_LIVE and state is not ListingState.DRAFT:
        submitted(listing)
    seller = seller_of(listing)
    match state:
        case ListingState.CHANGES_REQUESTED:
            ask_for_changes(listing)
        case ListingState.PRICE_PROPOSED:
            propose(listing, 15_000)
        case ListingState.DECLINED:
            decline(listing)
        case ListingState.PAUSED:
            with unit_of_work():
                repricing.pause(listing, by=seller, at=clock.now())
        case ListingState.HELD:
            moved(listing, "hold")
        case ListingState.SOLD:
            moved(listing, "hold", "sell")
        case ListingState.WITHDRAWN:
            with unit_of_work():
                withdrawing.withdraw(listing, by=seller, at=clock.now())
        case ListingState.REMOVED:
            with unit_of_work():
                withdrawing.remove(listing, "other", by=a_reviewer(), at=clock.now())
    db.session.expire_all()
    assert listing.state is state
    return listing


AFTER_LIVE = {
    ListingState.LIVE,
    ListingState.PAUSED,
    ListingState.HELD,
    ListingState.SOLD,
    ListingState.WITHDRAWN,
    ListingState.REMOVED,
}
