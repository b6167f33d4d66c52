"""Trust lost: a piece that may never be offered again, and what else its owner offers is looked at anew (GAP-08)."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from marketplace import events
from marketplace.database import db
from marketplace.events import SYSTEM, HasActor
from marketplace.jobs import deadlines
from marketplace.jobs.alarms import AlarmKind, clear_alarms, is_alarmed, raise_alarm
from marketplace.listings.facts import ListingsCalledIn, OwnerInDoubt
from marketplace.listings.models import Item, Listing
from marketplace.listings.review import REVIEW
from marketplace.listings.states import ListingState
from marketplace.people.models import Person
from marketplace.programme import versions

IN_VIEW = (ListingState.LIVE, ListingState.PAUSED)


def doubt(item: Item, owner: Person | None, *, by: HasActor, at: datetime) -> None:
    """The piece is a counterfeit: nobody offers it again, and everything else its owner offers is looked at anew.

    ``owner`` is who offered it; where nobody did but the house, whose it was.
    """
    quarantine(item, by=by, at=at)
    if owner is None and item.owner_id is not None:
        owner = db.session.get_one(Person, item.owner_id)
    if owner is not None:
        call_in(owner, by=by, at=at)
        events.announce(OwnerInDoubt(owner.id, item.id, at))


def quarantine(item: Item, *, by: HasActor, at: datetime) -> None:
    """The piece is a counterfeit: it is nobody's to offer, ever."""
    if item.quarantined_at is None:
        item.quarantined_at = at
        events.record(item, "quarantine", by=by, at=at)


def call_in(seller: Person, *, by: HasActor, at: datetime) -> list[Listing]:
    """Take everything this seller offers out of view until a reviewer has looked at it again.

    A piece somebody is paying for right now cannot be taken out of their hands: the desk looks.
    """
    listings = db.session.scalars(
        sa.select(Listing)
        .where(Listing.seller_id == seller.id, Listing.state.in_((*IN_VIEW, ListingState.HELD)))
        .order_by(Listing.id)
        .with_for_update()
    ).all()
    for listing in listings:
        if listing.state is ListingState.HELD:
            raise_alarm(AlarmKind.SELLER_IN_DOUBT, listing, at=at)
    return _call_in([listing for listing in listings if listing.state in IN_VIEW], seller, by=by, at=at)


def call_in_if_in_doubt(listing: Listing, *, at: datetime) -> None:
    """A piece that nobody paid for after all is looked at again before anybody else can."""
    if listing.seller is None or listing.state not in IN_VIEW:
        return
    if is_alarmed(AlarmKind.SELLER_IN_DOUBT, listing):
        _call_in([listing], listing.seller, by=SYSTEM, at=at)
        clear_alarms(AlarmKind.SELLER_IN_DOUBT, listing, by=SYSTEM, at=at, reason=listing.state.value)


def _call_in(called_in: list[Listing], seller: Person, *, by: HasActor, at: datetime) -> list[Listing]:
    if not called_in:
        return []
    published = versions.current()
    due = published.calendar.end_of_business_day_after(at, published.policy.limits.review_business_days)
    events.transition_all(called_in, "call_in", by=by, at=at, sets={"submitted_at": at, "review_due_at": due})
    for listing in called_in:
        deadlines.set_deadline(REVIEW, listing, due)
    events.announce(ListingsCalledIn(seller.id, tuple(listing.id for listing in called_in), due, at))
    return called_in
