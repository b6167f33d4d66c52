"""Noting wear on a draft: part, kind, severity, and a close-up (MK-10, MK-29)."""

from __future__ import annotations

from datetime import datetime

from flask_babel import lazy_gettext as _l

from marketplace import events
from marketplace.database import db
from marketplace.errors import NotFound, Refusal
from marketplace.events import HasActor
from marketplace.listings.condition import cap_of, check_flaw
from marketplace.listings.drafting import editing
from marketplace.listings.models import Flaw, Listing
from marketplace.programme import Policy

MOST_FLAWS = 12


class TooManyFlaws(Refusal):
    message = _l("Twelve flaws are noted already. Describe the rest in your own words.")
    status = 422


def add_flaw(listing: Listing, *, part: str, kind: str, severity: str, note: str, by: HasActor, at: datetime) -> Flaw:
    """Note a flaw. A grade that it no longer allows is taken back, to be chosen again (GAP-12).

    Raises ``NotEditable``, ``UnknownFlaw`` or ``TooManyFlaws``.
    """
    policy = editing(listing)
    flaw = Flaw(part=part, kind=kind, severity=severity, note=note)
    check_flaw(flaw, policy.condition)
    if len(listing.flaws) >= MOST_FLAWS:
        raise TooManyFlaws()
    listing.flaws.append(flaw)
    _take_back_grade(listing, policy)
    db.session.flush()
    events.record(listing, "add_flaw", by=by, at=at, flaw=flaw.id, part=part, kind=kind, severity=severity)
    return flaw


def remove_flaw(flaw: Flaw, *, by: HasActor, at: datetime) -> None:
    """Take a flaw back, with its close-up. Raises ``NotEditable``."""
    listing = flaw.listing
    editing(listing)
    events.record(listing, "remove_flaw", by=by, at=at, flaw=flaw.id)
    photo = flaw.photo
    listing.flaws.remove(flaw)
    db.session.flush()
    if photo is not None:
        listing.photos.remove(photo)
        db.session.flush()


def flaw_of(listing: Listing, flaw_id: int) -> Flaw:
    """The listing's own flaw of that id; else ``NotFound``."""
    flaw = db.session.get(Flaw, flaw_id)
    if flaw is None or flaw.listing_id != listing.id:
        raise NotFound()
    return flaw


def needs_photo(flaw: Flaw, policy: Policy) -> bool:
    """Whether a close-up of this flaw is still wanted: of every flaw that can be photographed (MK-29)."""
    part = policy.condition.part(flaw.part)
    return flaw.photo_id is None and part is not None and part.is_photographed


def _take_back_grade(listing: Listing, policy: Policy) -> None:
    condition = policy.condition
    cap = cap_of(listing.flaws, condition)
    if listing.grade is not None and condition.rank(listing.grade) < condition.rank(cap.grade.key):
        listing.grade = None
        listing.suggested_price_minor = None
