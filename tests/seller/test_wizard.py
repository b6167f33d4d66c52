"""From the purchase history to a submitted listing, as a member does it in a browser without scripts."""

from __future__ import annotations

import io
from typing import Any

import pytest
import sqlalchemy as sa

from marketplace.database import db
from marketplace.listings.models import Listing
from marketplace.listings.states import ListingState
from marketplace.people.models import Person
from tests.accounts import an_account
from tests.photos import phone_photo
from tests.programme.world import a_purchase
from tests.web import Browser, page, post_form

ADDRESS = {"line1": "14 Hudson Street", "postcode": "10013", "city": "New York", "region": "NY"}


def the_listing() -> Listing:
    return db.session.scalars(sa.select(Listing)).one()


def photo(seed: int = 1) -> Any:
    return (io.BytesIO(phone_photo(seed)), f"IMG_{seed}.jpg")


@pytest.fixture
def member(app: Any) -> Person:
    return an_account()


@pytest.fixture
def browser(client: Browser, member: Person) -> Browser:
    client.sign_in_as(member)
    return client


def begin(browser: Browser, member: Person, **purchase: Any) -> str:
    """Start from the purchases page; returns the listing's address."""
    bought = a_purchase(member, **purchase)
    answer = post_form(browser, "/sell/purchases", f"start-listing-{bought.id}-1")
    assert answer.status_code == 303, answer.get_data(as_text=True)
    return f"/sell/listings/{the_listing().number}"


@pytest.mark.rule("MK-04", "MK-23", "MK-28")
def test_a_piece_goes_from_the_purchases_to_review_in_six_screens(browser: Browser, member: Person) -> None:
    at = begin(browser, member)
    assert post_form(browser, f"{at}/details", "save-details", includes=["dust_bag"], **ADDRESS).status_code == 303
    assert (
        post_form(browser, f"{at}/condition", "save-condition", grade="excellent", words="Carried twice.").location
        == f"{at}/photos"
    )
    sent = {slot: photo(seed) for seed, slot in enumerate(("front", "back", "inside"), 1)}
    assert post_form(browser, f"{at}/photos", "photos", **sent).location == f"{at}/price"
    assert post_form(browser, f"{at}/price", "save-price", price="180").location == f"{at}/check"
    done = post_form(browser, f"{at}/check", "submit-listing")
    assert done.location == f"/sell/wardrobe/{the_listing().number}"
    listing = the_listing()
    assert (listing.state, listing.price_minor, listing.grade) == (ListingState.SUBMITTED, 18_000, "excellent")
    assert listing.includes == ["dust_bag"] and listing.words == "Carried twice."
    assert [one.slot for one in listing.photos] == ["front", "back", "inside"]
    shown = page(browser.get(done.location))
    assert shown.main["data-state"] == "submitted" and shown.main["data-id"] == listing.number
