"""The passport of a piece: what its record here says of it, and selling on what was bought here.

A piece that was bought and settled here is its buyer's, with its provenance: it stands in her own history beside what
she bought new, and the same rules decide whether it can be sold on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa

from marketplace.catalogue.models import Style
from marketplace.database import db
from marketplace.errors import NotFound
from marketplace.listings.eligibility import AlreadyListed, NotListable, owner_refusal, person_refusal, style_refusal
from marketplace.listings.models import Item, Listing
from marketplace.listings.starting import begin
from marketplace.listings.states import ListingState
from marketplace.people.models import Person
from marketplace.programme import versions


@dataclass(frozen=True)
class Passport:
    """A piece somebody bought here: the listing it came by, her own latest listing of it, why she cannot sell it on."""

    item: Item
    bought: Listing
    own: Listing | None
    refusal: NotListable | None

    @property
    def bought_new_on(self) -> date | None:
        return self.bought.purchased_on


@dataclass(frozen=True)
class Chapter:
    """One time the piece was offered here: in which grade, when it was reviewed, when it was sold (None: not yet)."""

    grade: str | None
    reviewed_at: datetime | None
    sold_at: datetime | None


def passports_of(person: Person) -> list[Passport]:
    """Every piece this person bought here and still owns, the latest first."""
    mine = sa.select(Item.id).where(Item.owner_id == person.id)
    rows = db.session.scalars(sa.select(Listing).where(Listing.item_id.in_(mine)).order_by(Listing.id)).all()
    by_item: dict[int, list[Listing]] = {}
    for listing in rows:
        by_item.setdefault(listing.item_id, []).append(listing)
    found = [_passport(listings, person) for listings in by_item.values()]
    kept = [passport for passport in found if passport is not None]
    return sorted(kept, key=lambda passport: passport.bought.id, reverse=True)


def passport_of(item_id: int, person: Person) -> Passport:
    """One of them; else ``NotFound``."""
    found = next((passport for passport in passports_of(person) if passport.item.id == item_id), None)
    if found is None:
        raise NotFound()
    return found


def _passport(listings: Sequence[Listing], person: Person) -> Passport | None:
    sold = [one for one in listings if one.state is ListingState.SOLD and one.seller_id != person.id]
    if not sold:
        return None
    bought = sold[-1]
    own = next((one for one in reversed(listings) if one.seller_id == person.id and one.id > bought.id), None)
    return Passport(bought.item, bought, own, _refusal(bought.item.style, own, person))


def _refusal(style: Style, own: Listing | None, person: Person) -> NotListable | None:
    policy = versions.current().policy
    return owner_refusal(own) or person_refusal(person, policy) or style_refusal(style, policy)


def chapters(item: Item) -> list[Chapter]:
    """What was offered here before, oldest first; nothing of it says by whom."""
    told = sa.select(Listing).where(Listing.item_id == item.id, Listing.state == ListingState.SOLD)
    return [
        Chapter(listing.grade, listing.reviewed_at or listing.live_at, listing.sold_at)
        for listing in db.session.scalars(told.order_by(Listing.id))
    ]


def is_resale(listing: Listing) -> bool:
    """Whether the piece was sold here before, so that its record is another's purchase."""
    before = sa.exists().where(
        Listing.item_id == listing.item_id, Listing.id != listing.id, Listing.state == ListingState.SOLD
    )
    return bool(db.session.scalar(sa.select(before)))


def start_resale(item_id: int, *, by: Person, at: datetime) -> Listing:
    """A draft for a piece that was bought here; the one that was begun already where there is one.

    Raises ``NotFound``, or the ``NotListable`` that says why it cannot be sold on now.
    """
    passport = passport_of(item_id, by)
    own = passport.own
    if own is not None and own.state is ListingState.DRAFT and isinstance(passport.refusal, AlreadyListed):
        return own
    if passport.refusal is not None:
        raise passport.refusal
    bought = passport.bought
    facts = {
        "original_price_minor": bought.original_price_minor,
        "purchased_on": bought.purchased_on,
        "size": bought.size,
        "title": bought.title,
        "colour": bought.colour,
    }
    return begin(passport.item, passport.item.style, by=by, at=at, seller_id=by.id, **facts)
