"""The way in, and the purchases: sell it, listed already, or why not."""

from __future__ import annotations

from datetime import timedelta

import pytest
from bs4 import Tag
from flask import Flask

from marketplace import clock
from marketplace.database import unit_of_work
from marketplace.listings.states import ListingState
from marketplace.people.models import Channel, Person
from tests.accounts import an_account
from tests.listings.pieces import a_listing_in, seller_of
from tests.programme.world import a_purchase
from tests.web import Browser, page


def signed_in(app: Flask, person: Person | None) -> Browser:
    browser = app.test_client()
    assert isinstance(browser, Browser)
    if person is not None:
        browser.sign_in_as(person)
    return browser


def rows(browser: Browser) -> dict[str, Tag]:
    """The purchases page, by the piece's title."""
    shown = page(browser.get("/sell/purchases"))
    return {row.h2.get_text(): row for row in shown.select("li.line") if row.h2}


@pytest.mark.rule("MK-02", "MK-03")
def test_whoever_is_no_member_is_told_so_and_how_to_become_one(app: Flask) -> None:
    person = an_account()
    with unit_of_work():
        person.loyalty_account_id = None
    for reader in (None, person):
        browser = signed_in(app, reader)
        shown = page(browser.get("/sell"))
        assert "Only members of Velorne Circle can sell here; anyone can shop." in shown.get_text(" ", strip=True)
        assert shown.main.find("a", href="/join") is not None
        assert shown.main.find("a", string="Choose from your purchases") is None
        assert browser.get("/sell/purchases").status_code == 303
    member = page(signed_in(app, an_account()).get("/sell"))
    assert member.main.find("a", href="/sell/purchases") is not None and member.main.find("a", href="/join") is None


@pytest.mark.rule("MK-16", "MK-24", "MK-25")
def test_the_way_in_says_what_can_be_sold_and_what_it_brings(app: Flask) -> None:
    words = page(signed_in(app, None).get("/sell")).main.get_text(" ", strip=True)
    assert "Handbags and small leather goods that you bought new on our site or in our stores" in words
    assert "you receive 80% of your price as a Velorne e-gift card" in words
    assert "as a guest on our site, or in a store without giving the e-mail" in words
    assert "current collection and core collection" in words


@pytest.mark.rule("MK-22", "MK-04")
def test_purchases_of_stores_and_of_the_site_are_all_there(app: Flask) -> None:
    member = an_account()
    a_purchase(member, title="From the site")
    a_purchase(member, title="From a store", channel=Channel.STORE, store="Fifth Avenue")
    a_purchase(an_account(), title="Somebody else's")
    found = rows(signed_in(app, member))
    assert set(found) == {"From the site, navy", "From a store, navy"}
    assert "Fifth Avenue" in found["From a store, navy"].get_text()
    for row in found.values():
        assert row.form is not None and row.form["action"].startswith("/sell/listings/new?purchase=")


@pytest.mark.rule("MK-07", "MK-24", "MK-25")
def test_what_cannot_be_sold_says_why_and_has_no_button(app: Flask) -> None:
    member = an_account()
    a_purchase(member, title="Coat", category="coat")
    a_purchase(member, title="Core tote", collection="core")
    a_purchase(member, title="Guest tote", loyalty_account_id=None)
    a_purchase(member, title="Returned tote", returned_on=clock.now().date())
    found = rows(signed_in(app, member))
    words = {
        "Coat, navy": "Clothing cannot be sold here.",
        "Core tote, navy": "core collection, which stays in our stores and cannot be listed at this time",
        "Guest tote, navy": "bought without your loyalty account, by guest checkout",
        "Returned tote, navy": "This was returned to the shop.",
    }
    for title, reason in words.items():
        assert reason in found[title].get_text(" ", strip=True)
        assert found[title].form is None


def test_each_piece_of_a_purchase_stands_by_itself(app: Flask) -> None:
    member = an_account()
    purchase = a_purchase(member, quantity=3)
    shown = page(signed_in(app, member).get("/sell/purchases"))
    ids = [form["id"] for form in shown.main.find_all("form")]
    assert ids == [f"start-listing-{purchase.id}-{unit}" for unit in (1, 2, 3)]
    assert "piece 2 of 3" in shown.main.get_text()


@pytest.mark.parametrize(
    ("state", "label"),
    [
        (ListingState.DRAFT, "Draft"),
        (ListingState.LIVE, "Live"),
        (ListingState.DECLINED, "Declined"),
        (ListingState.SOLD, "Sold"),
    ],
)
def test_what_is_listed_already_says_where_it_stands(app: Flask, state: ListingState, label: str) -> None:
    listing = a_listing_in(state)
    (row,) = rows(signed_in(app, seller_of(listing))).values()
    assert row.find(class_="tag").get_text() == label  # type: ignore[union-attr]
    assert row.form is None


def test_what_was_withdrawn_can_be_sold_again(app: Flask) -> None:
    listing = a_listing_in(ListingState.WITHDRAWN)
    (row,) = rows(signed_in(app, seller_of(listing))).values()
    assert row.form is not None and row.find(class_="tag") is None


def test_long_histories_come_in_pages(app: Flask) -> None:
    member = an_account()
    for number in range(27):
        a_purchase(member, title=f"Tote {number:02}", purchased_on=clock.now().date() - timedelta(days=number))
    browser = signed_in(app, member)
    first = page(browser.get("/sell/purchases"))
    older = first.find("a", rel="next")
    assert older is not None and len(first.select("li.line")) == 25
    second = page(browser.get(str(older["href"])))
    assert [row.h2.get_text() for row in second.select("li.line") if row.h2] == ["Tote 25, navy", "Tote 26, navy"]


def test_an_empty_history_says_so(app: Flask) -> None:
    assert "No purchases yet" in signed_in(app, an_account()).get("/sell/purchases").get_data(as_text=True)
