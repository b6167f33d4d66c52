"""Just enough of a shop's life for a key of the policy to show: each step is the product's own operation."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any

from marketplace import clock
from marketplace.catalogue.styles import style_of
from marketplace.database import db, unit_of_work
from marketplace.jobs import runner
from marketplace.listings import drafting, flaws, photos, review, starting, submitting, supply
from marketplace.listings.models import Flaw, Listing
from marketplace.listings.photo_measures import PhotoLimits, PhotoThresholds
from marketplace.listings.photo_pipeline import prepare_photo
from marketplace.listings.prepared_photos import PreparedPhoto
from marketplace.money import Money
from marketplace.orders import checkouts, settling
from marketplace.orders.models import Order
from marketplace.orders.tax import adapter
from marketplace.payments import attempts
from marketplace.payments.gateway import SessionReport
from marketplace.people.models import Channel, Person, Purchase, Role
from marketplace.programme import Policy, versions
from marketplace.shipping import tracking
from marketplace.shipping.carrier import TrackingReport
from marketplace.shipping.models import Parcel, TrackingStatus
from marketplace.shipping.postal import PostalAddress
from tests.accounts import an_account
from tests.photos import phone_photo
from tests.worlds import kept

HOME = PostalAddress("Ada Quill", "14 Hudson Street", "New York", "NY", "10013")
AWAY = PostalAddress("Bea Long", "3 Harbor Road", "Baton Rouge", "LA", "70801")

_numbers = itertools.count(1)


def policy() -> Policy:
    return versions.current().policy


def a_purchase(member: Person, **fields: Any) -> Purchase:
    """One bag of the library's, bought new fourteen months ago for $300."""
    number = next(_numbers)
    told: dict[str, Any] = {
        "order_number": f"V{number:06}",
        "line_number": 1,
        "channel": Channel.WEB,
        "purchased_on": clock.now().date() - timedelta(days=430),
        "returned_on": None,
        "loyalty_account_id": member.loyalty_account_id,
        "email": member.email,
        "style_number": "VL-100",
        "title": "Marlow tote",
        "house": "Velorne",
        "category": "tote",
        "collection": "fall-2020",
        "colour": "navy",
        "size": "",
        "quantity": 1,
        "list_price_minor": 30_000,
        "price_paid_minor": 30_000,
        "currency": policy().market.currency,
        "store": "",
    }
    with unit_of_work():
        purchase = Purchase(**{**told, **fields})
        db.session.add(purchase)
    return purchase


@kept
def a_draft(member: Person | None = None, **purchase: Any) -> Listing:
    """A listing just begun, from a purchase of this member (a new one where none is named)."""
    member = member or an_account()
    bought = a_purchase(member, **purchase)
    with unit_of_work():
        return starting.start_listing(bought, 1, by=member, at=clock.now())


def a_flaw(listing: Listing, part: str, kind: str, severity: str) -> Flaw:
    with unit_of_work():
        return flaws.add_flaw(
            listing, part=part, kind=kind, severity=severity, note="", by=_owner(listing), at=clock.now()
        )


def graded(listing: Listing, grade: str) -> Listing:
    with unit_of_work():
        drafting.save_condition(listing, grade=grade, words="", by=_owner(listing), at=clock.now())
    return listing


def priced(listing: Listing, minor: int) -> Listing:
    with unit_of_work():
        drafting.save_price(listing, price=Money(minor, listing.currency), by=_owner(listing), at=clock.now())
    return listing


def detailed(listing: Listing, *, includes: Sequence[str] = (), ships_from: PostalAddress = HOME) -> Listing:
    owner = _owner(listing)
    with unit_of_work():
        drafting.save_details(listing, includes=list(includes), ships_from=ships_from, by=owner, at=clock.now())
    return listing


def photographed(listing: Listing, *slots: str, seed: int = 1) -> Listing:
    with unit_of_work():
        for slot in slots or ("front", "back", "inside"):
            photos.keep(listing, slot, a_photo(seed), by=_owner(listing), at=clock.now())
    return listing


@lru_cache(maxsize=4)
def a_photo(seed: int = 1) -> PreparedPhoto:
    return prepare_photo(phone_photo(seed=seed), PhotoLimits(20, 50), PhotoThresholds(1, 0, 0))


@kept
def a_complete_draft(grade: str = "excellent", minor: int = 18_000, **purchase: Any) -> Listing:
    return priced(photographed(detailed(graded(a_draft(**purchase), grade))), minor)


def submitted(listing: Listing) -> Listing:
    with unit_of_work():
        submitting.submit(listing, by=_owner(listing), at=clock.now())
    return listing


@kept
def a_live_listing(minor: int = 18_000, **purchase: Any) -> Listing:
    listing = submitted(a_complete_draft(minor=minor, **purchase))
    reviewer = an_account(roles=[Role.REVIEWER])
    with unit_of_work():
        review.approve(listing, seen=listing.submitted_at or clock.now(), by=reviewer, at=clock.now())
    return listing


@kept
def a_supply_listing(minor: int = 20_000) -> Listing:
    """A piece of the house's own, in the shop."""
    clerk = an_account(roles=[Role.WAREHOUSE])
    purchase = a_purchase(an_account())
    at = clock.now()
    with unit_of_work():
        listing = supply.start_supply(style_of(purchase), by=clerk, at=at)
        drafting.save_condition(listing, grade="excellent", words="", by=clerk, at=at)
        for slot in ("front", "back", "inside"):
            photos.keep(listing, slot, a_photo(), by=clerk, at=at)
        drafting.save_price(listing, price=Money(minor, listing.currency), by=clerk, at=at)
        supply.publish(listing, by=clerk, at=at)
    return listing


def _owner(listing: Listing) -> Person:
    assert listing.seller is not None
    return listing.seller


# Sales ---------------------------------------------------------------------------------------------------------------


def taxes(listings: Sequence[Listing], ship_to: PostalAddress = AWAY, on: date | None = None) -> Any:
    lines = checkouts.tax_lines(listings)
    return adapter().quote(lines, ship_to.mapping, on or clock.now().date(), f"quote-{next(_numbers)}")


@kept
def an_order(listing: Listing | None = None, *, ship_to: PostalAddress = AWAY) -> Order:
    """An order that waits for its payment, with its piece held."""
    (order,) = a_checkout([listing or a_live_listing()], ship_to=ship_to)
    return order


def a_checkout(
    listings: Sequence[Listing], *, buyer: Person | None = None, ship_to: PostalAddress = AWAY
) -> list[Order]:
    buyer = buyer or an_account()
    with unit_of_work():
        checkout = checkouts.open_checkout(
            buyer=buyer,
            listings=listings,
            ship_to=ship_to.mapping,
            quote=taxes(listings, ship_to),
            form_token=f"form-{next(_numbers)}",
            at=clock.now(),
        )
    with unit_of_work():
        checkouts.start_payment(checkout, return_url="/thanks", by=buyer, at=clock.now())
    return list(checkout.orders)


def capture(order: Order) -> None:
    """The provider reports the payment; nothing that follows from it has been done yet."""
    attempt = attempts.open_attempt_of(order.checkout_id)
    assert attempt is not None
    session, payment = f"cs-{attempt.key}", f"pi-{attempt.key}"
    said = SessionReport(session, attempt.key, "complete", True, attempt.amount, payment_ref=payment)
    with unit_of_work():
        attempts.apply(attempt, said, at=clock.now())


@kept
def paid(order: Order | None = None) -> Order:
    """A paid order; what follows from the payment has been done, so its label is made and mailed."""
    order = an_order() if order is None else order
    capture(order)
    runner.run_until_idle()
    db.session.expire_all()
    return order


def parcel_of(order: Order) -> Parcel:
    found: Parcel = db.session.scalars(db.select(Parcel).where(Parcel.order_id == order.id)).one()
    return found


def reported(order: Order, status: TrackingStatus) -> Order:
    with unit_of_work():
        tracking.record_reports(parcel_of(order), [TrackingReport(status, clock.now())], at=clock.now())
    runner.run_until_idle()
    db.session.expire_all()
    return order


@kept
def sent(order: Order | None = None) -> Order:
    return reported(order or paid(), TrackingStatus.TRANSIT)


@kept
def delivered(order: Order | None = None) -> Order:
    return reported(sent(order), TrackingStatus.DELIVERED)


def confirmed(order: Order) -> Order:
    with unit_of_work():
        settling.confirm(order, stars=5, words="", by=order.checkout.buyer, at=clock.now())
    runner.run_until_idle()
    return order


def pass_time(**step: float) -> datetime:
    """Let business time pass and do what has become due."""
    with unit_of_work():
        moment = clock.advance(timedelta(**step))
    runner.run_until_idle()
    db.session.expire_all()
    return moment
