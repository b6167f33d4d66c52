"""The reviewer's decision on a submitted listing (MK-05 to MK-13), and what happens when none comes in time.

Each decision names the moment the reviewer saw the listing submitted (``seen``): one that was changed and handed in
again meanwhile is not decided by mistake. Staff's silence decides nothing: it raises an alarm and sets a new date.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from marketplace import events
from marketplace.database import db
from marketplace.errors import Refusal
from marketplace.events import SYSTEM
from marketplace.jobs import deadlines
from marketplace.jobs.alarms import AlarmKind, clear_alarms, raise_alarm
from marketplace.listings.drafting import check_price
from marketplace.listings.facts import (
    ChangesRequested,
    ListingDeclined,
    ListingWentLive,
    PriceProposed,
    ReviewOverdue,
)
from marketplace.listings.models import Listing, ReviewNote
from marketplace.listings.states import CannotReview, ListingState
from marketplace.listings.terms import of_seller
from marketplace.money import Money
from marketplace.people.models import Person, Role
from marketplace.programme import versions

REVIEW = "review"  # the deadline's kind
DECLINED = "decline"  # the field of a note that says why a listing was declined or removed
LATE_BY_BUSINESS_DAYS = 1  # the new date after an overdue review


class NotAReviewer(Refusal):
    message = _l("Only reviewers decide on listings.")
    status = 403


class OwnListing(Refusal):
    """Nobody decides on their own piece."""

    message = _l("This is your own listing. Somebody else has to review it.")
    status = 403


class ChangedMeanwhile(CannotReview):
    message = _l("This listing changed since you opened it. Nothing was decided; look at it again.")


class NoReason(Refusal):
    message = _l("Choose at least one reason.")
    status = 422


class SamePrice(Refusal):
    message = _l("Propose a price other than the seller's.")
    status = 422


@dataclass(frozen=True)
class ChangeWanted:
    """One thing to mend: a reason of the policy, and the reviewer's own words where they help."""

    reason: str
    words: str = ""


# Deciding ------------------------------------------------------------------------------------------------------------


def approve(listing: Listing, *, seen: datetime, by: Person, at: datetime) -> None:
    """Put the listing into the shop at its seller's price (MK-05, MK-33)."""
    _decide(
        listing,
        "approve",
        seen=seen,
        by=by,
        at=at,
        sets={"approved_price_minor": listing.price_minor, "live_at": listing.live_at or at},
        price_minor=listing.price_minor,
    )
    events.announce(ListingWentLive(listing.id, at))


def request_changes(
    listing: Listing, wanted: Sequence[ChangeWanted], *, seen: datetime, by: Person, at: datetime
) -> None:
    """Send the listing back; each reason stands beside its field, with the rule and the fix (MK-09 to MK-11).

    Raises ``NoReason`` for none or one that the policy does not know.
    """
    review = versions.current().policy.review
    reasons = [(review.change_reason(want.reason), want) for want in wanted]
    if not reasons or any(reason is None for reason, _want in reasons):
        raise NoReason()
    keys = [want.reason for want in wanted]
    _decide(listing, "request_changes", seen=seen, by=by, at=at, reasons=keys)
    for reason, want in reasons:
        if reason is not None:
            _note(listing, reason.field.value, want.reason, want.words, by=by, at=at)
    events.announce(ChangesRequested(listing.id, at))


def propose_price(listing: Listing, price: Money, *, seen: datetime, by: Person, at: datetime) -> None:
    """Propose another price; nothing goes live until the seller accepts it (MK-13, GAP-06).

    Raises ``SamePrice`` or ``PriceOutOfBounds``.
    """
    check_price(price, of_seller(listing))
    if price.minor == listing.price_minor:
        raise SamePrice()
    sets = {"proposed_price_minor": price.minor}
    _decide(listing, "propose_price", seen=seen, by=by, at=at, sets=sets, proposed_minor=price.minor)
    events.announce(PriceProposed(listing.id, at))


def decline(listing: Listing, reason: str, words: str = "", *, seen: datetime, by: Person, at: datetime) -> None:
    """Refuse the listing for good, with a reason of the policy (MK-06, MK-12). Raises ``NoReason``."""
    if versions.current().policy.review.decline_reason(reason) is None:
        raise NoReason()
    _decide(listing, "decline", seen=seen, by=by, at=at, reason=reason)
    _note(listing, DECLINED, reason, words, by=by, at=at)
    events.announce(ListingDeclined(listing.id, at))


def check_reviewer(listing: Listing, person: Person) -> None:
    """Raise unless this person may decide on the listing: ``NotAReviewer`` or ``OwnListing``."""
    if not person.has_role(Role.REVIEWER):
        raise NotAReviewer()
    if listing.seller_id == person.id:
        raise OwnListing()


def _decide(
    listing: Listing,
    action: str,
    *,
    seen: datetime,
    by: Person,
    at: datetime,
    sets: dict[str, Any] | None = None,
    **detail: Any,
) -> None:
    check_reviewer(listing, by)
    db.session.refresh(listing, with_for_update=True)
    if listing.state is ListingState.SUBMITTED and listing.submitted_at != seen:
        raise ChangedMeanwhile()
    events.transition(listing, action, by=by, at=at, sets={**(sets or {}), "reviewed_at": at}, **detail)
    end_waiting(listing, by=by, at=at)


def end_waiting(listing: Listing, *, by: events.HasActor, at: datetime) -> None:
    """Nobody waits for a reviewer any more: the deadline goes, and the alarm that it had passed."""
    deadlines.cancel_deadlines([listing], REVIEW, at=at)
    clear_alarms(AlarmKind.REVIEW_LATE, listing, by=by, at=at, reason=listing.state.value)


def _note(listing: Listing, field: str, reason: str, words: str, *, by: Person, at: datetime) -> None:
    note = ReviewNote(listing_id=listing.id, reviewer_id=by.id, written_at=at, field=field, reason=reason, words=words)
    db.session.add(note)
    db.session.flush()


# Reading -------------------------------------------------------------------------------------------------------------


def open_notes(listing: Listing) -> Sequence[ReviewNote]:
    """What the seller is still asked to mend, oldest first."""
    return db.session.scalars(
        sa.select(ReviewNote)
        .where(ReviewNote.listing_id == listing.id, ReviewNote.resolved_at.is_(None))
        .order_by(ReviewNote.id)
    ).all()


def decision_words(listing: Listing) -> str:
    """Why the listing was declined or removed: the policy's words for the reason, and the reviewer's own."""
    note = db.session.scalar(
        sa.select(ReviewNote)
        .where(ReviewNote.listing_id == listing.id, ReviewNote.field == DECLINED)
        .order_by(ReviewNote.id.desc())
        .limit(1)
    )
    if note is None:
        return ""
    reason = versions.current().policy.review.decline_reason(note.reason)
    return " ".join(filter(None, (reason.text if reason else "", note.words)))


def queue() -> Sequence[Listing]:
    """Everything that waits for a reviewer, by time left."""
    return db.session.scalars(
        sa.select(Listing).where(Listing.state == ListingState.SUBMITTED).order_by(Listing.review_due_at, Listing.id)
    ).all()


# Overdue -------------------------------------------------------------------------------------------------------------


def sweep_overdue(listing_ids: Sequence[int], at: datetime) -> None:
    """The promised time has passed: the desk is alarmed, the seller told the new date (MK-08)."""
    due = versions.current().calendar.end_of_business_day_after(at, LATE_BY_BUSINESS_DAYS)
    late = db.session.scalars(
        sa.select(Listing).where(Listing.id.in_(listing_ids), Listing.state == ListingState.SUBMITTED)
    ).all()
    for listing in late:
        listing.review_due_at = due
        events.record(listing, "review_overdue", by=SYSTEM, at=at)
        raise_alarm(AlarmKind.REVIEW_LATE, listing, at=at)
        deadlines.set_deadline(REVIEW, listing, due)
        events.announce(ReviewOverdue(listing.id, due, at))
