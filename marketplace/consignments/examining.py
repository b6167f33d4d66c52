"""At the desk: a piece is examined, found genuine by two people where policy says so, or declined with its reason."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask_babel import lazy_gettext as _l

from marketplace import events
from marketplace.consignments import terms, waiting
from marketplace.consignments.models import ConsignedPiece
from marketplace.consignments.moving import locked, move
from marketplace.consignments.states import LEAVING, CannotExamine, CannotHandOn, Choice, PieceState
from marketplace.custody import examining as bench
from marketplace.custody.doubting import find_counterfeit
from marketplace.custody.log import BENCH, put
from marketplace.errors import Refusal
from marketplace.events import HasActor
from marketplace.people.models import Person


class NoSuchChoice(Refusal):
    message = _l("Choose what becomes of it.")
    status = 422


class NoSuchCharity(Refusal):
    message = _l("Choose one of the charities.")
    status = 422


def examine(piece: ConsignedPiece, *, by: Person, at: datetime) -> None:
    """Take a piece up: it becomes a draft of ours, to be photographed, measured and graded (NAP-16); what its owner
    showed of it stays beside that. Raises ``CannotExamine``.
    """
    piece = locked(piece)
    is_first = piece.examined_by is None
    move(piece, "examine", by=by, at=at, examined_by=by.id, found_genuine_by=None)
    put(piece.number, BENCH, by=by, at=at)
    if is_first:
        bench.end_draft(piece.listing, by=by, at=at)
    bench.draft(piece, piece.number, piece.consignment.owner_id, by=by, at=at)


def find_genuine(piece: ConsignedPiece, *, by: Person, at: datetime) -> None:
    """An expert finds the piece genuine (BAL-03, LUX-02). Raises ``CannotExamine``, or ``SamePerson`` where policy
    wants two people and this is the one who examined it.
    """
    piece = locked(piece)
    if piece.state is not PieceState.INSPECTING:
        raise CannotExamine()
    bench.check_not_quarantined(piece)
    bench.check_not_own(piece.consignment.owner_id, by)
    bench.check_second_person(piece.examined_by, by, needs_two=terms.rules(piece).needs_two_people)
    piece.found_genuine_by = by.id
    events.record(piece, "find_genuine", by=by, at=at)


def decline(piece: ConsignedPiece, reason: str, *, is_counterfeit: bool = False, by: Person, at: datetime) -> None:
    """We do not sell it, and say why; its owner chooses what becomes of it (NAP-09, NAP-34).

    Raises ``CannotDecline`` or ``NoSuchReason``, and for a counterfeit what ``find_counterfeit`` raises.
    """
    piece = locked(piece)
    bench.check_reason(reason, terms.of_owner(piece.consignment))
    move(piece, "decline", by=by, at=at, decline_reason=reason)
    if is_counterfeit:
        find_counterfeit(piece, piece.consignment.owner, by=by, at=at)


def choices(piece: ConsignedPiece) -> list[Choice]:
    """What may become of a declined piece; nobody is given a counterfeit."""
    is_counterfeit = piece.item is not None and piece.item.quarantined_at is not None
    return [choice for choice in Choice if not (is_counterfeit and choice is Choice.DONATE)]


def choose(piece: ConsignedPiece, choice: Choice, *, charity: str | None = None, by: HasActor, at: datetime) -> None:
    """What becomes of a declined piece: sent back for the policy's fee, given away, or recycled (NAP-34).

    Raises ``CannotChoose``, ``NoSuchChoice`` or ``NoSuchCharity``.
    """
    piece, rule = locked(piece), terms.rules(piece)
    if choice not in choices(piece):
        raise NoSuchChoice()
    if choice is Choice.DONATE and rule.charities and rule.charity(charity or "") is None:
        raise NoSuchCharity()
    known = rule.charity(charity or "")
    sets: dict[str, Any] = {"choice": choice, "charity": known.key if known and choice is Choice.DONATE else None}
    if choice is Choice.RETURN and rule.return_fee_minor:
        sets["fee_minor"] = piece.fee_minor + rule.return_fee_minor
    move(piece, f"choose_{choice.value}", by=by, at=at, **sets)


def is_to_be_handed_on(piece: ConsignedPiece) -> bool:
    """Whether a piece that is given away or recycled still lies here."""
    return piece.state in LEAVING and piece.due_at is not None


def hand_on(piece: ConsignedPiece, *, place: str, by: Person, at: datetime) -> None:
    """A piece that is given away or recycled leaves us for ``place`` (NAP-34). Raises ``CannotHandOn``."""
    piece = locked(piece)
    bench.check_not_own(piece.consignment.owner_id, by)
    if not is_to_be_handed_on(piece):
        raise CannotHandOn()
    waiting.wait_no_more(piece, at=at)
    events.record(piece, "hand_on", by=by, at=at)
    put(piece.number, place, by=by, at=at)
