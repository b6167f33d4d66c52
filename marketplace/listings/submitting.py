"""Handing a listing in for review."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from marketplace import events
from marketplace.database import db
from marketplace.events import HasActor
from marketplace.jobs import deadlines
from marketplace.listings.completeness import check_complete
from marketplace.listings.eligibility import check_still_eligible
from marketplace.listings.facts import ListingSubmitted
from marketplace.listings.models import Listing, ReviewNote
from marketplace.listings.review import REVIEW
from marketplace.programme import versions


def submit(listing: Listing, *, by: HasActor, at: datetime) -> None:
    """Hand a complete listing in; it waits for a reviewer until ``review_due_at`` (MK-05, MK-08).

    Raises ``CannotSubmit``, ``Incomplete`` with everything missing, or the ``NotListable`` that applies by now.
    """
    db.session.refresh(listing, with_for_update=True)
    listing.machine.next_state(listing.state, "submit")
    check_still_eligible(listing)
    check_complete(listing)
    db.session.execute(
        sa.update(ReviewNote)
        .where(ReviewNote.listing_id == listing.id, ReviewNote.resolved_at.is_(None))
        .values(resolved_at=at)
    )
    wait_for_review(listing, "submit", by=by, at=at, price_minor=listing.price_minor)


def wait_for_review(listing: Listing, action: str, *, by: HasActor, at: datetime, **sets: object) -> None:
    """Move the listing into the review queue with its promised date."""
    published = versions.current()
    due = published.calendar.end_of_business_day_after(at, published.policy.limits.review_business_days)
    sets = {**sets, "submitted_at": at, "review_due_at": due}
    events.transition(listing, action, by=by, at=at, sets=sets, price_minor=sets.get("price_minor"))
    deadlines.set_deadline(REVIEW, listing, due)
    events.announce(ListingSubmitted(listing.id, at))
