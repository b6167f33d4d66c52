"""A shopper's steps over HTTP: bag, checkout, the provider's page. And pieces to buy."""

from __future__ import annotations

from itertools import count
from typing import Any

import sqlalchemy as sa
from bs4 import Tag
from werkzeug.test import TestResponse

from marketplace import clock
from marketplace.catalogue.models import Style, StylePicture
from marketplace.database import db, unit_of_work
from marketplace.listings.finding import public_path
from marketplace.listings.models import Item, Listing
from marketplace.listings.states import ListingState
from marketplace.orders.models import Checkout, Order
from marketplace.people.models import Address, LoyaltyAccount, Person
from marketplace.programme import versions
from tests.web import Browser, page, post_form

VISA = "4242 4242 4242 4242"
ADDRESS = {
    "email": "grace@example.com",
    "name": "Grace Buyer",
    "line1": "350 Fifth Avenue",
    "city": "New York",
    "region": "NY",
    "postcode": "10118",
}

_numbers = count(500)


def member(name: str = "Ada Seller") -> Person:
    """A loyalty member with an account."""
    number = next(_numbers)
    email = f"member{number}@example.com"
    with unit_of_work():
        at = clock.now()
        account = LoyaltyAccount(number=f"VC{number}", email=email, joined_at=at)
        person = Person(
            email=email, name=name, is_account=True, email_verified_at=at, joined_at=at, loyalty_account=account
        )
        db.session.add(person)
    return person


def live_listing(seller: Person | None = None, *, price: int = 24_500, supply: bool = False, **more: Any) -> Listing:
    """A listing anyone can buy: of ``seller``, of a new member, or the brand's own."""
    number = next(_numbers)
    piece = {"title": "Marlow tote", "house": "Velorne", "category": "tote", "colour": "oxblood", "currency": "USD"}
    piece |= {key: more.pop(key) for key in list(more) if key in piece}
    owner = None if supply else seller or member()
    with unit_of_work():
        at = clock.now()
        picture = StylePicture(
            position=0, kind="front", key="photos/00/front", width=640, height=800, widths=[320, 640]
        )
        style = Style(number=f"S-{number}", list_price_minor=40_000, pictures=[picture], **piece)
        item = Item(style=style, owner=owner)
        address = None
        if owner is not None:
            address = Address(
                person_id=owner.id,
                name=owner.name,
                line1="77 Secret Garden Way",
                city="Portland",
                region="OR",
                postcode="97201",
                country="US",
            )
        listing = Listing(
            number=f"L{number:08d}",
            item=item,
            seller=owner,
            policy_version_id=versions.current().id,
            started_at=at,
            ships_from=address,
            **{
                "state": ListingState.LIVE,
                "live_at": at,
                "grade": "excellent",
                "price_minor": price,
                "approved_price_minor": price,
                "original_price_minor": 40_000,
                "search_text": f" {piece['title'].lower()} {piece['colour']}",
                **piece,
                **more,
            },
        )
        db.session.add(listing)
        db.session.flush()
    return listing


def put_in_bag(browser: Browser, *listings: Listing) -> None:
    for listing in listings:
        answer = post_form(browser, public_path(listing), "add-to-bag")
        assert answer.status_code == 303


def to_review(browser: Browser, *listings: Listing, **changes: Any) -> str:
    """Bag the pieces and give the address; returns the path of the review page."""
    put_in_bag(browser, *listings)
    answer = post_form(browser, "/checkout", "checkout", **{**ADDRESS, **changes})
    assert answer.status_code == 303, page(answer).get_text(" ", strip=True)[:500]
    return str(answer.location)


def to_payment(browser: Browser, *listings: Listing, **changes: Any) -> str:
    """Up to the provider's page; returns its path."""
    answer = post_form(browser, to_review(browser, *listings, **changes), "pay")
    assert answer.status_code == 303, answer.status
    return path_of(answer)


def path_of(answer: TestResponse) -> str:
    """The path an answer leads to, without the host."""
    return str(answer.location).removeprefix("http://localhost")


def pay(
    browser: Browser, payment_page: str, *, card: str = VISA, action: str = "pay", webhook: str = "send"
) -> TestResponse:
    """Press a button of the provider's page."""
    return post_form(browser, payment_page, "sandbox-pay", card=card, action=action, webhook=webhook)


def buy(browser: Browser, *listings: Listing, **changes: Any) -> list[Order]:
    """The whole way, paid; the jobs are left to the caller."""
    answer = pay(browser, to_payment(browser, *listings, **changes))
    assert answer.status_code == 303, answer.status
    return orders_of(checkout_of(path_of(answer)))


def checkout_of(path: str) -> Checkout:
    """The checkout a path speaks of."""
    number = path.split("/")[2]
    db.session.expire_all()
    return db.session.scalars(sa.select(Checkout).where(Checkout.number == number)).one()


def orders_of(checkout: Checkout) -> list[Order]:
    return list(db.session.scalars(sa.select(Order).where(Order.checkout_id == checkout.id).order_by(Order.id)))


def main_of(answer: TestResponse) -> Tag:
    """The page's main part."""
    found = page(answer).find("main")
    assert isinstance(found, Tag)
    return found


def words_of(answer: TestResponse) -> str:
    """What the page's main part says, on one line."""
    return main_of(answer).get_text(" ", strip=True)
