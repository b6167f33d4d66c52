"""What the two sides of a case and the desk do, each by the shop's own operations."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import sqlalchemy as sa

from marketplace import clock
from marketplace.database import unit_of_work
from marketplace.demo.cast import colleague, staff
from marketplace.disputes import (
    answering,
    appealing,
    caseload,
    deciding,
    opening,
    opinions,
    photos,
    replies,
    returning,
    thread,
)
from marketplace.disputes.deciding import Ruling
from marketplace.disputes.locking import latest_of
from marketplace.disputes.models import Dispute
from marketplace.disputes.opening import Report
from marketplace.disputes.permissions import has_decided
from marketplace.disputes.states import Kind, Remedy, Side, Wish
from marketplace.listings.prepared_photos import PreparedPhoto
from marketplace.money import Money
from marketplace.orders.models import Order
from marketplace.people.models import Person, Role
from marketplace.shipping import parcels, sandbox_tracking
from marketplace.shipping import sandbox_pages as carrier
from marketplace.shipping.sandbox_books import SandboxParcel


def report(order_id: int, kind: Kind, words: str, *, percent: int | None = None, parts: Sequence[str] = ()) -> None:
    """The buyer reports a problem: to send it back, or to keep it for so many percent less."""
    with unit_of_work() as session:
        order = session.get_one(Order, order_id)
        asked = None if percent is None else Money(order.price_minor * percent // 100, order.currency)
        wish = Wish.RETURN if asked is None else Wish.KEEP
        opening.open_dispute(order, Report(kind, wish, words, parts, asked), by=order.buyer, at=clock.now())


def show(order_id: int, side: Side, photo: PreparedPhoto, *, part: str = "") -> None:
    """A side shows a photo, of a part or of the piece as a whole."""
    with unit_of_work():
        dispute = _case(order_id)
        by = dispute.order.buyer if side is Side.BUYER else _seller(dispute)
        photos.keep(dispute.order, photo, side=side, part=part, by=by, at=clock.now(), dispute=dispute)


def withdraw(order_id: int) -> None:
    """The buyer takes the report back."""
    with unit_of_work():
        dispute = _case(order_id)
        opening.withdraw(dispute, by=dispute.order.buyer, at=clock.now())


def contest(order_id: int, words: str) -> None:
    """The seller says that it is as described."""
    with unit_of_work():
        dispute = _case(order_id)
        answering.contest(dispute, words=words, by=_seller(dispute), at=clock.now())


def accept(order_id: int) -> None:
    """The seller gives what was asked for."""
    with unit_of_work():
        dispute = _case(order_id)
        answering.accept(dispute, by=_seller(dispute), at=clock.now())


def offer(order_id: int, percent: int, words: str) -> None:
    """The seller offers so many percent of the price back."""
    with unit_of_work():
        dispute = _case(order_id)
        part = Money(dispute.order.price_minor * percent // 100, dispute.order.currency)
        answering.offer(dispute, part, words=words, by=_seller(dispute), at=clock.now())


def take(order_id: int) -> None:
    """An agent makes the case their own, and writes to both sides."""
    with unit_of_work():
        dispute, agent, at = _case(order_id), staff(Role.AGENT), clock.now()
        caseload.assign(dispute, agent, by=agent, at=at)
        words = "I am looking at the photos of both sides and write to you here."
        thread.write(dispute, words, side=Side.STAFF, by=agent, at=at)


def put_aside(order_id: int, words: str) -> None:
    """An agent takes the case out of their own queue until the day after tomorrow."""
    with unit_of_work():
        until = clock.now() + timedelta(days=2)
        caseload.snooze(_case(order_id), until=until, reason=words, by=staff(Role.AGENT), at=clock.now())


REPLIES = (
    ("We are looking into it", "We have your report about {item} (order {order}) and decide by {deadline}."),
    (
        "One more photo, please",
        "Could you show the part in question once more, by daylight? The case waits until {deadline}.",
    ),
    ("The piece is on its way back", "{item} is on its way back to its seller. You find every step in case {case}."),
)


def keep_replies() -> None:
    """The manager keeps a few texts for the agents."""
    for title, words in REPLIES:
        replies.keep(title, words, by=staff(Role.MANAGER), at=clock.now())


def decide(
    order_id: int, remedy: Remedy, words: str, *, seller_at_fault: bool = False, is_counterfeit: bool = False
) -> None:
    """Customer service decides, and the manager approves what is above one agent's amount."""
    propose(order_id, remedy, words, seller_at_fault=seller_at_fault, is_counterfeit=is_counterfeit)
    with unit_of_work():
        dispute = _case(order_id)
        if dispute.proposal is not None:
            deciding.approve(dispute, by=staff(Role.MANAGER), at=clock.now())


def propose(
    order_id: int, remedy: Remedy, words: str, *, seller_at_fault: bool = False, is_counterfeit: bool = False
) -> None:
    """An agent decides, which above an amount waits for a second one; an appeal is heard by another agent."""
    with unit_of_work():
        dispute = _case(order_id)
        agent = colleague() if has_decided(dispute, staff(Role.AGENT)) else staff(Role.AGENT)
        clause = "authentic" if is_counterfeit else "as_described"
        ruling = Ruling(remedy, words, clause, seller_at_fault=seller_at_fault, is_counterfeit=is_counterfeit)
        deciding.decide(dispute, ruling, by=agent, at=clock.now())


def appeal(order_id: int, side: Side, words: str) -> None:
    """A side does not leave it at the decision."""
    with unit_of_work():
        dispute = _case(order_id)
        by = dispute.order.buyer if side is Side.BUYER else _seller(dispute)
        appealing.appeal(dispute, side=side, words=words, by=by, at=clock.now())


def receive(order_id: int) -> None:
    """A counterfeit is in the warehouse's hands."""
    with unit_of_work():
        returning.receive(_case(order_id), by=staff(Role.WAREHOUSE), at=clock.now())


def ask_opinion(order_id: int, remedy: Remedy, words: str) -> None:
    """An agent writes down what they would decide, and asks a colleague who does not read it."""
    with unit_of_work():
        view = opinions.View(remedy, words)
        opinions.ask(_case(order_id), colleague(), view, by=staff(Role.AGENT), at=clock.now())


def give_opinion(order_id: int, remedy: Remedy, words: str) -> None:
    """The colleague says what they would decide."""
    with unit_of_work():
        opinions.give(_case(order_id), opinions.View(remedy, words), by=colleague(), at=clock.now())


def carry_back(order_id: int, step: str) -> None:
    """The carrier does something to the piece on its way back, and tells the shop."""
    with unit_of_work() as session:
        parcel = parcels.return_parcel_of(order_id)
        if parcel is None or parcel.tracking_number is None:
            raise LookupError(f"order {order_id} has no return label yet")
        known = sa.select(SandboxParcel).where(SandboxParcel.tracking_number == parcel.tracking_number)
        row = session.scalars(known).one()
        sandbox_tracking.add_scan(row, step, at=clock.now())
        session.flush()
        news = sandbox_tracking.track_updated(row)
    if carrier.deliver(news) != 200:
        raise RuntimeError("the shop refused a webhook of its own sandbox")


def _case(order_id: int) -> Dispute:
    dispute = latest_of(order_id)
    if dispute is None:
        raise LookupError(f"order {order_id} has no case")
    return dispute


def _seller(dispute: Dispute) -> Person:
    if dispute.order.seller is None:
        raise LookupError(f"case {dispute.number} is about a piece of the house's own")
    return dispute.order.seller
