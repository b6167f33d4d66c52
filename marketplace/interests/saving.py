"""Keeping a piece in mind, letting it go, and hearing when it costs less."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from marketplace import events
from marketplace.database import db, insert_new
from marketplace.errors import Refusal
from marketplace.interests.facts import SavedPieceLowered
from marketplace.interests.models import SavedPiece
from marketplace.jobs import deadlines
from marketplace.listings.facts import PriceLowered
from marketplace.listings.models import Listing
from marketplace.listings.states import ListingState
from marketplace.people.models import Person
from marketplace.people.notices import Notice, wanting

PRICE_LOWERED = "saved_price_lowered"  # deadline: those who saved the piece are told
MOST_SAVED = 200  # pieces a person


class TooManySaved(Refusal):
    message = _l("You have saved as many pieces as there is room for. Let one go first.")


def save(listing: Listing, *, by: Person, at: datetime) -> None:
    """Keep the piece in mind; twice is harmless. Raises ``TooManySaved``."""
    if not save_all([listing], by=by, at=at):
        raise TooManySaved()


def save_all(listings: Sequence[Listing], *, by: Person, at: datetime) -> bool:
    """Keep these pieces in mind as far as there is room, the first first; whether all of them are."""
    room = max(0, MOST_SAVED - _count(by))
    for listing in listings[:room]:
        _save(listing, by=by, at=at)
    return len(listings) <= room


def _save(listing: Listing, *, by: Person, at: datetime) -> None:
    row = {"person_id": by.id, "listing_id": listing.id, "saved_at": at, "known_price_minor": listing.price_minor or 0}
    db.session.execute(insert_new(SavedPiece).values(row))
    _recount(listing.id)


def forget(listing: Listing, *, by: Person) -> None:
    """Let the piece go; harmless where it was not saved."""
    db.session.execute(sa.delete(SavedPiece).where(SavedPiece.person_id == by.id, SavedPiece.listing_id == listing.id))
    _recount(listing.id)


def _recount(listing_id: int) -> None:
    """Keep the listing's own count true, whatever was counted before."""
    saved = sa.select(sa.func.count()).where(SavedPiece.listing_id == listing_id).scalar_subquery()
    db.session.execute(sa.update(Listing).where(Listing.id == listing_id).values(saves=saved))


def _count(person: Person) -> int:
    return db.session.scalar(sa.select(sa.func.count()).where(SavedPiece.person_id == person.id)) or 0


def is_saved(listing_id: int, person: Person) -> bool:
    """Whether this person keeps the piece in mind."""
    found = sa.select(SavedPiece.id).where(SavedPiece.person_id == person.id, SavedPiece.listing_id == listing_id)
    return db.session.scalar(found) is not None


def saved_by(person: Person) -> Sequence[SavedPiece]:
    """What this person keeps in mind, the latest first."""
    return db.session.scalars(
        sa.select(SavedPiece).where(SavedPiece.person_id == person.id).order_by(SavedPiece.id.desc())
    ).all()


def saves_of(listing_ids: Sequence[int]) -> dict[int, int]:
    """How many people keep each of these listings in mind."""
    counted = (
        sa.select(SavedPiece.listing_id, sa.func.count())
        .where(SavedPiece.listing_id.in_(listing_ids))
        .group_by(SavedPiece.listing_id)
    )
    return {row[0]: row[1] for row in db.session.execute(counted)}


def price_lowered(fact: PriceLowered) -> None:
    """Have everybody told who saved the piece, once this is done."""
    deadlines.set_deadline(PRICE_LOWERED, db.session.get_one(Listing, fact.listing_id), fact.at)


def sweep_lowered(listing_ids: Sequence[int], at: datetime) -> None:
    """Tell those who last knew a higher price of a piece that is still for sale and want to hear of it."""
    lower = (
        sa.select(SavedPiece)
        .join(Listing, Listing.id == SavedPiece.listing_id)
        .where(
            SavedPiece.listing_id.in_(listing_ids),
            Listing.state == ListingState.LIVE,
            Listing.price_minor < SavedPiece.known_price_minor,
        )
        .order_by(SavedPiece.id)
        .with_for_update(of=SavedPiece)
    )
    found = db.session.scalars(lower).all()
    willing = wanting(Notice.PRICE_LOWERED, [saved.person_id for saved in found])
    for saved in found:
        before, saved.known_price_minor = saved.known_price_minor, saved.listing.price_minor or 0
        if saved.person_id in willing:
            events.announce(SavedPieceLowered(saved.id, before, at))
