"""A piece on the bench: who may find it genuine, why it may not be taken, and the brand's draft of it."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from flask_babel import lazy_gettext as _l

from marketplace.catalogue.models import Style
from marketplace.database import db
from marketplace.errors import Refusal
from marketplace.events import HasActor
from marketplace.listings import starting, withdrawing
from marketplace.listings.models import Item, Listing
from marketplace.listings.permissions import can_withdraw
from marketplace.listings.states import OPEN
from marketplace.people.models import Person
from marketplace.programme import Policy


class SamePerson(Refusal):
    message = _l("Somebody else than who examined this piece has to find it genuine.")


class NotGenuine(Refusal):
    message = _l("This piece was found to be a counterfeit.")


class OwnPiece(Refusal):
    """Nobody at the desk decides about a piece of their own."""

    message = _l("This is your own piece: a colleague must act on it.")
    status = 403


class NoSuchReason(Refusal):
    message = _l("Choose one of the reasons.")
    status = 422


class Piece(Protocol):
    """What a draft is made of: the columns of ``Described`` and ``Examined``."""

    house: str
    category: str
    title: str
    colour: str
    currency: str
    retail_minor: int
    item: Item | None
    listing: Listing | None


def check_second_person(examined_by: int | None, by: Person, *, needs_two: bool) -> None:
    """Raise ``SamePerson`` where two have to look at a piece and this is the one who examined it (BAL-03, LUX-02)."""
    if needs_two and examined_by == by.id:
        raise SamePerson()


def check_not_quarantined(piece: Piece) -> None:
    """Raise ``NotGenuine`` for a piece that was found to be a counterfeit, here or by whoever bought it (GAP-08)."""
    if piece.item is not None and piece.item.quarantined_at is not None:
        raise NotGenuine()


def check_not_own(owner_id: int, by: HasActor) -> None:
    """Raise ``OwnPiece`` where who acts for the house owns the piece."""
    if isinstance(by, Person) and by.id == owner_id:
        raise OwnPiece()


def check_reason(reason: str, policy: Policy) -> None:
    """Raise ``NoSuchReason`` unless the policy's review knows it."""
    if policy.review.decline_reason(reason) is None:
        raise NoSuchReason()


def draft(piece: Piece, number: str, owner_id: int, *, by: HasActor, at: datetime) -> Listing:
    """The brand's own draft of somebody's piece, begun where there is none: the item is its owner's, the listing has
    no seller (NAP-16).
    """
    if piece.item is None:
        style = Style(
            number=number,
            collection="",
            material="",
            hardware="",
            list_price_minor=piece.retail_minor,
            currency=piece.currency,
            measurements={},
            **_described(piece),
        )
        piece.item = Item(style=style, purchase_id=None, owner_id=owner_id, unit=1)
        db.session.add(piece.item)
        db.session.flush()
    if piece.listing is None or piece.listing.state not in OPEN:
        piece.listing = starting.begin(piece.item, piece.item.style, by=by, at=at)
        db.session.flush()
    return piece.listing


def _described(piece: Piece) -> dict[str, str]:
    """What a style and its listing say alike."""
    return {name: getattr(piece, name) for name in ("title", "house", "category", "colour")}


def redraft(piece: Piece) -> Listing:
    """The same draft, of a piece that its owner has described otherwise before she sent it."""
    if piece.item is None or piece.listing is None:
        raise LookupError("there is no draft")
    style, listing = piece.item.style, piece.listing
    style.list_price_minor = listing.original_price_minor = piece.retail_minor
    for name, value in _described(piece).items():
        setattr(style, name, value)
        setattr(listing, name, value)
    listing.search_text = starting.searched(style)
    return listing


def forget_draft(piece: Piece) -> None:
    """Remove what was begun for a piece that nobody but its owner has ever seen, photos included."""
    if piece.item is None or piece.listing is None:
        raise LookupError("there is no draft")
    db.session.refresh(piece.listing, with_for_update=True)  # a photo that is being recorded is waited for
    for row in (piece.listing, piece.item, piece.item.style):
        db.session.delete(row)
        db.session.flush()


def end_draft(listing: Listing | None, *, by: HasActor, at: datetime) -> None:
    """Take a piece's listing out, where there is one."""
    if listing is not None and can_withdraw(listing):
        withdrawing.withdraw(listing, by=by, at=at)
