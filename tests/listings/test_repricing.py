"""The price of a listing that is in the shop, and taking it out."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest
import sqlalchemy as sa
from flask import Flask

from marketplace import clock, events
from marketplace.database import db, unit_of_work
from marketplace.events import SYSTEM
from marketplace.jobs.alarms import Alarm, AlarmKind
from marketplace.jobs.deadlines import waiting_deadline
from marketplace.jobs.outbox import rows_of
from marketplace.listings import eligibility, repricing, review, starting, withdrawing
from marketplace.listings.drafting import PriceOutOfBounds
from marketplace.listings.models import Listing
from marketplace.listings.states import CannotReprice, CannotWithdraw, ListingState
from marketplace.money import Money
from marketplace.orders import refunding
from marketplace.orders.refunding import EndReason
from marketplace.people.facts import PurchaseReturned
from marketplace.people.models import Purchase
from tests.accounts import an_account
from tests.listings.pieces import a_listing_in, a_submitted_listing, approve, moved, seller_of
from tests.orders.stories import again as order_again
from tests.programme.world import a_complete_draft, a_live_listing, an_order, paid, sent, submitted


def reprice(listing: Listing, minor: int) -> None:
    with unit_of_work():
        repricing.reprice(listing, Money(minor, "USD"), by=seller_of(listing), at=clock.now())


@pytest.mark.parametrize("state", [ListingState.LIVE, ListingState.PAUSED])
def test_lowering_is_free_and_up_to_the_approved_price_too(app: Flask, state: ListingState) -> None:
    listing = a_listing_in(state)  # approved at 180 dollars
    for minor in (15_000, 17_999, 18_000):
        reprice(listing, minor)
        assert (listing.state, listing.price_minor) == (state, minor)
    assert listing.approved_price_minor == 18_000
    changes = [event.detail for event in events.history(listing) if event.action == "change_price"]
    assert changes[0] == {"before_minor": 18_000, "price_minor": 15_000}


def test_raising_above_the_approved_price_goes_back_to_review(app: Flask, advance: Callable[..., datetime]) -> None:
    listing = a_live_listing()
    live_since = listing.live_at
    advance(hours=1)
    reprice(listing, 18_001)
    assert (listing.state, listing.price_minor, listing.approved_price_minor) == ("submitted", 18_001, 18_000)
    assert waiting_deadline(review.REVIEW, listing) is not None
    approve(listing)
    assert (listing.state, listing.approved_price_minor, listing.live_at) == ("live", 18_001, live_since)


@pytest.mark.fault("B05", "B06")
def test_while_somebody_pays_neither_price_nor_piece_is_taken_from_them(app: Flask) -> None:
    listing = a_live_listing()
    order = an_order(listing)
    assert listing.state is ListingState.HELD
    with pytest.raises(CannotReprice):
        reprice(listing, 9_900)
    with pytest.raises(CannotWithdraw), unit_of_work():
        withdrawing.withdraw(listing, by=seller_of(listing), at=clock.now())
    order = order_again(order)
    assert (order.price_minor, order.as_sold["price_minor"], listing.price_minor) == (18_000, 18_000, 18_000)
    assert listing.state is ListingState.HELD


@pytest.mark.parametrize("minor", [0, 1_999, 500_001])
def test_a_price_out_of_bounds_changes_nothing(app: Flask, minor: int) -> None:
    listing = a_live_listing()
    with pytest.raises(PriceOutOfBounds):
        reprice(listing, minor)
    assert (listing.state, listing.price_minor) == ("live", 18_000)


# The purchase went back ----------------------------------------------------------------------------------------------


def give_back(purchase: Purchase) -> None:
    with unit_of_work():
        purchase.returned_on = clock.now().date()
        events.announce(PurchaseReturned(purchase.id, clock.now()))
    db.session.expire_all()


def purchase_of(listing: Listing) -> Purchase:
    assert listing.item.purchase is not None
    return listing.item.purchase


@pytest.mark.parametrize(
    "state",
    [
        ListingState.DRAFT,
        ListingState.SUBMITTED,
        ListingState.CHANGES_REQUESTED,
        ListingState.PRICE_PROPOSED,
        ListingState.LIVE,
        ListingState.PAUSED,
    ],
)
def test_a_returned_purchase_takes_its_open_listing_with_it(app: Flask, state: ListingState) -> None:
    listing = a_listing_in(state)
    give_back(purchase_of(listing))
    assert listing.state is ListingState.WITHDRAWN
    assert events.history(listing)[-1].actor_kind == "system"
    assert waiting_deadline(review.REVIEW, listing) is None
    assert rows_of(listing, "mail")[-1].request["message"] == "listing_withdrawn"


def test_a_piece_that_is_being_paid_for_goes_to_the_desk_instead(app: Flask) -> None:
    listing = a_listing_in(ListingState.HELD)
    give_back(purchase_of(listing))
    assert listing.state is ListingState.HELD
    (alarm,) = db.session.scalars(sa.select(Alarm)).all()
    assert (alarm.kind, alarm.subject_type, alarm.subject_id) == (
        AlarmKind.PURCHASE_RETURNED,
        "listings",
        listing.id,
    )


@pytest.mark.parametrize("state", [ListingState.DECLINED, ListingState.SOLD, ListingState.WITHDRAWN])
def test_what_is_over_stays_as_it_is(app: Flask, state: ListingState) -> None:
    listing = a_listing_in(state)
    give_back(purchase_of(listing))
    assert listing.state is state and db.session.scalars(sa.select(Alarm)).all() == []


def test_a_listing_whose_purchase_went_back_cannot_come_back_either(app: Flask) -> None:
    listing = a_submitted_listing()
    purchase = purchase_of(listing)
    give_back(purchase)
    with pytest.raises(eligibility.WasReturned), unit_of_work():
        starting.start_listing(purchase, 1, by=seller_of(listing), at=clock.now())


# Resuming and coming back --------------------------------------------------------------------------------------------


def test_a_suspended_seller_cannot_resume(app: Flask) -> None:
    listing = a_listing_in(ListingState.PAUSED)
    with unit_of_work():
        seller_of(listing).suspended_at = clock.now()
    with pytest.raises(eligibility.NotAMember), unit_of_work():
        repricing.resume(listing, by=seller_of(listing), at=clock.now())
    assert listing.state is ListingState.PAUSED


def test_a_piece_that_came_back_can_be_listed_anew(app: Flask) -> None:
    listing = moved(a_live_listing(), "hold", "sell")
    with unit_of_work():
        withdrawing.take_back(listing, by=SYSTEM, at=clock.now())
    with unit_of_work():
        second = starting.start_listing(purchase_of(listing), 1, by=seller_of(listing), at=clock.now())
    assert second.id != listing.id and second.state is ListingState.DRAFT


def test_staff_take_a_listing_out_with_a_reason_of_the_policy(app: Flask) -> None:
    listing = submitted(a_complete_draft())
    approve(listing)
    reviewer = an_account(roles=["reviewer"])  # type: ignore[list-item]
    with pytest.raises(review.NoReason), unit_of_work():
        withdrawing.remove(listing, "because", by=reviewer, at=clock.now())
    with unit_of_work():
        withdrawing.remove(listing, "altered", "Dyed.", by=reviewer, at=clock.now())
    assert listing.state is ListingState.REMOVED
    assert review.decision_words(listing).endswith("repaired outside our workshops. Dyed.")


@pytest.mark.rule("GAP-09")
def test_a_sale_that_came_to_nothing_leaves_the_piece_to_be_listed_again(app: Flask) -> None:
    listing = a_live_listing()
    order = paid(an_order(listing))
    with pytest.raises(eligibility.AlreadySold), unit_of_work():
        starting.start_listing(purchase_of(listing), 1, by=seller_of(listing), at=clock.now())
    with unit_of_work():
        refunding.cancel(order, reason=EndReason.SELLER_CANCELLED, by=seller_of(listing), at=clock.now())
    assert listing.state is ListingState.WITHDRAWN
    with unit_of_work():
        second = starting.start_listing(purchase_of(listing), 1, by=seller_of(listing), at=clock.now())
    assert second.item_id == listing.item_id and second.state is ListingState.DRAFT


def test_a_piece_that_was_lost_on_the_way_is_not_its_sellers_again(app: Flask) -> None:
    listing = a_live_listing()
    order = sent(paid(an_order(listing)))
    with unit_of_work():
        events.transition(order, "lose", by=SYSTEM, at=clock.now())
        refunding.refund_in_full(order, reason=EndReason.PARCEL_LOST, by=SYSTEM, at=clock.now())
    assert listing.state is ListingState.SOLD
