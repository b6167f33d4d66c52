"""A consigned piece led to where a test needs it: each step is the shop's own operation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from marketplace import clock
from marketplace.consignments import arriving, describing, examining, proposing, requesting
from marketplace.consignments.models import ConsignedPiece, Consignment
from marketplace.consignments.states import PieceState
from marketplace.custody.arranging import Arrangement
from marketplace.custody.models import Way
from marketplace.custody.taking import Wish
from marketplace.database import db, unit_of_work
from marketplace.jobs import runner
from marketplace.ledger import Account, balance
from marketplace.listings import drafting, photos
from marketplace.money import Money
from marketplace.orders.models import Order
from marketplace.people.models import Person, Role
from marketplace.programme import Policy, versions
from marketplace.shipping import parcels, tracking
from marketplace.shipping.carrier import TrackingReport
from marketplace.shipping.models import TrackingStatus
from tests.accounts import an_account
from tests.programme import world
from tests.programme.policies import changed

STORE: Mapping[str, Any] = {
    "key": "old-mill",
    "kind": "store",
    "name": "Velorne Old Mill",
    "address": "9 Old Mill Road, Albany, NY 12207",
    "hours": {"weekdays": ["tuesday", "saturday"], "opens": "10:00:00", "closes": "18:00:00"},
}
POINT: Mapping[str, Any] = {**STORE, "key": "lock-street", "kind": "point", "name": "Counter Lock Street"}
WAYS: Mapping[str, Any] = {
    "inbound.places": [STORE, POINT],
    "inbound.slots": [{"begins": "09:00:00", "ends": "12:00:00"}, {"begins": "13:00:00", "ends": "17:00:00"}],
    "inbound.early_hours": 2,
}
BY_PARCEL, TO_THE_STORE = Arrangement(world.HOME), Arrangement(way=Way.STORE, place="old-mill")
RULES: Mapping[str, Any] = {
    "modes.consignment.is_on": True,
    "modes.consignment.bands": [
        {"from_minor": 0, "basis_points": 4000},
        {"from_minor": 50_000, "basis_points": 2500},
    ],
    "modes.consignment.return_fee_minor": 1500,
    "modes.consignment.charities": [
        {"key": "coats", "label": "Coats for All"},
        {"key": "books", "label": "Books for Towns"},
    ],
    "modes.consignment.min_days": 180,
    "modes.consignment.early_fee_minor": 1500,
}


def open_for_consigning(**changes: Any) -> Policy:
    told = {key if "." in key else f"modes.consignment.{key}": value for key, value in changes.items()}
    policy = changed({**RULES, **told})
    with unit_of_work():
        versions.publish(policy, at=clock.now())
    return policy


def a_wish(**said: Any) -> Wish:
    told = {
        "house": "Velorne",
        "category": "tote",
        "title": "Marlow tote",
        "colour": "navy",
        "grade": "excellent",
        "retail": Money(40_000, world.policy().market.currency),
    }
    return Wish(**{**told, **said})


def requested(owner: Person | None = None, *wishes: Wish, comes: Arrangement = BY_PARCEL) -> Consignment:
    """A request; its label is made and mailed."""
    owner = owner or an_account()
    with unit_of_work():
        for wish in wishes or [a_wish()]:
            made = describing.add(wish, by=owner, at=clock.now()).consignment
        requesting.request(made, comes, by=owner, at=clock.now())
    runner.run_until_idle()
    db.session.expire_all()
    return made


def piece_of(consignment: Consignment, position: int = 1) -> ConsignedPiece:
    db.session.expire_all()
    return db.session.scalars(
        sa.select(ConsignedPiece).filter_by(consignment_id=consignment.id, position=position)
    ).one()


def carried(consignment: Consignment, status: TrackingStatus) -> None:
    parcel = parcels.inbound_parcel(consignment.number)
    assert parcel is not None
    with unit_of_work():
        tracking.record_reports(parcel, [TrackingReport(status, clock.now())], at=clock.now())
    runner.run_until_idle()


def clerk() -> Person:
    return an_account(roles=[Role.WAREHOUSE])


def expert() -> Person:
    return an_account(roles=[Role.REVIEWER])


def received(piece: ConsignedPiece) -> ConsignedPiece:
    with unit_of_work():
        arriving.receive(piece, place="Shelf A1", by=clerk(), at=clock.now())
    return piece


def examined(piece: ConsignedPiece, *, minor: int = 30_000, genuine: bool = True) -> ConsignedPiece:
    """Received, taken up, photographed, graded, priced and found genuine."""
    if piece.state is not PieceState.RECEIVED:
        received(piece)
    by = clerk()
    with unit_of_work():
        examining.examine(piece, by=by, at=clock.now())
    listing, at = piece.listing, clock.now()
    assert listing is not None
    with unit_of_work():
        drafting.save_condition(listing, grade="excellent", words="", by=by, at=at)
        for slot in ("front", "back", "inside"):
            photos.keep(listing, slot, world.a_photo(), by=by, at=at)
        drafting.save_price(listing, price=Money(minor, listing.currency), by=by, at=at)
    if genuine:
        with unit_of_work():
            examining.find_genuine(piece, by=expert(), at=clock.now())
    return piece


def proposed(piece: ConsignedPiece | None = None, *, minor: int = 30_000) -> ConsignedPiece:
    piece = examined(piece or piece_of(requested()), minor=minor)
    with unit_of_work():
        proposing.propose(piece, by=clerk(), at=clock.now())
    runner.run_until_idle()
    return piece


def live(piece: ConsignedPiece | None = None, *, minor: int = 30_000) -> ConsignedPiece:
    piece = proposed(piece, minor=minor)
    with unit_of_work():
        proposing.accept(piece, by=piece.consignment.owner, at=clock.now())
    runner.run_until_idle()
    return piece


def bought(piece: ConsignedPiece) -> Order:
    """Paid for by somebody, and sent to them."""
    assert piece.listing is not None
    order = world.delivered(world.paid(world.an_order(piece.listing)))
    db.session.expire_all()
    return order


def settled(piece: ConsignedPiece) -> Order:
    order = world.confirmed(bought(piece))
    db.session.expire_all()
    return order


def owed_in_pieces() -> int:
    """What the pieces that are owed and not yet paid hold, in minor units."""
    waiting = sa.select(sa.func.coalesce(sa.func.sum(ConsignedPiece.owed_minor), 0))
    return int(db.session.scalar(waiting.where(ConsignedPiece.state.in_((PieceState.PAYABLE, PieceState.LOST)))) or 0)


def owed_in_ledger() -> int:
    return -balance(Account.CONSIGNMENT_PAYABLE, world.policy().market.currency).minor
