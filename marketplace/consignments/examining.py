"""At the desk: a piece is examined, found genuine by two people where policy says so, or declined with its reason."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask_babel import lazy_gettext as _l

from marketplace import events
from marketplace.catalogue.models import Style
from marketplace.consignments import terms
from marketplace.consignments.arriving import BENCH
from marketplace.consignments.models import ConsignedPiece
from marketplace.consignments.moving import locked, move, put
from marketplace.consignments.states import CannotExamine, Choice, PieceState
from marketplace.database import db
from marketplace.errors import Refusal
from marketplace.events import HasActor
from marketplace.listings import starting
from marketplace.listings.models import Item
from marketplace.listings.states import OPEN
from marketplace.people.models import Person


class SamePerson(Refusal):
    message = _l("Somebody else than who examined this piece has to find it genuine.")


class NoSuchReason(Refusal):
    message = _l("Choose one of the reasons.")
    status = 422


class NoSuchChoice(Refusal):
    message = _l("Choose what becomes of it.")
    status = 422


class NoSuchCharity(Refusal):
    message = _l("Choose one of the charities.")
    status = 422


def examine(piece: ConsignedPiece, *, by: Person, at: datetime) -> None:
    """Take a piece up: it becomes a draft of ours, to be photographed, measured and graded (NAP-16).

    Raises ``CannotExamine``.
    """
    piece = locked(piece)
    move(piece, "examine", by=by, at=at, examined_by=by.id, found_genuine_by=None)
    put(piece, BENCH, by=by, at=at)
    if piece.listing is None or piece.listing.state not in OPEN:
        _begin_listing(piece, by=by, at=at)


def _begin_listing(piece: ConsignedPiece, *, by: Person, at: datetime) -> None:
    """The brand's own listing of somebody's piece: the item is its owner's, the listing has no seller."""
    if piece.item is None:
        style = Style(
            number=piece.number,
            title=piece.title,
            house=piece.house,
            category=piece.category,
            collection="",
            colour=piece.colour,
            material="",
            hardware="",
            list_price_minor=piece.retail_minor,
            currency=piece.currency,
            measurements={},
        )
        piece.item = Item(style=style, purchase_id=None, owner_id=piece.consignment.owner_id, unit=1)
        db.session.add(piece.item)
        db.session.flush()
    piece.listing = starting.begin(piece.item, piece.item.style, by=by, at=at)
    db.session.flush()


def find_genuine(piece: ConsignedPiece, *, by: Person, at: datetime) -> None:
    """An expert finds the piece genuine (BAL-03, LUX-02). Raises ``CannotExamine``, or ``SamePerson`` where policy
    wants two people and this is the one who examined it.
    """
    piece = locked(piece)
    if piece.state is not PieceState.INSPECTING:
        raise CannotExamine()
    if terms.rules(piece).needs_two_people and piece.examined_by == by.id:
        raise SamePerson()
    piece.found_genuine_by = by.id
    events.record(piece, "find_genuine", by=by, at=at)


def decline(piece: ConsignedPiece, reason: str, *, by: Person, at: datetime) -> None:
    """We do not sell it, and say why; its owner chooses what becomes of it (NAP-09, NAP-34).

    Raises ``CannotDecline`` or ``NoSuchReason``.
    """
    piece = locked(piece)
    if terms.of_owner(piece.consignment).review.decline_reason(reason) is None:
        raise NoSuchReason()
    move(piece, "decline", by=by, at=at, decline_reason=reason)


def choose(piece: ConsignedPiece, choice: Choice, *, charity: str | None = None, by: HasActor, at: datetime) -> None:
    """What becomes of a declined piece: sent back for the policy's fee, given away, or recycled (NAP-34).

    Raises ``CannotChoose`` or ``NoSuchCharity``.
    """
    piece, rule = locked(piece), terms.rules(piece)
    if choice is Choice.DONATE and rule.charities and rule.charity(charity or "") is None:
        raise NoSuchCharity()
    sets: dict[str, Any] = {"choice": choice, "charity": charity if choice is Choice.DONATE else None}
    if choice is Choice.RETURN and rule.return_fee_minor:
        sets["fee_minor"] = piece.fee_minor + rule.return_fee_minor
    move(piece, f"choose_{choice.value}", by=by, at=at, **sets)
