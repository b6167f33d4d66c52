"""Which purchases may become listings, and why another may not: each reason has its name and its words.

Eligibility is always judged by the policy in force, never by the one a listing is pinned to (GAP-18).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from marketplace.catalogue.models import Style
from marketplace.database import db
from marketplace.errors import Refusal
from marketplace.listings.models import Item, Listing
from marketplace.listings.states import OPEN, ListingState
from marketplace.people.models import Person, Purchase
from marketplace.programme import Policy, versions

FINAL = (ListingState.DECLINED, ListingState.REMOVED)


class NotListable(Refusal):
    """This piece cannot be listed by this person now."""


class SellingIsOff(NotListable):
    message = _l("Members cannot sell here at the moment.")


class NotAMember(NotListable):
    """Only loyalty members may list (MK-02)."""

    message = _l("Only members of the loyalty club can sell here.")
    status = 403


class BoughtAsGuest(NotListable):
    """Bought without the loyalty account: by guest checkout, or without giving the e-mail in the store (MK-25)."""

    message = _l(
        "This was bought without your loyalty account, by guest checkout or without your e-mail being given in the "
        "store. Only pieces bought under the account can be sold here."
    )


class WasReturned(NotListable):
    message = _l("This was returned to the shop.")


class CategoryRefused(NotListable):
    """Of a kind the programme does not take (MK-24)."""

    message = _l("Pieces of this kind cannot be sold here.")


class CollectionRefused(NotListable):
    """Of the current or core collection (MK-07)."""

    message = _l("Pieces of this collection cannot be listed at this time.")


class ChannelRefused(NotListable):
    message = _l("Only pieces bought on our own site or in our own stores can be sold here.")


class BoughtInAnotherCurrency(NotListable):
    message = _l("This was bought in another currency, outside the market this programme serves.")


class NoSuchUnit(NotListable):
    message = _l("The purchase does not have that many pieces.")
    status = 404


class AlreadyListed(NotListable):
    message = _l("This piece is listed already.")


class AlreadySold(NotListable):
    message = _l("This piece has been sold.")


class IsQuarantined(NotListable):
    """Found to be a counterfeit (GAP-08)."""

    message = _l("This piece was found not to be authentic. It cannot be sold here.")


class WasDeclined(NotListable):
    """Declined or removed by a reviewer: the decision stands; customer service answers questions (MK-06, MK-67)."""

    message = _l("This piece was reviewed and cannot be listed.")

    def __init__(self) -> None:
        email = versions.current().policy.identity.support.email
        super().__init__(
            _("This piece was reviewed and cannot be listed. Questions: %(email)s", email=email),
        )


@dataclass(frozen=True)
class Standing:
    """Where one unit of a purchase stands: its latest listing, and why it cannot be listed (None: it can)."""

    purchase: Purchase
    unit: int
    listing: Listing | None
    refusal: NotListable | None


def purchase_refusal(purchase: Purchase, policy: Policy) -> NotListable | None:
    """Why nothing of this purchase can be listed, or None (MK-07, MK-24, MK-25)."""
    eligibility = policy.eligibility
    if purchase.loyalty_account_id is None:
        return BoughtAsGuest()
    if purchase.returned_on is not None:
        return WasReturned()
    if refusal := style_refusal(purchase, policy):
        return refusal
    if purchase.channel not in eligibility.channels:
        return ChannelRefused()
    return BoughtInAnotherCurrency() if purchase.currency != policy.market.currency else None


def style_refusal(style: Purchase | Style, policy: Policy) -> NotListable | None:
    """Why nothing of this kind or collection can be listed, or None (MK-07, MK-24)."""
    category = policy.eligibility.category(style.category)
    group = policy.eligibility.group_of(category) if category else None
    if group is None or group.refusal is not None:
        return CategoryRefused(group.refusal if group else None)
    collection = policy.eligibility.refused_collection(style.collection)
    return CollectionRefused(collection.refusal) if collection else None


def person_refusal(person: Person, policy: Policy) -> NotListable | None:
    """Why this person can list nothing, or None (MK-02)."""
    if not policy.modes.peer_to_peer:
        return SellingIsOff()
    return None if person.is_member and person.suspended_at is None else NotAMember()


def unit_refusal(item: Item | None, listing: Listing | None, person: Person) -> NotListable | None:
    """Why this unit cannot be listed again, given its item and its latest listing."""
    if item is not None and item.quarantined_at is not None:
        return IsQuarantined()
    if item is not None and item.owner_id != person.id:
        return AlreadySold()
    return owner_refusal(listing)


def owner_refusal(listing: Listing | None) -> NotListable | None:
    """Why a piece cannot be listed again by its owner, given her own latest listing of it."""
    if listing is None:
        return None
    if listing.state in OPEN:
        return AlreadyListed()
    if listing.state is ListingState.SOLD:
        return AlreadySold()
    return WasDeclined() if listing.state in FINAL else None


def standings(purchases: Sequence[Purchase], person: Person) -> list[Standing]:
    """One standing for each unit of each purchase, in order."""
    policy = versions.current().policy
    general = person_refusal(person, policy)
    offered = _offered([purchase.id for purchase in purchases])
    found = []
    for purchase in purchases:
        refusal = general or purchase_refusal(purchase, policy)
        for unit in range(1, purchase.quantity + 1):
            item, listing = offered.get((purchase.id, unit), (None, None))
            found.append(Standing(purchase, unit, listing, unit_refusal(item, listing, person) or refusal))
    return found


def standing_of(purchase: Purchase, unit: int, person: Person) -> Standing:
    """The standing of one unit; raises ``NoSuchUnit``."""
    if not 1 <= unit <= purchase.quantity:
        raise NoSuchUnit()
    return standings([purchase], person)[unit - 1]


def _offered(purchase_ids: Sequence[int]) -> dict[tuple[int | None, int], tuple[Item, Listing | None]]:
    """By purchase and unit: the items that were offered before, each with its latest listing."""
    rows = db.session.execute(
        sa.select(Item, Listing)
        .outerjoin(Listing, Listing.item_id == Item.id)
        .where(Item.purchase_id.in_(purchase_ids))
        .order_by(Listing.id)
    )
    return {(item.purchase_id, item.unit): (item, listing) for item, listing in rows}


def check_still_eligible(listing: Listing) -> None:
    """Raise the reason why a listing that was begun may not go on: the rules may have changed since (GAP-18)."""
    if listing.seller is None or listing.item.purchase is None:
        return
    policy = versions.current().policy
    refusal = person_refusal(listing.seller, policy) or purchase_refusal(listing.item.purchase, policy)
    if refusal is not None:
        raise refusal
