"""At the desk: a piece is inspected; it is as quoted, worth another price, or not what it was said to be."""

from __future__ import annotations

from datetime import datetime

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from marketplace import events
from marketplace.buybacks import buying, terms
from marketplace.buybacks.facts import BuybackMoved
from marketplace.buybacks.models import Buyback
from marketplace.buybacks.moving import locked, move
from marketplace.buybacks.quoting import NeedsReason, PriceNotPossible, check_amount
from marketplace.buybacks.states import BuybackState, CannotInspect, CannotLoseBought, WayBack
from marketplace.consignments.selling import payout_is_coming
from marketplace.custody import billing, fees
from marketplace.custody import examining as bench
from marketplace.custody.doubting import find_counterfeit
from marketplace.custody.log import BENCH, put
from marketplace.database import db
from marketplace.errors import Refusal
from marketplace.events import HasActor
from marketplace.money import Money
from marketplace.people.models import Person


class NotFoundGenuine(Refusal):
    message = _l("Nobody has found this piece genuine yet.")


class NoSuchWayBack(Refusal):
    message = _l("Choose how it comes back to you.")
    status = 422


def examine(buyback: Buyback, *, by: Person, at: datetime) -> None:
    """Take a piece up: it becomes a draft of ours, graded as she says for now; her photos stay beside it, and the shop
    shows ours alone (NAP-16). Raises ``CannotInspect``.
    """
    buyback = locked(buyback)
    move(buyback, "examine", by=by, at=at, examined_by=by.id, found_genuine_by=None)
    put(buyback.tag, BENCH, by=by, at=at)
    bench.end_draft(buyback.listing, by=by, at=at)
    ours = bench.draft(buyback, buyback.number, buyback.owner_id, by=by, at=at)
    ours.grade, ours.includes = buyback.grade, list(buyback.includes)


def find_genuine(buyback: Buyback, *, by: Person, at: datetime) -> None:
    """An expert finds the piece genuine (LUX-02, LUX-58). Raises ``CannotInspect`` or ``SamePerson``."""
    buyback = locked(buyback)
    if buyback.state is not BuybackState.INSPECTING:
        raise CannotInspect()
    bench.check_not_quarantined(buyback)
    bench.check_not_own(buyback.owner_id, by)
    bench.check_second_person(buyback.examined_by, by, needs_two=terms.rules(buyback).needs_two_people)
    buyback.found_genuine_by = by.id
    events.record(buyback, "find_genuine", by=by, at=at)


def confirm(buyback: Buyback, *, by: Person, at: datetime) -> None:
    """As quoted (LUX-61): it is ours, and paid, at once (NAP-03). Raises ``CannotConclude``, ``NotFoundGenuine``."""
    buyback = _concluding(buyback, "confirm")
    move(buyback, "confirm", by=by, at=at)
    buying.buy(buyback, by=by, at=at)


def revise(buyback: Buyback, price: Money, *, reason: str, by: Person, at: datetime) -> None:
    """It is worth another price; its owner takes that or has it back.

    Raises ``CannotConclude``, ``NotFoundGenuine``, ``NeedsReason`` or ``PriceNotPossible``.
    """
    buyback = _concluding(buyback, "revise")
    check_amount(price, terms.of_owner(buyback))
    if price == buyback.quoted:
        raise PriceNotPossible(_("This is our quote: confirm it instead."))
    if not reason.strip():
        raise NeedsReason()
    move(buyback, "revise", by=by, at=at, revised_minor=price.minor, revision_reason=reason.strip())


def _concluding(buyback: Buyback, action: str) -> Buyback:
    buyback = locked(buyback)
    buyback.machine.next_state(buyback.state, action)
    if buyback.found_genuine_by is None:
        raise NotFoundGenuine()
    return buyback


def fail(buyback: Buyback, reason: str, *, is_counterfeit: bool = False, by: Person, at: datetime) -> None:
    """It is not what it was said to be, or none we buy: the quote is revoked (LUX-75).

    Raises ``CannotConclude`` or ``NoSuchReason``, and for a counterfeit what ``find_counterfeit`` raises.
    """
    buyback = locked(buyback)
    bench.check_reason(reason, terms.of_owner(buyback))
    move(buyback, "fail", by=by, at=at, decline_reason=reason)
    bench.end_draft(buyback.listing, by=by, at=at)
    if is_counterfeit:
        find_counterfeit(buyback, buyback.owner, by=by, at=at)


# Its owner -----------------------------------------------------------------------------------------------------------


def take(buyback: Buyback, *, by: Person, at: datetime) -> None:
    """She takes the revised quote: the piece is ours, and paid, at once. Raises ``CannotAnswerRevision``."""
    buyback = locked(buyback)
    move(buyback, "take", by=by, at=at)
    buying.buy(buyback, by=by, at=at)


def give_up(buyback: Buyback, *, by: HasActor, at: datetime) -> None:
    """She would rather have it back, or says nothing: it is sent at our cost. Raises ``CannotAnswerRevision``."""
    buyback = locked(buyback)
    move(buyback, "give_up", by=by, at=at, way_back=WayBack.SENT)
    bench.end_draft(buyback.listing, by=by, at=at)


def fetch(buyback: Buyback, way: WayBack, *, by: HasActor, at: datetime) -> None:
    """How a piece comes back whose quote was revoked: collected, or by courier at her cost (LUX-75).

    Raises ``CannotFetch`` or ``NoSuchWayBack``.
    """
    buyback = locked(buyback)
    if way is WayBack.SENT:
        raise NoSuchWayBack()
    fee = terms.rules(buyback).courier_fee_minor if way is WayBack.COURIER else 0
    move(buyback, "fetch", by=by, at=at, way_back=way, fee_minor=buyback.fee_minor + fee)


# Back to its owner ---------------------------------------------------------------------------------------------------


def bill_fee(fact: BuybackMoved) -> None:
    """A piece that goes back and has a fee open: its owner may pay by a link (GAP-19)."""
    buyback = db.session.get_one(Buyback, fact.buyback_id)
    if buyback.state is BuybackState.GOING_BACK and buyback.fee_open:
        is_coming = payout_is_coming(buyback.owner_id)
        billing.bill(buyback, buyback.owner_id, payout_is_coming=is_coming, at=fact.at)


def may_hand_back(buyback: Buyback) -> bool:
    """Whether nothing stands against it: no fee is open, or a payout is coming that it can be taken from (GAP-19)."""
    return not buyback.fee_open or payout_is_coming(buyback.owner_id)


def hand_back(buyback: Buyback, *, place: str, by: Person, at: datetime) -> None:
    """The piece leaves us for its owner. Raises ``CannotHandBack``, or ``FeeIsOpen`` while a fee is (GAP-19)."""
    buyback = locked(buyback)
    buyback.machine.next_state(buyback.state, "hand_back")
    if not may_hand_back(buyback):
        raise fees.FeeIsOpen()
    move(buyback, "hand_back", by=by, at=at)
    put(buyback.tag, place, by=by, at=at)


def can_lose(buyback: Buyback) -> bool:
    """Whether the desk may say that a piece was lost or damaged with us."""
    is_counterfeit = buyback.item is not None and buyback.item.quarantined_at is not None
    return buyback.custody_is_ours and buyback.machine.allows(buyback.state, "lose") and not is_counterfeit


def say_lost(buyback: Buyback, *, by: Person, at: datetime) -> None:
    """Somebody at the desk cannot find it, or it was damaged with us. Raises ``CannotLoseBought`` or ``OwnPiece``."""
    buyback = locked(buyback)
    bench.check_not_own(buyback.owner_id, by)
    if not can_lose(buyback):
        raise CannotLoseBought()
    buying.lose(buyback, by=by, at=at)


def waive_fee(buyback: Buyback, *, by: Person, at: datetime) -> None:
    """The desk lets a fee go that is open."""
    bench.check_not_own(buyback.owner_id, by)
    fees.waive(locked(buyback), by=by, at=at)
