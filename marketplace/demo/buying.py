"""What buyers, the carrier and customer service do with an order: each act is one of the shop's operations."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from flask import current_app

from marketplace import clock, events
from marketplace.database import db, unit_of_work
from marketplace.demo.cast import Character, staff
from marketplace.demo.pieces import Piece
from marketplace.demo.selling import listing_of
from marketplace.desk.orders import VERBS
from marketplace.jobs import alarms
from marketplace.jobs.alarms import Alarm
from marketplace.orders import checkouts, refunding, settling, tax
from marketplace.orders.models import Checkout, Order
from marketplace.orders.notes import DeskNote
from marketplace.orders.refunding import EndReason
from marketplace.payments import attempts, sandbox
from marketplace.payments import sandbox_pages as provider
from marketplace.payments.gateway import gateway
from marketplace.payments.sandbox import SandboxSession
from marketplace.people import accounts
from marketplace.people.models import Person, Role
from marketplace.shipping import parcels, sandbox_tracking
from marketplace.shipping import sandbox_pages as carrier
from marketplace.shipping.postal import PostalAddress
from marketplace.shipping.sandbox_books import SandboxParcel

VISA, MASTERCARD, AMEX = "4242424242424242", "5555555555554444", "378282246310005"

# Paying --------------------------------------------------------------------------------------------------------------


def check_out(buyer: Character, pieces: Sequence[Piece], *, ship_to: PostalAddress | None = None) -> int:
    """Write the offer down for these pieces; returns the checkout's id. A guest is a new person each time.

    A member pays with store credit first, where the programme takes it.
    """
    address = (ship_to or buyer.address).mapping
    with unit_of_work(reading=True):
        listings = [listing_of(piece) for piece in pieces]
        key = f"demo-{pieces[0].listing_id}-{buyer.email}"
        quote = tax.adapter().quote(checkouts.tax_lines(listings), address, clock.now().date(), key)
    with unit_of_work():
        at = clock.now()
        checkout = checkouts.open_checkout(
            buyer=buyer.person if buyer.is_member else accounts.guest(email=buyer.email, name=buyer.name, at=at),
            listings=[listing_of(piece) for piece in pieces],
            ship_to=address,
            quote=quote,
            form_token=key,
            uses_credit=buyer.is_member,
            at=at,
        )
        return checkout.id


def open_payment(checkout_id: int) -> str | None:
    """Take the pieces and open the provider's page; returns the provider's name for it, None where credit paid all."""
    with unit_of_work() as session:
        checkout = session.get_one(Checkout, checkout_id)
        back = f"{current_app.config['SETTINGS'].public_url}/checkout/{checkout.number}/return"
        attempt = checkouts.start_payment(checkout, return_url=back, by=checkout.buyer, at=clock.now())
        if attempt is None:
            return None
        attempt_id, request, key = attempt.id, attempt.request, attempt.key
    page = gateway().open_page(request, key)
    with unit_of_work() as session:
        attempts.record_page(attempt_id, page, at=clock.now())
    return page.session_ref


def pay(checkout_id: int, card: str) -> list[int]:
    """Pay with a card on the provider's page, whose webhook tells the shop; returns the ids of the orders."""
    ref = open_payment(checkout_id)
    if ref is not None:
        _pay_by_card(ref, card)
    with unit_of_work(reading=True) as session:
        return [order.id for order in session.get_one(Checkout, checkout_id).orders]


def _pay_by_card(ref: str, card: str) -> None:
    with unit_of_work() as session:
        if (outcome := sandbox.pay(ref, card)) != "paid":
            raise RuntimeError(f"the demo's card was refused: {outcome}")
        row = session.scalars(sa.select(SandboxSession).where(SandboxSession.ref == ref)).one()
        notice = sandbox.notice_of(row)
    _accepted(provider.deliver(notice))


def buy(buyer: Character, pieces: Sequence[Piece], card: str, *, ship_to: PostalAddress | None = None) -> list[int]:
    """The whole way from the bag to the payment; returns the ids of the orders, in the order of the pieces."""
    return pay(check_out(buyer, pieces, ship_to=ship_to), card)


def _accepted(status: int) -> None:
    if status != 200:
        raise RuntimeError(f"the shop answered a webhook of its own sandbox with {status}")


# Carrying ------------------------------------------------------------------------------------------------------------


def carry(order_id: int, step: str) -> None:
    """The carrier does something to the parcel (a step of its tracking) and tells the shop."""
    with unit_of_work(reading=True):
        parcel = parcels.parcel_of(order_id)
        number = parcel.tracking_number if parcel else None
    if number is None:
        raise LookupError(f"order {order_id} has no label yet")
    carry_parcel(number, step)


def carry_parcel(number: str, step: str) -> None:
    """The same for any parcel, by its tracking number."""
    with unit_of_work() as session:
        row = session.scalars(sa.select(SandboxParcel).where(SandboxParcel.tracking_number == number)).one()
        sandbox_tracking.add_scan(row, step, at=clock.now())
        session.flush()
        news = sandbox_tracking.track_updated(row)
    _accepted(carrier.deliver(news))


# Ending --------------------------------------------------------------------------------------------------------------


def confirm(order_id: int, stars: int, words: str) -> None:
    """The buyer has what she was promised."""
    with unit_of_work() as session:
        order = session.get_one(Order, order_id)
        settling.confirm(order, stars=stars, words=words, by=order.buyer, at=clock.now())


def cancel_as_buyer(order_id: int) -> None:
    """The seller let the ship-by moment pass."""
    with unit_of_work() as session:
        order = session.get_one(Order, order_id)
        refunding.cancel(order, reason=EndReason.BUYER_AFTER_SHIP_BY, by=order.buyer, at=clock.now())


def cancel_as_seller(order_id: int) -> None:
    """The seller cannot ship."""
    with unit_of_work() as session:
        order = session.get_one(Order, order_id)
        seller = session.get_one(Person, order.seller_id)
        refunding.cancel(order, reason=EndReason.SELLER_CANCELLED, by=seller, at=clock.now())


def decide(order_id: int, verb: str, words: str) -> None:
    """Customer service acts on an order, with its reason on record: cancel, pay-lost."""
    with unit_of_work() as session:
        order, agent, at = session.get_one(Order, order_id), staff(Role.AGENT), clock.now()
        note = DeskNote(order_id=order.id, author_id=agent.id, written_at=at, words=words)
        db.session.add(note)
        db.session.flush()
        events.record(order, f"desk_{verb.replace('-', '_')}", by=agent, at=at, note_id=note.id)
        VERBS[verb].perform(order, agent, at)
    clear_alarms(order_id, words)


def clear_alarms(order_id: int, words: str) -> None:
    """Customer service is done with everything that stood open about an order."""
    with unit_of_work() as session:
        about = sa.and_(Alarm.subject_type == Order.__tablename__, Alarm.subject_id == order_id)
        for alarm in session.scalars(sa.select(Alarm).where(about, Alarm.cleared_at.is_(None))).all():
            alarms.clear_alarm(alarm, by=staff(Role.AGENT), at=clock.now(), reason=words)
