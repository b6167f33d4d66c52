"""A piece that we sell for its owner may be sold to us instead, at the offer made with our proposal (LUX-74)."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from marketplace.buybacks import buying, requesting, terms
from marketplace.buybacks.models import Buyback
from marketplace.buybacks.moving import locked, move
from marketplace.buybacks.quoting import lapse, quote
from marketplace.buybacks.states import BuybackState
from marketplace.consignments import moving as consigned
from marketplace.consignments.facts import PieceMoved
from marketplace.consignments.models import ConsignedPiece
from marketplace.consignments.selling import can_sell_to_us
from marketplace.consignments.states import PieceState
from marketplace.custody.taking import PieceNotTaken
from marketplace.database import db, public_id
from marketplace.errors import Refusal
from marketplace.events import SYSTEM, record
from marketplace.money import Money
from marketplace.payouts.models import FormNotOpen, PayoutForm
from marketplace.people.models import Person
from marketplace.programme import versions

_ENDS = {"refuse", "take_back", "sell", "lose", "withdraw", "come_back"}  # moves after which no offer stands


class CannotSwitch(Refusal):
    message = _l("This piece cannot be sold to us now.")


def piece_moved(fact: PieceMoved) -> None:
    """With a proposal comes the cash offer, where policy makes one; what ends the consignment ends the offer."""
    if fact.action == "propose":
        _offer(db.session.get_one(ConsignedPiece, fact.piece_id), fact.at)
    elif fact.action in _ENDS:
        _end(fact.piece_id, fact.at)


def offer_for(piece_id: int) -> Buyback | None:
    """The cash offer that stands for a consigned piece."""
    standing = sa.select(Buyback).where(Buyback.consigned_piece_id == piece_id, Buyback.state == BuybackState.QUOTED)
    return db.session.scalar(standing)


def _end(piece_id: int, at: datetime) -> None:
    standing = offer_for(piece_id)
    if standing is not None:
        lapse(locked(standing), by=SYSTEM, at=at)


def _offer(piece: ConsignedPiece, at: datetime) -> None:
    """The model's own price, for as long as the policy lets owners think about it."""
    published = versions.current()
    policy = published.policy
    if not policy.modes.buyback.is_on or not policy.modes.buyback.switch_days:
        return
    listing = piece.listing
    grade = listing.grade if listing is not None and listing.grade else piece.grade
    try:
        requesting.check_piece(policy, house=piece.house, category=piece.category, grade=grade)
    except PieceNotTaken:
        return
    _end(piece.id, at)
    offer = Buyback(
        number=public_id("Q"),
        owner_id=piece.consignment.owner_id,
        policy_version_id=published.id,
        state=BuybackState.SUBMITTED,
        submitted_at=at,
        consigned=piece,
        item=piece.item,
        listing=piece.listing,
        house=piece.house,
        category=piece.category,
        title=piece.title,
        colour=piece.colour,
        grade=grade,
        words=piece.words,
        currency=piece.currency,
        retail_minor=piece.retail_minor,
        hoped_minor=piece.hoped_minor,
        includes=list(listing.includes) if listing is not None else [],
        factors=[],
        examined_by=piece.examined_by,
        found_genuine_by=piece.found_genuine_by,
        fee_minor=0,
    )
    db.session.add(offer)
    db.session.flush()
    record(offer, "ask", by=SYSTEM, at=at)
    quote(offer, by=SYSTEM, at=at)


def fee(offer: Buyback) -> Money:
    """What selling to us instead costs: the policy's fee once the piece was given into the shop, nothing before."""
    is_consigned = offer.consigned is not None and offer.consigned.state is not PieceState.PROPOSED
    return Money(terms.rules(offer).switch_fee_minor if is_consigned else 0, offer.currency)


def can_switch(offer: Buyback) -> bool:
    """Whether its owner may take the offer now: not while somebody pays for the piece, or has bought it (LUX-73)."""
    stands = offer.state is BuybackState.QUOTED and offer.consigned is not None
    return stands and offer.consigned is not None and can_sell_to_us(offer.consigned)


def switch(offer: Buyback, form: PayoutForm, *, is_private: bool = False, by: Person, at: datetime) -> None:
    """Sell a consigned piece to us at the offer, less the fee: ours at once, and paid at once (LUX-74).

    ``is_private``: she declares to sell as a private person, which policy may ask for as of any piece we buy (LUX-64).
    Raises ``CannotAnswerQuote``, ``CannotSwitch``, ``FormNotOpen`` or ``PrivatePeopleOnly``.
    """
    offer = locked(offer)
    offer.machine.next_state(offer.state, "switch")
    if terms.rules(offer).private_only and not is_private:
        raise requesting.PrivatePeopleOnly()
    if offer.consigned is None or not can_switch(offer):
        raise CannotSwitch()
    if form not in terms.open_forms(terms.of_owner(offer)):
        raise FormNotOpen()
    piece = consigned.locked(offer.consigned)
    if not can_sell_to_us(piece):
        raise CannotSwitch()
    cost = fee(offer)
    if is_private:
        record(offer, "declare", by=by, at=at, is_private=True)
    consigned.move(piece, "sell_to_us", by=by, at=at)
    move(offer, "switch", by=by, at=at, form=form, fee_minor=cost.minor)
    buying.buy(offer, by=by, at=at)
