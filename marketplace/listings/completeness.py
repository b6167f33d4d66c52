"""What a listing still lacks before it can be submitted: each thing named, with the step that has its place (MK-05)."""

from __future__ import annotations

from dataclasses import dataclass

from flask_babel import gettext as _

from marketplace.errors import Refusal
from marketplace.listings.condition import check_grade, flaw_words
from marketplace.listings.flaws import needs_photo
from marketplace.listings.models import Listing
from marketplace.listings.photos import flaw_slot, photo_in
from marketplace.listings.terms import of_seller
from marketplace.programme import Policy


@dataclass(frozen=True)
class Missing:
    """One thing to add: ``step`` of the wizard, ``anchor`` the id of its field there."""

    step: str
    anchor: str
    text: str


class Incomplete(Refusal):
    """The listing cannot go to review or live yet; ``missing`` says what to add."""

    status = 422

    def __init__(self, missing: list[Missing]) -> None:
        super().__init__(" ".join(thing.text for thing in missing))
        self.missing = missing


def missing(listing: Listing) -> list[Missing]:
    """Everything the listing lacks, in the order of the wizard; empty when it is complete."""
    policy = of_seller(listing)
    found = []
    if not listing.is_supply and listing.ships_from_id is None:
        found.append(Missing("details", "line1", _("Say where you will ship from.")))
    found += _condition(listing, policy)
    found += _photos(listing, policy)
    if listing.price_minor is None:
        found.append(Missing("price", "price", _("Name your price.")))
    return found


def check_complete(listing: Listing) -> None:
    """Raise ``Incomplete`` with everything that is missing."""
    if things := missing(listing):
        raise Incomplete(things)


def _condition(listing: Listing, policy: Policy) -> list[Missing]:
    if listing.grade is None:
        return [Missing("condition", "grade", _("Choose the condition grade."))]
    try:
        check_grade(listing.grade, listing.flaws, policy.condition)
    except Refusal as refusal:
        return [Missing("condition", "grade", str(refusal.message))]
    return []


def _photos(listing: Listing, policy: Policy) -> list[Missing]:
    """The views the grade asks for (MK-28, MK-30), and a close-up of each flaw (MK-29)."""
    wanted = [slot for slot in policy.photos.slots_for(listing.grade) if slot.is_required]
    views = [
        Missing("photos", slot.key, _("Add a photo: %(view)s.", view=slot.label))
        for slot in wanted
        if photo_in(listing, slot.key) is None
    ]
    close_ups = [
        Missing("photos", flaw_slot(flaw), _("Add a close-up: %(flaw)s.", flaw=flaw_words(flaw, policy.condition)))
        for flaw in listing.flaws
        if needs_photo(flaw, policy)
    ]
    return views + close_ups
