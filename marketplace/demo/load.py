"""Data for load: many rows by set-based inserts, copied from the demo world's listings.

Unlike the demo world these rows did not come about by the shop's operations: they have no history of their own, their
orders have no parcel, and the provider's books know nothing of their payments. What the benchmarks do with them
(search, sell, settle, pay out) finds everything it needs, and the ledger holds their captures.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import cycle, islice
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import selectinload

from marketplace import clock
from marketplace.database import CROCKFORD, db, unit_of_work
from marketplace.demo import copies
from marketplace.events import ActorKind, Event
from marketplace.jobs.deadlines import Deadline, DeadlineState
from marketplace.ledger import post_all
from marketplace.listings.models import Item, Listing, ListingPhoto
from marketplace.listings.states import ListingState
from marketplace.many_rows import insert_all
from marketplace.orders import accounting, checkouts, settling
from marketplace.orders.models import Checkout, Hold, Order
from marketplace.orders.snapshots import as_sold
from marketplace.orders.states import CheckoutState, OrderState
from marketplace.payments.models import AttemptState, PaymentAttempt
from marketplace.people.models import Person

BATCH = 1000
COPIED = 40  # listings of the demo world that the rows are copies of
OWN_COLUMNS = {"id", "number", "item_id", "seller_id", "state", "live_at", "price_minor", "sold_at"}
SPREAD = timedelta(minutes=7)  # between one row's time and the next's


@dataclass(frozen=True)
class Originals:
    """What the copies are made from."""

    listings: Sequence[Listing]
    members: Sequence[Person]


def add_listings(count: int) -> int:
    """Add so many live listings of members, with the photos of those they are copies of."""
    for done, size in _batches(count, copies.BATCH):
        with unit_of_work():
            originals, newest = _originals(), clock.now() - done * SPREAD
            of, sellers = [one.id for one in originals.listings], [one.id for one in originals.members[1:]]
            copies.copy_listings(of, sellers, size, newest, SPREAD)
    return count


def add_due_orders(count: int) -> int:
    """Add so many delivered orders whose confirmation window has just closed: the next sweep settles them."""
    for done, size in _batches(count):
        with unit_of_work():
            at, originals = clock.now(), _originals()
            sold = _listings(originals, size, ListingState.SOLD, at - timedelta(days=20) - done * SPREAD)
            _due_orders(originals, sold, at)
    return count


def _batches(count: int, batch: int = BATCH) -> Iterator[tuple[int, int]]:
    """How many are done before each batch, and its size."""
    return ((done, min(batch, count - done)) for done in range(0, count, batch))


def _originals() -> Originals:
    listings = db.session.scalars(
        sa.select(Listing)
        .where(Listing.state == ListingState.LIVE, Listing.seller_id.is_not(None), Listing.photos.any())
        .options(selectinload(Listing.photos))
        .order_by(Listing.id)
        .limit(COPIED)
    ).all()
    members = db.session.scalars(sa.select(Person).where(Person.loyalty_account_id.is_not(None)).order_by(Person.id))
    return Originals(listings, members.all())


def _insert(model: type[Any], rows: list[dict[str, Any]]) -> list[int]:
    """Insert the rows with one statement; returns their ids in the same order."""
    return list(insert_all(model, rows, returning=model.id))


def _number(prefix: str, serial: int) -> str:
    """A number that people see, counted instead of drawn: a hundred thousand drawn ones might meet."""
    figures = ""
    for _ in range(8):
        serial, figure = divmod(serial, len(CROCKFORD))
        figures = CROCKFORD[figure] + figures
    return prefix + figures


# Listings ------------------------------------------------------------------------------------------------------------


def _listings(originals: Originals, size: int, state: ListingState, newest: datetime) -> list[Listing]:
    """New listings in ``state``, each of an item of its own."""
    copied = list(islice(cycle(originals.listings), size))
    sellers = list(islice(cycle(originals.members[1:]), size))
    pairs = list(zip(copied, sellers, strict=True))
    items = _insert(Item, [{"style_id": of.item.style_id, "owner_id": by.id, "unit": 1} for of, by in pairs])
    rows = [
        {
            **_columns(of),
            "number": _number("L", item_id),
            "item_id": item_id,
            "seller_id": by.id,
            "state": state,
            "live_at": newest - place * SPREAD,
            "sold_at": newest if state is ListingState.SOLD else None,
            "price_minor": max(2000, (of.price_minor or 0) + 500 * (place % 41 - 20)),
        }
        for place, ((of, by), item_id) in enumerate(zip(pairs, items, strict=True))
    ]
    listings: list[Listing] = insert_all(Listing, rows, returning=Listing)
    photos = [_photo_row(photo, new.id) for of, new in zip(copied, listings, strict=True) for photo in of.photos]
    insert_all(ListingPhoto, photos)
    return listings


def _columns(of: Listing) -> dict[str, Any]:
    return {
        column.key: getattr(of, column.key) for column in sa.inspect(Listing).columns if column.key not in OWN_COLUMNS
    }


def _photo_row(photo: ListingPhoto, listing_id: int) -> dict[str, Any]:
    columns = {column.key: getattr(photo, column.key) for column in sa.inspect(ListingPhoto).columns}
    del columns["id"]
    return {**columns, "listing_id": listing_id}


# Orders --------------------------------------------------------------------------------------------------------------


def _due_orders(originals: Originals, sold: Sequence[Listing], at: datetime) -> None:
    paid_at = at - timedelta(days=8)
    buyer, ship_to = originals.members[0], originals.listings[0].ships_from
    address = ship_to.postal if ship_to else {}
    shipping = checkouts.shipping_price(sold[0].currency).minor
    ids = _insert(Checkout, [_checkout(listing, buyer, address, shipping, paid_at) for listing in sold])
    _insert(PaymentAttempt, [_attempt(row, listing, shipping, paid_at) for row, listing in zip(ids, sold, strict=True)])
    _insert(Hold, [_hold(row, listing, paid_at) for row, listing in zip(ids, sold, strict=True)])
    known = {listing.id: as_sold(listing) for listing in originals.listings}
    documents = islice(cycle(known.values()), len(sold))
    rows = [
        _order(row, listing, buyer, shipping, document, at)
        for row, listing, document in zip(ids, sold, documents, strict=True)
    ]
    orders: list[Order] = insert_all(Order, rows, returning=Order)
    causes: list[Event] = insert_all(Event, [_paid_event(order, paid_at) for order in orders], returning=Event)
    post_all([accounting.capture(order, cause, paid_at) for order, cause in zip(orders, causes, strict=True)])
    _insert(Deadline, [_deadline(order, at) for order in orders])


def _checkout(
    listing: Listing, buyer: Person, ship_to: dict[str, str], shipping: int, paid_at: datetime
) -> dict[str, Any]:
    return {
        "number": _number("C", listing.id),
        "buyer_id": buyer.id,
        "policy_version_id": listing.policy_version_id,
        "state": CheckoutState.PAID,
        "started_at": paid_at,
        "email": buyer.email,
        "ship_to": ship_to,
        "currency": listing.currency,
        "total_minor": (listing.price_minor or 0) + shipping,
        "tax_quote": {"adapter": "none"},
        "form_token": f"load-{listing.id}",
    }


def _attempt(checkout_id: int, listing: Listing, shipping: int, paid_at: datetime) -> dict[str, Any]:
    return {
        "key": f"PA-load-{checkout_id}",
        "checkout_id": checkout_id,
        "state": AttemptState.PAID,
        "request": {},
        "amount_minor": (listing.price_minor or 0) + shipping,
        "currency": listing.currency,
        "started_at": paid_at,
        "expires_at": paid_at,
        "payment_ref": f"pi_load_{checkout_id}",
        "paid_at": paid_at,
        "card_brand": "visa",
        "card_last_four": "4242",
    }


def _hold(checkout_id: int, listing: Listing, paid_at: datetime) -> dict[str, Any]:
    return {"item_id": listing.item_id, "checkout_id": checkout_id, "taken_at": paid_at}


def _order(
    checkout_id: int, listing: Listing, buyer: Person, shipping: int, document: dict[str, Any], at: datetime
) -> dict[str, Any]:
    delivered_at = at - timedelta(hours=80)
    return {
        "number": _number("R", listing.id),
        "checkout_id": checkout_id,
        "listing_id": listing.id,
        "item_id": listing.item_id,
        "buyer_id": buyer.id,
        "seller_id": listing.seller_id,
        "policy_version_id": listing.policy_version_id,
        "seller_policy_version_id": listing.policy_version_id,
        "state": OrderState.DELIVERED,
        "placed_at": at - timedelta(days=8),
        "currency": listing.currency,
        "price_minor": listing.price_minor,
        "shipping_minor": shipping,
        "tax_minor": 0,
        "refunded_price_minor": 0,
        "refunded_shipping_minor": 0,
        "refunded_tax_minor": 0,
        "as_sold": {**document, "number": listing.number, "price_minor": listing.price_minor},
        "paid_at": at - timedelta(days=8),
        "label_issued_at": at - timedelta(days=8),
        "shipped_at": at - timedelta(days=6),
        "delivered_at": delivered_at,
        "delivery_mail_at": delivered_at,
        "window_closes_at": at - timedelta(minutes=1),
    }


def _paid_event(order: Order, paid_at: datetime) -> dict[str, Any]:
    return {
        "at": paid_at,
        "subject_type": Order.__tablename__,
        "subject_id": order.id,
        "action": "pay",
        "from_state": OrderState.AWAITING_PAYMENT.value,
        "to_state": OrderState.PAID.value,
        "actor_kind": ActorKind.PROVIDER,
        "actor_id": None,
        "detail": {},
    }


def _deadline(order: Order, at: datetime) -> dict[str, Any]:
    return {
        "kind": settling.CONFIRM_BY,
        "subject_type": Order.__tablename__,
        "subject_id": order.id,
        "due_at": at - timedelta(minutes=1),
        "state": DeadlineState.WAITING,
        "failures": 0,
    }
