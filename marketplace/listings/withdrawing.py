"""Taking a listing out for good: by its seller, by staff, or because the purchase went back to the shop."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from marketplace import events
from marketplace.database import db
from marketplace.events import SYSTEM, HasActor
from marketplace.jobs.alarms import AlarmKind, raise_alarm
from marketplace.listings.facts import ListingWithdrawn
from marketplace.listings.models import Item, Listing, ReviewNote
from marketplace.listings.permissions import can_withdraw
from marketplace.listings.review import DECLINED, NoReason, check_reviewer, end_waiting
from marketplace.listings.states import ListingState
from marketplace.people.facts import PurchaseReturned
from marketplace.people.models import Person
from marketplace.programme import versions


def withdraw(listing: Listing, *, by: HasActor, at: datetime) -> None:
    """The seller no longer offers the piece; not while somebody is paying for it. Raises ``CannotWithdraw``."""
    _withdraw(listing, by=by, at=at)
    events.announce(ListingWithdrawn(listing.id, by_seller=True, at=at))


def remove(listing: Listing, reason: str, words: str = "", *, by: Person, at: datetime) -> None:
    """Staff take a listing out with one of the policy's reasons (MK-06).

    Raises ``NoReason``, ``CannotRemove``, or what ``check_reviewer`` says.
    """
    check_reviewer(listing, by)
    if versions.current().policy.review.decline_reason(reason) is None:
        raise NoReason()
    events.transition(listing, "remove", by=by, at=at, reason=reason)
    end_waiting(listing, by=by, at=at)
    db.session.add(
        ReviewNote(listing_id=listing.id, reviewer_id=by.id, written_at=at, field=DECLINED, reason=reason, words=words)
    )
    events.announce(ListingWithdrawn(listing.id, by_seller=False, at=at))


def take_back(listing: Listing, *, by: HasActor, at: datetime) -> None:
    """A sale came to nothing and the piece is its seller's again, who may list it anew (GAP-08, GAP-09)."""
    events.transition(listing, "take_back", by=by, at=at)


def purchase_returned(fact: PurchaseReturned) -> None:
    """What was bought went back to the shop: nothing of it may be sold here any more.

    A piece somebody is paying for right now cannot be taken out of their hands: the desk looks. A running order is
    the business of ``orders``.
    """
    listings = db.session.scalars(
        sa.select(Listing).join(Item, Item.id == Listing.item_id).where(Item.purchase_id == fact.purchase_id)
    ).all()
    for listing in listings:
        db.session.refresh(listing, with_for_update=True)
        if listing.state is ListingState.HELD:
            raise_alarm(AlarmKind.PURCHASE_RETURNED, listing, at=fact.at)
        elif can_withdraw(listing):
            _withdraw_returned(listing, fact.at)


def withdraw_if_returned(listing: Listing, *, at: datetime) -> None:
    """A piece that nobody paid for after all is not offered again where its purchase went back meanwhile."""
    purchase = listing.item.purchase
    if purchase is not None and purchase.returned_on is not None and can_withdraw(listing):
        _withdraw_returned(listing, at)


def _withdraw_returned(listing: Listing, at: datetime) -> None:
    _withdraw(listing, by=SYSTEM, at=at)
    events.announce(ListingWithdrawn(listing.id, by_seller=False, at=at))


def _withdraw(listing: Listing, *, by: HasActor, at: datetime) -> None:
    events.transition(listing, "withdraw", by=by, at=at)
    end_waiting(listing, by=by, at=at)
