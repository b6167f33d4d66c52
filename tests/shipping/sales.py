"""Sales for the tests of shipping: a piece sold by the product's own operations, up to the wish for a label."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import count
from typing import Any

import sqlalchemy as sa
from flask import current_app

from marketplace import clock
from marketplace.catalogue.models import Style
from marketplace.database import db, unit_of_work
from marketplace.jobs import runner
from marketplace.listings.models import Item, Listing
from marketplace.listings.states import ListingState
from marketplace.money import Money
from marketplace.orders import checkouts
from marketplace.orders.models import Order
from marketplace.orders.tax import TaxQuote
from marketplace.payments import attempts, sandbox
from marketplace.payments.gateway import gateway
from marketplace.people.models import Address, LoyaltyAccount, Person
from marketplace.programme import versions
from marketplace.shipping import asking, parcels
from marketplace.shipping.models import Parcel
from marketplace.shipping.sandbox_books import SandboxParcel
from marketplace.shipping.sandbox_pages import deliver
from marketplace.shipping.sandbox_tracking import add_scan, track_updated
from tests.apart import apart
from tests.worlds import kept

VISA = "4242424242424242"
BUYER = "buyer{}@example.com"

SHIP_TO = {
    "name": "Grace Buyer",
    "line1": "350 Fifth Avenue",
    "line2": "",
    "city": "New York",
    "region": "NY",
    "postcode": "10118",
    "country": "US",
    "phone": "",
}
SHIP_FROM = {
    "name": "Ada Seller",
    "line1": "77 Secret Garden Way",
    "line2": "",
    "city": "Portland",
    "region": "OR",
    "postcode": "97201",
    "country": "US",
    "phone": "",
}

_numbers = count(1)


@kept
def sold_order(*, street: str = SHIP_TO["line1"], from_street: str = SHIP_FROM["line1"], supply: bool = False) -> Order:
    """An order that has just been paid for; its label is wanted, and nothing of it has been carried out yet."""
    number = next(_numbers)
    with unit_of_work():
        at = clock.now()
        listing = _listing(number, at, from_street, supply=supply)
        buyer = Person(email=BUYER.format(number), name=SHIP_TO["name"], joined_at=at)
        db.session.add(buyer)
        quote = TaxQuote((Money(2000, "USD"),), {"adapter": "table"})
        checkout = checkouts.open_checkout(
            buyer=buyer,
            listings=[listing],
            ship_to={**SHIP_TO, "line1": street},
            quote=quote,
            form_token=f"form-{number}",
            at=at,
        )
        attempt = checkouts.start_payment(checkout, return_url="/", by=buyer, at=at)
        order = checkout.orders[0]
    page = gateway().open_page(attempt.request, attempt.key)
    with unit_of_work():
        attempts.record_page(attempt.id, page, at=clock.now())
        assert sandbox.pay(page.session_ref, VISA) == "paid"
    report = gateway().retrieve(page.session_ref)
    with unit_of_work():
        attempts.apply(db.session.get_one(attempts.PaymentAttempt, attempt.id), report, at=clock.now())
    return db.session.get_one(Order, order.id)


def _listing(number: int, at: datetime, from_street: str, *, supply: bool) -> Listing:
    seller = None if supply else _member(number, at)
    style = Style(number=f"S-{number}", list_price_minor=40_000, **_piece())
    item = Item(style=style, owner=seller)
    address = None if seller is None else Address(person_id=seller.id, **{**SHIP_FROM, "line1": from_street})
    listing = Listing(
        number=f"L{number:08d}",
        item=item,
        seller=seller,
        policy_version_id=versions.current().id,
        state=ListingState.LIVE,
        started_at=at,
        live_at=at,
        grade="excellent",
        price_minor=24_500,
        original_price_minor=40_000,
        ships_from=address,
        **_piece(),
    )
    db.session.add(listing)
    db.session.flush()
    return listing


def _piece() -> dict[str, Any]:
    return {"title": "Marlow tote", "house": "Velorne", "category": "tote", "colour": "Oxblood", "currency": "USD"}


def _member(number: int, at: datetime) -> Person:
    email = f"seller{number}@example.com"
    account = LoyaltyAccount(number=f"VC{number}", email=email, joined_at=at)
    seller = Person(email=email, name=SHIP_FROM["name"], joined_at=at, loyalty_account=account)
    seller.is_account, seller.email_verified_at = True, at
    db.session.add(seller)
    db.session.flush()
    return seller


def sweep() -> None:
    """Do everything that is due, as the runner would."""
    app = current_app._get_current_object()  # type: ignore[attr-defined]

    def run() -> None:
        with app.app_context():
            runner.run_until_idle()

    apart(run)


@kept
def labelled_order(**more: Any) -> Order:
    """A paid order whose label is bought and mailed."""
    order = sold_order(**more)
    sweep()
    return db.session.get_one(Order, order.id)


def parcel_of(order: Order) -> Parcel:
    parcel = parcels.parcel_of(order.id)
    assert parcel is not None
    return parcel


def hear(body: bytes) -> int:
    """Send a webhook to the shop as the carrier would and let the shop react; returns the answer's status."""
    app = current_app._get_current_object()  # type: ignore[attr-defined]

    def send() -> int:
        with app.app_context():
            return deliver(body)

    status = apart(send)
    sweep()
    return status


def travel(order: Order, action: str, *, hours_ago: float = 0, told: bool = True) -> bytes:
    """Let the carrier do something to the order's parcel; the shop hears of it if ``told``. Returns the webhook."""
    with unit_of_work():
        at = clock.now()
        parcel = sandbox_parcel(order)
        add_scan(parcel, action, at=at, scanned_at=at - timedelta(hours=hours_ago))
        db.session.flush()
        body = track_updated(parcel)
    if told:
        assert hear(body) == 200
    return body


def sandbox_parcel(order: Order) -> SandboxParcel:
    """The parcel as the sandbox's carrier keeps it."""
    number = parcel_of(order).tracking_number
    return db.session.scalars(sa.select(SandboxParcel).where(SandboxParcel.tracking_number == number)).one()


def ask_now() -> int:
    """What ``flask reconcile`` asks the carrier; returns how many parcels had news."""
    app = current_app._get_current_object()  # type: ignore[attr-defined]

    def ask() -> int:
        with app.app_context():
            return len(asking.poll_tracking().with_news)

    return apart(ask)
