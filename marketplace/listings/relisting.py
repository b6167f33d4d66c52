"""A piece whose sale came to nothing is offered again with one click, as it was offered before (GAP-08)."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from marketplace import events
from marketplace.database import db
from marketplace.errors import Refusal
from marketplace.listings import starting, supply
from marketplace.listings.completeness import missing
from marketplace.listings.eligibility import NotListable, standing_of
from marketplace.listings.models import Flaw, Listing, ListingPhoto
from marketplace.listings.photos import FLAW, flaw_slot
from marketplace.listings.states import ListingState
from marketplace.listings.submitting import submit
from marketplace.people.models import Person

SAID = ("grade", "words", "price_minor", "suggested_price_minor", "ships_from_id")
PICTURE = ("key", "width", "height", "widths", "slot", "position", "taken_at", "perceptual_hash", "mirrored_hash")


class CannotRelist(Refusal):
    message = _l("This piece cannot be listed again from here.")


def relist(listing: Listing, *, by: Person, at: datetime) -> Listing:
    """A new listing of the same item with what was said and shown before, handed in for review.

    Where the rules of today ask for more it stays a draft, to be completed. The old listing is kept in the item's
    record. Raises ``CannotRelist``, or the ``NotListable`` that says why (a counterfeit is never offered again).
    """
    refusal = _refusal(listing, by)
    if refusal is not None:
        raise refusal
    purchase, unit = listing.item.purchase, listing.item.unit
    if purchase is None:
        raise CannotRelist()
    new = starting.start_listing(purchase, unit, by=by, at=at)
    _say_again(listing, new, by=by, at=at)
    if not missing(new):
        submit(new, by=by, at=at)
    return new


def relist_ours(listing: Listing, *, by: Person, at: datetime) -> Listing:
    """The same for a piece that is the house's own and has come back: it is for sale at once, here and on every
    marketplace; a draft where the rules of today ask for more. Of two who press at once the second is refused.

    Raises ``CannotRelist``.
    """
    db.session.refresh(listing.item, with_for_update=True)
    if not can_relist_ours(listing):
        raise CannotRelist()
    new = starting.begin(listing.item, listing.item.style, by=by, at=at, size=listing.size)
    _say_again(listing, new, by=by, at=at)
    if not missing(new):
        supply.publish(new, by=by, at=at)
    return new


def can_relist_ours(listing: Listing) -> bool:
    """Whether the sale of a piece that is ours came to nothing, and it was not listed again since."""
    item = listing.item
    came_back = listing.state is ListingState.WITHDRAWN and listing.sold_at is not None
    if not came_back or listing.seller_id is not None or item.owner_id is not None or item.quarantined_at is not None:
        return False
    later = sa.select(Listing.id).where(Listing.item_id == item.id, Listing.id > listing.id)
    return db.session.scalar(later.limit(1)) is None


def _say_again(listing: Listing, new: Listing, *, by: Person, at: datetime) -> None:
    for name in SAID:
        setattr(new, name, getattr(listing, name))
    new.includes, new.step = list(listing.includes), "check"
    _copy_views(listing, new)
    for flaw in listing.flaws:
        _copy_flaw(flaw, new)
    events.record(new, "relist", by=by, at=at, before=listing.id)


def can_relist(listing: Listing, person: Person) -> bool:
    """Whether its sale came to nothing and this person may offer the piece again."""
    return _refusal(listing, person) is None


def _refusal(listing: Listing, person: Person) -> Refusal | NotListable | None:
    came_back = listing.state is ListingState.WITHDRAWN and listing.sold_at is not None
    if not came_back or listing.seller_id != person.id or listing.item.purchase is None:
        return CannotRelist()
    return standing_of(listing.item.purchase, listing.item.unit, person).refusal


def _copy_views(listing: Listing, new: Listing) -> None:
    new.photos.extend(_copy(photo) for photo in listing.photos if not photo.slot.startswith(f"{FLAW}-"))
    db.session.flush()


def _copy(photo: ListingPhoto) -> ListingPhoto:
    """The same picture, which lies in the store once."""
    return ListingPhoto(**{name: getattr(photo, name) for name in PICTURE}, findings=list(photo.findings))


def _copy_flaw(flaw: Flaw, new: Listing) -> None:
    copy = Flaw(part=flaw.part, kind=flaw.kind, severity=flaw.severity, note=flaw.note)
    new.flaws.append(copy)
    db.session.flush()
    if flaw.photo is not None:
        close_up = _copy(flaw.photo)
        close_up.slot = flaw_slot(copy)
        new.photos.append(close_up)
        copy.photo = close_up
        db.session.flush()
