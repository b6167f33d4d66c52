"""What may be done with a listing, as questions: a button asks the same one as the operation behind it."""

from __future__ import annotations

from marketplace.listings.models import Listing
from marketplace.listings.states import EDITABLE, ListingState
from marketplace.people.models import Person, Role


def can_edit(listing: Listing) -> bool:
    """Whether its words, photos and condition may change: before review, or after a reviewer asked for a change."""
    return listing.state in EDITABLE


def can_reprice(listing: Listing) -> bool:
    """Whether the price may change although the listing is public."""
    return listing.state in (ListingState.LIVE, ListingState.PAUSED)


def can_pause(listing: Listing) -> bool:
    return listing.machine.allows(listing.state, "pause")


def can_resume(listing: Listing) -> bool:
    return listing.machine.allows(listing.state, "resume")


def can_withdraw(listing: Listing) -> bool:
    return listing.machine.allows(listing.state, "withdraw")


def can_answer_proposal(listing: Listing) -> bool:
    return listing.machine.allows(listing.state, "accept_price")


def can_share(listing: Listing) -> bool:
    """Whether the listing has an address to pass on: only once it is live (MK-33)."""
    return listing.state is ListingState.LIVE


def can_review(listing: Listing, person: Person) -> bool:
    """Whether this person may decide on the listing: a reviewer, and not its own seller."""
    return listing.state is ListingState.SUBMITTED and person.has_role(Role.REVIEWER) and listing.seller_id != person.id


def can_remove(listing: Listing, person: Person) -> bool:
    """Whether this person may take the listing out of the shop."""
    return (
        listing.machine.allows(listing.state, "remove")
        and person.has_role(Role.REVIEWER)
        and listing.seller_id != person.id
    )
