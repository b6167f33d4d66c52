"""Cases, by the product's own operations."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from marketplace import clock
from marketplace.database import db, unit_of_work
from marketplace.disputes import answering, deciding, opening
from marketplace.disputes.models import Dispute
from marketplace.disputes.opening import Report
from marketplace.disputes.states import Kind, Remedy, Wish
from marketplace.money import Money
from marketplace.orders.models import Order
from marketplace.people.models import Person, Role
from marketplace.shipping import parcels, tracking
from marketplace.shipping.carrier import TrackingReport
from marketplace.shipping.models import Parcel, TrackingStatus
from tests.accounts import an_account
from tests.shipping.sales import labelled_order, sweep
from tests.worlds import kept

STATUS = {"scan": TrackingStatus.TRANSIT, "deliver": TrackingStatus.DELIVERED, "return": TrackingStatus.RETURNED}


def usd(minor: int) -> Money:
    return Money(minor, "USD")


def an_agent() -> Person:
    return an_account(name="Kim Desk", roles=[Role.AGENT])


@kept
def delivered(**more: Any) -> Order:
    """An order whose parcel has just been delivered, its mail handed over."""
    order = labelled_order(**more)
    with unit_of_work():
        parcel = parcels.parcel_of(order.id)
        assert parcel is not None
        _report(parcel, "scan", "deliver")
    sweep()
    db.session.expire_all()
    return db.session.get_one(Order, order.id)


@kept
def opened(
    order: Order | None = None, *, kind: Kind = Kind.CONDITION, wish: Wish = Wish.RETURN, asked: int | None = None
) -> Dispute:
    """A case the buyer has just opened about a delivered piece."""
    order = order or delivered()
    with unit_of_work():
        order = db.session.get_one(Order, order.id)
        report = Report(kind, wish, "The corners are worn.", ("corners",), None if asked is None else usd(asked))
        dispute = opening.open_dispute(order, report, by=order.buyer, at=clock.now())
    sweep()
    return again(dispute)


def again(dispute: Dispute) -> Dispute:
    """The case as the database has it now."""
    db.session.expire_all()
    return db.session.get_one(Dispute, dispute.id)


def act(dispute: Dispute, verb: Callable[..., Any], *args: Any, **more: Any) -> Dispute:
    """Carry a verb out on the case, then whatever follows from it."""
    with unit_of_work():
        verb(db.session.get_one(Dispute, dispute.id), *args, at=clock.now(), **more)
    sweep()
    return again(dispute)


def seller(dispute: Dispute) -> Person:
    assert dispute.order.seller is not None
    return dispute.order.seller


@kept
def in_review(dispute: Dispute | None = None) -> Dispute:
    """The seller contests."""
    dispute = dispute or opened()
    return act(dispute, answering.contest, words="It is as shown.", by=seller(dispute))


def ruling(remedy: Remedy, of_price: int | None = None, *, at_fault: bool = False) -> deciding.Ruling:
    price = None if of_price is None else usd(of_price)
    return deciding.Ruling(remedy, "The photos show it.", "as_described", price, at_fault)


@kept
def decided(
    remedy: Remedy, of_price: int | None = None, *, dispute: Dispute | None = None, at_fault: bool = False
) -> Dispute:
    """The desk has decided."""
    dispute = dispute or in_review()
    return act(dispute, deciding.decide, ruling(remedy, of_price, at_fault=at_fault), by=an_agent())


def send_back(dispute: Dispute, action: str) -> None:
    """Let the carrier do something to the piece on its way back."""
    with unit_of_work():
        parcel = parcels.return_parcel_of(dispute.order_id)
        assert parcel is not None
        _report(parcel, action)
    sweep()


def _report(parcel: Parcel, *actions: str) -> None:
    said = [TrackingReport(STATUS[action], clock.now()) for action in actions]
    tracking.record_reports(parcel, said, at=clock.now())


def pass_time(**step: float) -> None:
    """Let business time pass and do what has become due."""
    with unit_of_work():
        clock.advance(timedelta(**step))
    sweep()


def until(moment: datetime | None) -> None:
    """Go to a moment and do what is due there."""
    assert moment is not None
    with unit_of_work():
        clock.advance(max(moment - clock.now(), timedelta(0)))
    sweep()
