"""Fields that a form does not have: ignored, on every form there is (fault P05)."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from flask import Flask

from marketplace.database import db
from marketplace.listings.models import Item, Listing
from marketplace.listings.states import ListingState
from marketplace.orders.models import Checkout, Order
from marketplace.people.models import Person, StaffRole
from tests.accounts import PASSWORD, an_account, link_in, mail_to
from tests.programme import world as shop
from tests.shopping import ADDRESS, live_listing, put_in_bag
from tests.web import Browser, post_form

EXTRA = {
    "id": "1",
    "state": "live",
    "status": "live",
    "price_minor": "1",
    "approved_price_minor": "1",
    "total_minor": "1",
    "tax_minor": "0",
    "owner_id": "1",
    "seller_id": "1",
    "buyer_id": "1",
    "person_id": "1",
    "is_staff": "1",
    "roles": "manager",
    "role": "manager",
    "credit": "99999",
    "loyalty_account_id": "1",
    "email_verified_at": "2026-01-01T00:00:00Z",
    "suspended_at": "",
    "policy_version_id": "99",
    "paid_at": "2026-01-01T00:00:00Z",
    "number": "L00000000",
}


@pytest.mark.fault("P05")
def test_a_person_gives_herself_no_role_and_no_proof(client: Browser, run_jobs: Callable[[], int]) -> None:
    assert post_form(client, "/join", "join", email="eve@example.com", **EXTRA).status_code == 303
    run_jobs()
    [letter] = mail_to("eve@example.com")
    typed = {"name": "Eve", "password": "a long enough phrase", **EXTRA}
    assert post_form(client, link_in(letter), "finish-joining", **typed).status_code == 303
    eve = db.session.scalars(sa.select(Person).where(Person.email == "eve@example.com")).one()
    assert not eve.is_staff
    before = (eve.loyalty_account_id, eve.email)
    more = {**EXTRA, "email": "root@example.com"}
    assert post_form(client, "/account/name", "rename", name="Eve Adams", **more).status_code == 303
    db.session.expire_all()
    assert (eve.name, eve.loyalty_account_id, eve.email) == ("Eve Adams", *before)
    assert db.session.scalars(sa.select(StaffRole)).all() == []


@pytest.mark.fault("P05")
def test_a_seller_sets_her_price_and_nothing_else(app: Flask, client: Browser) -> None:
    other = an_account()
    draft = shop.graded(shop.a_draft(), "good")
    seller = draft.seller
    assert seller is not None
    client.sign_in_as(seller)
    extra = {**EXTRA, "seller_id": str(other.id), "owner_id": str(other.id)}
    path = f"/sell/listings/{draft.number}/price"
    assert post_form(client, path, "save-price", price="150", **extra).status_code == 303
    path = f"/sell/listings/{draft.number}/condition"
    assert post_form(client, path, "save-condition", grade="good", words="Kept.", **extra).status_code == 303
    db.session.expire_all()
    listing = db.session.get_one(Listing, draft.id)
    assert (listing.state, listing.seller_id, listing.price_minor) == (ListingState.DRAFT, seller.id, 15_000)
    assert (listing.approved_price_minor, listing.live_at, listing.number) == (None, None, draft.number)
    assert db.session.get_one(Item, listing.item_id).owner_id == seller.id


@pytest.mark.fault("P05")
def test_a_buyer_pays_what_was_shown(app: Flask, client: Browser) -> None:
    listing = live_listing(price=24_500)
    put_in_bag(client, listing)
    answer = post_form(client, "/checkout", "checkout", **{**ADDRESS, **EXTRA, "price": "1", "amount": "1"})
    assert answer.status_code == 303
    assert post_form(client, answer.location, "pay", **EXTRA, amount="1", total="1").status_code == 303
    checkout = db.session.scalars(sa.select(Checkout)).one()
    order = db.session.scalars(sa.select(Order)).one()
    assert order.price.minor == 24_500
    assert checkout.total.minor == order.total.minor > 24_500
    assert order.paid_at is None
    assert checkout.buyer.email == ADDRESS["email"]


@pytest.mark.fault("P05")
def test_signing_in_with_extra_fields_is_signing_in(client: Browser) -> None:
    person = an_account()
    post_form(client, "/sign-in", "sign-in", email=person.email, password=PASSWORD, remember="9", **EXTRA)
    assert client.get("/account").status_code == 200
    assert client.get("/desk").status_code == 404
