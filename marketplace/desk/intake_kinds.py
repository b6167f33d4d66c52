"""What comes to us at intake: pieces we sell for their owners, and pieces we are to buy; their verbs, by kind."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from flask import url_for

from marketplace.buybacks import arriving as bought_arriving
from marketplace.buybacks import buying, inspecting
from marketplace.buybacks import finding as bought_finding
from marketplace.buybacks import labels as bought_labels
from marketplace.buybacks import terms as bought_terms
from marketplace.buybacks.models import Buyback
from marketplace.buybacks.states import BuybackState
from marketplace.consignments import arriving, examining, finding, selling, standing, terms
from marketplace.consignments.models import ConsignedPiece, Consignment
from marketplace.consignments.states import LEAVING, PieceState
from marketplace.custody import owners_photos
from marketplace.database import db
from marketplace.errors import NotFound
from marketplace.listings.models import Item, ListingPhoto
from marketplace.money import Money
from marketplace.programme import Policy

Piece = ConsignedPiece | Buyback
ONLY = 1  # the position of a piece that comes alone


@dataclass(frozen=True)
class Kind:
    """One kind of piece: the operations behind the buttons of intake, and what is said of it."""

    name: str
    receive: Callable[..., object]
    handed_over_at: Callable[[Any], str | None]
    store: Callable[..., object]
    examine: Callable[..., object]
    find_genuine: Callable[..., object]
    hand_back: Callable[..., object]
    waive: Callable[..., object]
    say_lost: Callable[..., object]
    can_lose: Callable[[Any], bool]
    value: Callable[[Any], Money]  # what is paid for one that was lost
    may_hand_back: Callable[[Any], bool]
    policy: Callable[[Any], Policy]
    needs_two_people: Callable[[Policy], bool]
    photos: Callable[[Any], Sequence[ListingPhoto]]
    label: Callable[[Any], Any]
    tone: Callable[[Any], str]


CONSIGNED = Kind(
    name="consigned",
    receive=arriving.receive,
    handed_over_at=arriving.handed_over_at,
    store=arriving.store,
    examine=examining.examine,
    find_genuine=examining.find_genuine,
    hand_back=selling.hand_back,
    waive=selling.waive_fee,
    say_lost=selling.say_lost,
    can_lose=selling.can_lose,
    value=terms.value_of,
    may_hand_back=selling.may_hand_back,
    policy=lambda piece: terms.of_owner(piece.consignment),
    needs_two_people=lambda policy: policy.modes.consignment.needs_two_people,
    photos=lambda piece: owners_photos.of(piece.item_id, piece.consignment.owner_id),
    label=lambda piece: standing.of(piece).label,
    tone=lambda piece: standing.of(piece).tone,
)
BOUGHT = Kind(
    name="buyback",
    receive=bought_arriving.receive,
    handed_over_at=bought_arriving.handed_over_at,
    store=bought_arriving.store,
    examine=inspecting.examine,
    find_genuine=inspecting.find_genuine,
    hand_back=inspecting.hand_back,
    waive=inspecting.waive_fee,
    say_lost=inspecting.say_lost,
    can_lose=inspecting.can_lose,
    value=buying.value_of,
    may_hand_back=inspecting.may_hand_back,
    policy=bought_terms.of_owner,
    needs_two_people=lambda policy: policy.modes.buyback.needs_two_people,
    photos=bought_finding.photos_of_owner,
    label=lambda piece: bought_labels.LABELS[piece.state],
    tone=lambda piece: bought_labels.tone(piece.state),
)

# What the desk has to do, in the order of the page: the states of either kind.
TO_DO: dict[str, tuple[tuple[PieceState, ...], tuple[BuybackState, ...]]] = {
    "coming": ((PieceState.INBOUND,), (BuybackState.INBOUND,)),
    "examine": (
        (PieceState.RECEIVED, PieceState.INSPECTING),
        (BuybackState.RECEIVED, BuybackState.INSPECTING),
    ),
    "answer": ((PieceState.COUNTERED, PieceState.ACCEPTED), ()),
    "back": ((PieceState.GOING_BACK,), (BuybackState.GOING_BACK,)),
    "leaving": (tuple(LEAVING), ()),
}


def kind_of(piece: Piece) -> Kind:
    return BOUGHT if isinstance(piece, Buyback) else CONSIGNED


def by_tag(tag: str) -> Consignment | Piece | None:
    """What a scanner reads."""
    return arriving.by_tag(tag) or bought_arriving.by_tag(tag)


def piece_at(number: str, position: int) -> Piece:
    """The piece of this request at this place; else ``NotFound``."""
    if not number.startswith("Q"):
        return finding.piece_in(finding.numbered(number), position)
    if position != ONLY:
        raise NotFound()
    return bought_finding.numbered(number)


def of_item(item_id: int) -> Piece | None:
    """The piece that somebody gave us as this item, the latest time they did."""
    consigned = sa.select(ConsignedPiece).where(ConsignedPiece.item_id == item_id)
    offered = sa.select(Buyback).where(Buyback.item_id == item_id)
    return db.session.scalar(consigned.order_by(ConsignedPiece.id.desc()).limit(1)) or db.session.scalar(
        offered.order_by(Buyback.id.desc()).limit(1)
    )


def place_of(piece: Piece) -> dict[str, Any]:
    """The arguments of every route about a piece."""
    if isinstance(piece, Buyback):
        return {"number": piece.number, "position": ONLY}
    return {"number": piece.consignment.number, "position": piece.position}


def address(piece: Piece) -> str:
    """Its page at intake."""
    return url_for("intake.piece", **place_of(piece))


def single_styles() -> sa.Select[int]:
    """The ids of the styles that were made for one given piece: of these the house has no other."""
    consigned = sa.select(ConsignedPiece.item_id).where(ConsignedPiece.item_id.is_not(None))
    offered = sa.select(Buyback.item_id).where(Buyback.item_id.is_not(None), Buyback.order_id.is_(None))
    return sa.select(Item.style_id).where(Item.purchase_id.is_(None), Item.id.in_(consigned.union_all(offered)))


def waiting(name: str) -> Sequence[Piece]:
    """Everything of a list of the page, whose deadline comes first in front."""
    consigned, bought = TO_DO[name]
    found: list[Piece] = [*finding.waiting_in(*consigned), *bought_finding.waiting_in(*bought)]
    return sorted(found, key=lambda piece: (piece.due_at is None, piece.due_at, piece.id))
