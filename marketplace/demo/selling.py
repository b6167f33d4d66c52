"""What sellers, reviewers and the warehouse do with a listing: each act is one of the shop's operations."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import sqlalchemy as sa

from marketplace import clock
from marketplace.catalogue.styles import style_by_number
from marketplace.database import db, unit_of_work
from marketplace.demo.album import Album
from marketplace.demo.cast import staff
from marketplace.demo.pieces import NEW_WITH_TAGS, Piece
from marketplace.listings import (
    drafting,
    flaws,
    passports,
    photos,
    repricing,
    review,
    starting,
    submitting,
    supply,
    withdrawing,
)
from marketplace.listings.models import Listing
from marketplace.listings.suggestion import suggestion_for
from marketplace.money import Money
from marketplace.people.models import Person, Purchase, Role

WHOLE_PRICES = 500  # minor units: prices are named in steps of five dollars


def listing_of(piece: Piece) -> Listing:
    """The listing of a piece that was begun, in the present unit of work."""
    return db.session.get_one(Listing, piece.listing_id)


# Writing -------------------------------------------------------------------------------------------------------------


def write(piece: Piece, album: Album, *, last_step: str = "price") -> None:
    """Begin a listing and go through the wizard up to ``last_step``."""
    with unit_of_work():
        at, seller = clock.now(), _seller(piece)
        piece.listing_id = _begin(piece, seller, at).id
        for step, act in _STEPS.items():
            act(piece, album, seller, at)
            if step == last_step:
                return


def _seller(piece: Piece) -> Person:
    """Who lists the piece; the warehouse does it for the house."""
    return piece.seller.person if piece.seller else staff(Role.WAREHOUSE)


def _begin(piece: Piece, seller: Person, at: datetime) -> Listing:
    if piece.bought_here is not None:
        return passports.start_resale(listing_of(piece.bought_here).item_id, by=seller, at=at)
    if piece.bought is None:
        style = style_by_number(piece.style.number)
        if style is None:
            raise LookupError(f"the library has no style {piece.style.number}")
        return supply.start_supply(style, by=seller, at=at)
    purchase = db.session.scalars(
        sa.select(Purchase).where(
            Purchase.order_number == piece.bought.order_number, Purchase.line_number == piece.bought.line_number
        )
    ).one()
    return starting.start_listing(purchase, 1, by=seller, at=at)


def _details(piece: Piece, _album: Album, seller: Person, at: datetime) -> None:
    listing = listing_of(piece)
    if piece.seller is None:
        drafting.save_accessories(listing, includes=piece.includes, by=seller, at=at)
        return
    home = piece.seller.address
    drafting.save_details(listing, includes=piece.includes, ships_from=home, by=seller, at=at)


def _condition(piece: Piece, _album: Album, seller: Person, at: datetime) -> None:
    listing = listing_of(piece)
    for wear in piece.wear:
        flaws.add_flaw(
            listing, part=wear.part, kind=wear.kind, severity=wear.severity, note=wear.note, by=seller, at=at
        )
    drafting.save_condition(listing, grade=piece.grade, words=piece.words, by=seller, at=at)


def _photos(piece: Piece, album: Album, seller: Person, at: datetime) -> None:
    listing = listing_of(piece)
    views = [*("front", "back", "inside"), *(("price_tag",) if piece.grade == NEW_WITH_TAGS else ())]
    for view in views:
        photos.keep(listing, view, album.photo(piece.take, view), by=seller, at=at)
    for flaw, wear in zip(listing.flaws, piece.wear, strict=True):
        if wear.is_pictured:
            photos.keep(listing, photos.flaw_slot(flaw), album.photo(piece.take, "flaw"), by=seller, at=at)
    photos.finish_step(listing, by=seller, at=at)


def _price(piece: Piece, _album: Album, seller: Person, at: datetime) -> None:
    listing = listing_of(piece)
    suggestion = suggestion_for(listing, at=at)
    if suggestion is None:
        raise LookupError(f"listing {listing.number} has no grade to suggest a price by")
    drafting.save_price(listing, price=_whole(suggestion.price, piece.percent), by=seller, at=at)


def _whole(price: Money, percent: int) -> Money:
    return Money(round(price.minor * percent / 100 / WHOLE_PRICES) * WHOLE_PRICES, price.currency)


_STEPS: dict[str, Callable[[Piece, Album, Person, datetime], None]] = {
    "details": _details,
    "condition": _condition,
    "photos": _photos,
    "price": _price,
}


def borrow_front(piece: Piece, other: Piece, album: Album) -> None:
    """Show the front in somebody else's photo."""
    with unit_of_work():
        photos.keep(listing_of(piece), "front", album.photo(other.take, "front"), by=_seller(piece), at=clock.now())


# The seller's further acts -------------------------------------------------------------------------------------------


def submit(piece: Piece) -> None:
    """Hand the listing in for review."""
    with unit_of_work():
        submitting.submit(listing_of(piece), by=_seller(piece), at=clock.now())


def correct(piece: Piece, *, words: str) -> None:
    """Mend what the reviewer asked for, and hand the listing in again."""
    with unit_of_work():
        listing, seller, at = listing_of(piece), _seller(piece), clock.now()
        drafting.save_condition(listing, grade=piece.grade, words=words, by=seller, at=at)
        submitting.submit(listing, by=seller, at=at)


def reprice(piece: Piece, percent: int) -> None:
    """Change the price to so many percent of what it is."""
    with unit_of_work():
        listing = listing_of(piece)
        price = listing.price or Money.zero(listing.currency)
        repricing.reprice(listing, _whole(price, percent), by=_seller(piece), at=clock.now())


def act(piece: Piece, verb: Callable[..., None]) -> None:
    """One of the seller's plain verbs: pause, withdraw, accept or refuse a price."""
    with unit_of_work():
        verb(listing_of(piece), by=_seller(piece), at=clock.now())


def publish(piece: Piece) -> None:
    """Put one of the house's own pieces into the shop."""
    act(piece, supply.publish)


# Reviewing -----------------------------------------------------------------------------------------------------------


def decide(piece: Piece, decision: Callable[..., None], *given: object) -> None:
    """A reviewer's decision on what she was handed in: ``review.approve`` and the like, with what it is given."""
    with unit_of_work():
        listing = listing_of(piece)
        decision(listing, *given, seen=listing.submitted_at, by=staff(Role.REVIEWER), at=clock.now())


def propose_price(piece: Piece, percent: int) -> None:
    """Propose so many percent of the seller's price."""
    with unit_of_work():
        listing = listing_of(piece)
        price = _whole(listing.price or Money.zero(listing.currency), percent)
        seen = listing.submitted_at or clock.now()
        review.propose_price(listing, price, seen=seen, by=staff(Role.REVIEWER), at=clock.now())


def remove(piece: Piece, reason: str, words: str) -> None:
    """Staff take a listing out of the shop."""
    with unit_of_work():
        withdrawing.remove(listing_of(piece), reason, words, by=staff(Role.REVIEWER), at=clock.now())
