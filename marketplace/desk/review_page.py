"""What a reviewer sees of one listing: the seller's word beside the library, the price band, duplicates."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import url_for
from flask_babel import gettext as _

from marketplace.database import db
from marketplace.desk import item_record
from marketplace.events import ActorKind, Event, history
from marketplace.listings import permissions
from marketplace.listings.condition import cap_of, cap_words, flaw_words
from marketplace.listings.duplicates import duplicates_of
from marketplace.listings.labels import ACTIONS, LABELS, tone
from marketplace.listings.models import Listing
from marketplace.listings.photo_uploads import said_of, slots
from marketplace.listings.review import open_notes
from marketplace.listings.showing import detail, grade, largest_url, photo
from marketplace.listings.suggestion import is_outside_band, suggestion_for
from marketplace.listings.terms import of_seller, payout
from marketplace.people.models import Person
from marketplace.programme import versions


def review_page(listing: Listing, *, reviewer: Person, at: datetime) -> dict[str, Any]:
    """What ``templates/desk/review_listing.html`` reads."""
    policy = of_seller(listing)
    suggestion = suggestion_for(listing, at=at)
    return {
        "listing": listing,
        "state_label": LABELS[listing.state],
        "state_tone": tone(listing.state),
        "detail": detail(listing),
        "left": (listing.review_due_at or at) - at if listing.submitted_at else None,
        "grade": grade(listing.grade, policy) if listing.grade else None,
        "cap": cap_words(cap_of(listing.flaws, policy.condition), policy.condition),
        "flaws": [(flaw_words(flaw, policy.condition), flaw.note) for flaw in listing.flaws],
        "includes": [thing.label for thing in policy.condition.comes_with if thing.key in listing.includes],
        "photos": _photos(listing),
        "library": [photo(picture, alt=listing.title) for picture in listing.item.style.pictures],
        "duplicates": _duplicates(listing),
        "suggestion": suggestion,
        "is_outside_band": suggestion is not None and is_outside_band(listing, suggestion),
        "payout": payout(listing, listing.price) if listing.price else None,
        "rules": versions.current().policy.review,
        "notes": open_notes(listing),
        "may_review": permissions.can_review(listing, reviewer),
        "may_remove": permissions.can_remove(listing, reviewer),
        "is_own": listing.seller_id == reviewer.id,
        "trail": _trail(listing),
        "record": item_record.of(listing.item),
    }


def _photos(listing: Listing) -> list[dict[str, Any]]:
    """The seller's photos, large, each with its view's name and what the quality check said."""
    labels = {slot.name: slot.label for slot in slots(listing, of_seller(listing))}
    shown = []
    for taken in listing.photos:
        view = labels.get(taken.slot, taken.slot)
        picture = photo(taken, alt=f"{listing.title}: {view}", caption=view)
        shown.append({**picture, "full": largest_url(taken), "finding": said_of(taken)})
    return shown


def _trail(listing: Listing) -> list[dict[str, Any]]:
    """What happened to the listing, newest first, each with who did it."""
    return [
        {"title": ACTIONS[event.action], "at": event.at, "by": _actor(event, listing)}
        for event in reversed(history(listing))
    ]


def _actor(event: Event, listing: Listing) -> str:
    if event.actor_kind is not ActorKind.PERSON:
        return str(_("the shop"))
    if event.actor_id == listing.seller_id:
        return str(_("the seller"))
    person = db.session.get(Person, event.actor_id)
    return person.name if person is not None and person.is_staff else str(_("a buyer"))


def _duplicates(listing: Listing) -> list[dict[str, Any]]:
    return [
        {
            "here": photo(found.photo, alt=listing.title, caption=listing.number),
            "there": photo(found.other, alt=found.other.listing.title, caption=found.other.listing.number),
            "other": found.other.listing,
            "href": url_for("review.listing", number=found.other.listing.number),
            "is_mirrored": found.is_mirrored,
        }
        for found in duplicates_of(listing)
    ]
