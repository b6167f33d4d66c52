"""Which policy speaks for a listing: the one it was made under for its seller's terms (GAP-18)."""

from __future__ import annotations

from marketplace.listings.models import Listing
from marketplace.money import Money
from marketplace.programme import Policy, versions


def of_seller(listing: Listing) -> Policy:
    """The policy the listing was made under: grades, suggestion, payout. Eligibility and safety are always current."""
    return versions.published(listing.policy_version_id).policy


def payout(listing: Listing, price: Money) -> Money:
    """What the seller receives for this price: the share of the price alone, half up (MK-16, GAP-02, GAP-13)."""
    return price.share(of_seller(listing).payout.payout_basis_points)


def shipping(listing: Listing) -> Money:
    """The fixed amount the buyer pays on top of the price (MK-14)."""
    return Money(versions.current().policy.shipping.amount_minor, listing.currency)
