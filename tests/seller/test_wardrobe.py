"""A member's wardrobe: what to do first, what each listing's next step is, and every verb on a listing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from bs4 import Tag
from flask import Flask

from marketplace import clock
from marketplace.database import unit_of_work
from marketplace.jobs import runner
from marketplace.listings.finding import public_path
from marketplace.listings.models import Listing
from marketplace.listings.states import ListingState
from marketplace.orders import settling
from marketplace.presentation import deadline
from marketplace.programme import versions
from tests.accounts import an_account
from tests.listings.pieces import a_listing_in, decline, propose, seller_of
from tests.programme.policies import changed
from tests.programme.world import (
    a_complete_draft,
    a_draft,
    a_live_listing,
    an_order,
    delivered,
    paid,
    submitted,
)
from tests.web import Browser, page, post_form


def as_seller(app: Flask, listing: Listing) -> Browser:
    browser = app.test_client()
    assert isinstance(browser, Browser)
    browser.sign_in_as(seller_of(listing))
    return browser


def own_page(listing: Listing) -> str:
    return f"/sell/wardrobe/{listing.number}"


def forms(browser: Browser, address: str) -> set[str]:
    return {form["id"] for form in page(browser.get(address)).main.find_all("form")}


FORMS = {
    ListingState.SUBMITTED: {"withdraw"},
    ListingState.PRICE_PROPOSED: {"accept-price", "refuse-price", "withdraw"},
    ListingState.LIVE: {"reprice", "pause", "withdraw"},
    ListingState.PAUSED: {"reprice", "resume", "withdraw"},
    ListingState.HELD: set(),
    ListingState.SOLD: set(),
    ListingState.DECLINED: set(),
    ListingState.WITHDRAWN: set(),
    ListingState.REMOVED: set(),
    ListingState.DRAFT: {"withdraw"},
    ListingState.CHANGES_REQUESTED: {"withdraw"},
}


@pytest.mark.parametrize("state", list(ListingState))
def test_a_listing_offers_what_can_be_done_with_it_and_nothing_else(app: Flask, state: ListingState) -> None:
    listing = a_listing_in(state)
    browser = as_seller(app, listing)
    assert forms(browser, own_page(listing)) == FORMS[state]
    shown = page(browser.get(own_page(listing)))
    assert (shown.main["data-id"], shown.main["data-state"]) == (listing.number, state.value)
    assert browser.get("/sell/wardrobe").status_code == 200


@pytest.mark.rule("MK-33")
@pytest.mark.parametrize("state", list(ListingState))
def test_there_is_a_link_to_share_only_while_it_is_live(app: Flask, state: ListingState) -> None:
    listing = a_listing_in(state)
    browser = as_seller(app, listing)
    for address in ("/sell/wardrobe", own_page(listing)):
        shown = page(browser.get(address))
        shared = [button["data-copy"] for button in shown.find_all(attrs={"data-copy": True})]
        assert shared == ([f"http://localhost{public_path(listing)}"] if state is ListingState.LIVE else [])
    is_there = app.test_client().get(public_path(listing)).status_code
    assert is_there == (200 if state in (ListingState.LIVE, ListingState.HELD, ListingState.SOLD) else 404)


def test_what_waits_for_the_seller_comes_first(app: Flask) -> None:
    listing = a_live_listing()
    order = paid(an_order(listing))
    seller = seller_of(listing)
    draft = a_draft(seller)
    shown = page(as_seller(app, listing).get("/sell/wardrobe"))
    tasks = shown.select(".todo li")
    assert [task.b.get_text() for task in tasks if task.b] == ["Ship: Marlow tote", "Draft: Marlow tote"]
    assert order.ship_by_at is not None and deadline(order.ship_by_at) in tasks[0].get_text()
    assert [task.a["href"] for task in tasks if task.a] == [
        f"/sell/sales/{order.number}",
        f"/sell/listings/{draft.number}/details",
    ]


def test_nothing_to_do_is_said(app: Flask) -> None:
    browser = app.test_client()
    assert isinstance(browser, Browser)
    browser.sign_in_as(an_account())
    words = page(browser.get("/sell/wardrobe")).main.get_text(" ", strip=True)
    assert "Nothing to do right now." in words and "Nothing listed yet" in words


def test_the_money_is_on_its_way_and_then_received(app: Flask) -> None:
    listing = a_live_listing()
    order = delivered(paid(an_order(listing)))
    browser = as_seller(app, listing)
    money = page(browser.get("/sell/wardrobe")).select(".facts dd")
    assert order.window_closes_at is not None
    assert money[0].get_text(" ", strip=True).startswith("$144.00")
    assert money[0].time is not None and "once its buyer has confirmed" in money[0].get_text()
    assert [part.get_text(strip=True) for part in money[1:]] == ["$0.00", "$144.00"]
    [waits] = page(browser.get("/sell/wardrobe")).select("#waiting li")
    assert f"{order.as_sold['title']}: $144.00 · Delivered. The buyer is looking it over · by" in words_in(waits)
    with unit_of_work():
        settling.confirm(order, stars=5, words="", by=order.checkout.buyer, at=clock.now())
    [waits] = page(browser.get("/sell/wardrobe")).select("#waiting li")
    assert "$144.00 · Due · by" in words_in(waits)  # settled, and not yet in her hands
    runner.run_until_idle()
    shown = page(browser.get("/sell/wardrobe"))
    assert shown.select("#waiting") == []
    assert [words_in(part) for part in shown.select(".facts dd")] == [
        "$0.00",
        "$144.00 · 1 gift card",
        "$144.00",
    ]


def words_in(element: Tag) -> str:
    return " ".join(element.get_text(" ").split()).replace(" :", ":")


# Verbs ---------------------------------------------------------------------------------------------------------------


def test_a_live_listing_is_paused_resumed_and_withdrawn(app: Flask) -> None:
    listing = a_live_listing()
    browser = as_seller(app, listing)
    for verb, state in (("pause", "paused"), ("resume", "live"), ("withdraw", "withdrawn")):
        answer = post_form(browser, own_page(listing), verb)
        assert (answer.status_code, answer.location) == (303, own_page(listing))
        assert listing.state == state


def test_the_price_is_lowered_at_once_and_raised_through_review(app: Flask, advance: Callable[..., datetime]) -> None:
    listing = a_live_listing()
    advance(hours=1)
    browser = as_seller(app, listing)
    assert post_form(browser, own_page(listing), "reprice", price="150").status_code == 303
    assert (listing.state, listing.price_minor) == ("live", 15_000)
    answer = post_form(browser, own_page(listing), "reprice", price="cheap")
    assert answer.status_code == 422 and page(answer).find(id="price-error") is not None
    answer = post_form(browser, own_page(listing), "reprice", price="1")
    assert answer.status_code == 422 and "from $20 to $5,000" in answer.get_data(as_text=True)
    assert (listing.state, listing.price_minor) == ("live", 15_000)
    assert post_form(browser, own_page(listing), "reprice", price="200").status_code == 303
    assert (listing.state, listing.price_minor) == ("submitted", 20_000)


@pytest.mark.rule("GAP-06", "MK-13")
def test_a_proposed_price_is_shown_with_what_she_would_receive_and_answered(app: Flask) -> None:
    listing = submitted(a_complete_draft())
    propose(listing, 15_000)
    browser = as_seller(app, listing)
    words = page(browser.get(own_page(listing))).main.get_text(" ", strip=True)
    assert "We propose $150.00; you would receive $120.00." in words
    assert app.test_client().get(public_path(listing)).status_code == 404
    assert post_form(browser, own_page(listing), "accept-price").status_code == 303
    assert (listing.state, listing.price_minor) == ("live", 15_000)


def test_another_price_than_the_proposed_one_leads_back_to_the_price(app: Flask) -> None:
    listing = submitted(a_complete_draft())
    propose(listing, 15_000)
    answer = post_form(as_seller(app, listing), own_page(listing), "refuse-price")
    assert answer.location == f"/sell/listings/{listing.number}/price"
    assert (listing.state, listing.price_minor) == ("changes_requested", 18_000)


@pytest.mark.rule("MK-67")
def test_a_declined_listing_says_why_and_where_to_ask(app: Flask) -> None:
    listing = submitted(a_complete_draft())
    decline(listing, "altered")
    words = page(as_seller(app, listing).get(own_page(listing))).main.get_text(" ", strip=True)
    assert "repaired outside our workshops" in words and "care@velorne.example" in words


@pytest.mark.rule("MK-08")
def test_a_listing_in_review_says_by_when_and_what_if_not(app: Flask) -> None:
    listing = submitted(a_complete_draft())
    assert listing.review_due_at is not None and listing.submitted_at is not None
    assert timedelta(days=1) < listing.review_due_at - listing.submitted_at < timedelta(days=7)
    words = page(as_seller(app, listing).get(own_page(listing))).main.get_text(" ", strip=True)
    assert f"reviews it by {deadline(listing.review_due_at)}. If we are late, we tell you the new date." in words


@pytest.mark.rule("GAP-18")
def test_a_listing_links_to_the_terms_it_was_made_under(app: Flask) -> None:
    listing = a_live_listing()
    number = versions.published(listing.policy_version_id).number
    with unit_of_work():
        versions.publish(changed({"payout.payout_basis_points": 5_000}), at=clock.now())
    shown = page(as_seller(app, listing).get(own_page(listing)))
    assert shown.main.find("a", href=f"/terms/{number}") is not None
    assert shown.find("output")["data-share"] == "8000"  # type: ignore[index]
