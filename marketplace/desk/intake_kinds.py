"""What comes to us at intake: pieces we sell for their owners, and pieces we are to buy; their verbs, by kind."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from flask import url_for

from marketplace.buybacks import arriving as bought_arriving
from marketplace.buybacks import finding as bought_finding
from marketplace.buybacks import inspecting
from marketplace.buybacks import labels as bought_labels
from marketplace.buybacks import terms as bought_terms
from marketplace.buybacks.models import Buyback
from marketplace.buybacks.states import BuybackState
from marketplace.consignments import arriving, examining, finding, labels, selling, terms
from marketplace.consignments.models import ConsignedPiece, Consignment
from marketplace.consignments.states import PieceState
from marketplace.errors import NotFound
from marketplace.programme import Policy

Piece = ConsignedPiece | Buyback
ONLY = 1  # the position of a piece that comes alone


@dataclass(frozen=True)
class Kind:
    """One kind of piece: the operations behind the buttons of intake, and what its states are called."""

    name: str
    receive: Callable[..., object]
    store: Callable[..., object]
    examine: Callable[..., object]
    find_genuine: Callable[..., object]
    hand_back: Callable[..., object]
    waive: Callable[..., object]
    may_hand_back: Callable[[Any], bool]
    policy: Callable[[Any], Policy]
    needs_two_people: Callable[[Policy], bool]
    label: Callable[[Any], Any]
    tone: Callable[[Any], str]


CONSIGNED = Kind(
    name="consigned",
    receive=arriving.receive,
    store=arriving.store,
    examine=examining.examine,
    find_genuine=examining.find_genuine,
    hand_back=selling.hand_back,
    waive=selling.waive_fee,
    may_hand_back=selling.may_hand_back,
    policy=lambda piece: terms.of_owner(piece.consignment),
    needs_two_people=lambda policy: policy.modes.consignment.needs_two_people,
    label=lambda state: labels.LABELS[state],
    tone=labels.tone,
)
BOUGHT = Kind(
    name="buyback",
    receive=bought_arriving.receive,
    store=bought_arriving.store,
    examine=inspecting.examine,
    find_genuine=inspecting.find_genuine,
    hand_back=inspecting.hand_back,
    waive=inspecting.waive_fee,
    may_hand_back=inspecting.may_hand_back,
    policy=bought_terms.of_owner,
    needs_two_people=lambda policy: policy.modes.buyback.needs_two_people,
    label=lambda state: bought_labels.LABELS[state],
    tone=bought_labels.tone,
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


def place_of(piece: Piece) -> dict[str, Any]:
    """The arguments of every route about a piece."""
    if isinstance(piece, Buyback):
        return {"number": piece.number, "position": ONLY}
    return {"number": piece.consignment.number, "position": piece.position}


def address(piece: Piece) -> str:
    """Its page at intake."""
    return url_for("intake.piece", **place_of(piece))


def waiting(name: str) -> Sequence[Piece]:
    """Everything of a list of the page, whose deadline comes first in front."""
    consigned, bought = TO_DO[name]
    found: list[Piece] = [*finding.waiting_in(*consigned), *bought_finding.waiting_in(*bought)]
    return sorted(found, key=lambda piece: (piece.due_at is None, piece.due_at, piece.id))
