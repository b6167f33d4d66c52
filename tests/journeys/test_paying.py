"""Paying, as browsers do it: twice at once, with the back button, in two windows."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa

from marketplace.database import db
from marketplace.jobs import runner
from marketplace.listings.finding import public_path
from marketplace.orders.models import Order
from tests.books import assert_books_balance
from tests.journeys.steps import ADDRESS, PATIENCE, fill, path, press, send, until_shown
from tests.live import LiveShop
from tests.shopping import live_listing

if TYPE_CHECKING:
    from playwright.sync_api import Page

Browse = Callable[..., "Page"]


def a_piece(shop: LiveShop) -> str:
    """The address of a piece for sale."""
    return shop.run(lambda: public_path(live_listing()))  # type: ignore[no-any-return]


def to_review(page: Page, piece: str, email: str) -> str:
    """Bag and address; returns the path of the review page."""
    page.goto(piece)
    press(page, "add-to-bag")
    page.goto("/checkout")
    send(page, "checkout", email=email, **ADDRESS)
    return path(page)


def sold(shop: LiveShop, piece: str) -> list[Any]:
    """The paid orders of a piece."""

    def look() -> list[Any]:
        runner.run_until_idle()
        number = piece.rpartition("-")[2]
        orders = db.session.scalars(sa.select(Order).where(Order.paid_at.is_not(None))).all()
        return [order.number for order in orders if order.listing.number == number]

    return shop.run(look)  # type: ignore[no-any-return]


@pytest.mark.fault("B02")
def test_two_browsers_pay_for_one_piece(live_shop: LiveShop, browse: Browse) -> None:
    piece = a_piece(live_shop)
    one, two = browse(), browse(width=360, scripts=False)
    reviews = [to_review(page, piece, f"buyer{number}@example.com") for number, page in enumerate((one, two))]
    press(one, "pay")
    assert one.url.startswith(live_shop.payment_url)
    press(two, "pay")
    assert path(two) == f"{reviews[1]}/pay"
    refusal = two.locator("main").inner_text()
    assert "Nothing was charged" in refusal
    press(one, "sandbox-pay", "button[value=pay]")
    until_shown(one, "Thank you")
    assert len(sold(live_shop, piece)) == 1
    assert_books_balance(live_shop.app)


@pytest.mark.fault("B01")
def test_a_double_click_and_the_back_button_charge_once(live_shop: LiveShop, browse: Browse) -> None:
    piece = a_piece(live_shop)
    page = browse()
    review = to_review(page, piece, "twice@example.com")
    page.locator("#pay button").dblclick(no_wait_after=True)
    until = time.monotonic() + PATIENCE  # the second click may cut off the way that the first one took
    while not page.url.startswith(live_shop.payment_url):
        assert time.monotonic() < until, page.url
        page.wait_for_timeout(50)
    page.wait_for_load_state()
    payment = page.url
    page.goto(live_shop.url + review)
    press(page, "pay")
    assert page.url == payment, "the same payment page, not a second one"
    press(page, "sandbox-pay", "button[value=pay]")
    until_shown(page, "Thank you")
    page.go_back()
    page.go_back()
    page.goto(live_shop.url + review)
    assert "Thank you" in page.locator("main").inner_text()
    page.goto(payment)
    assert page.locator("#sandbox-pay").count() == 0, "the provider's page is over"

    assert len(sold(live_shop, piece)) == 1


def test_a_declined_card_and_a_cancelled_page_lose_nothing(live_shop: LiveShop, browse: Browse) -> None:
    piece = a_piece(live_shop)
    page = browse(width=360, scripts=False)
    to_review(page, piece, "again@example.com")
    press(page, "pay")
    fill(page, "sandbox-pay", card="4000 0000 0000 0002")
    press(page, "sandbox-pay", "button[value=pay]")
    assert "Your card was declined" in page.locator("main").inner_text()
    press(page, "sandbox-pay", "button[value=cancel]")
    assert page.url.startswith(live_shop.url)
    press(page, "pay")
    press(page, "sandbox-pay", "button[value=pay]")
    until_shown(page, "Thank you")
    assert len(sold(live_shop, piece)) == 1


def test_a_purchase_by_keyboard_alone_takes_sixty_keys(live_shop: LiveShop, browse: Browse) -> None:
    """From the piece's page to the thanks, with an address the browser fills in; no mouse is touched."""
    page, keys = browse(), 0

    def to(target: str) -> None:
        nonlocal keys
        for key in ("Tab", "Enter"):  # past the navigation
            page.keyboard.press(key)
        keys += 2
        while not page.evaluate("target => document.activeElement.matches(target)", target):
            page.keyboard.press("Tab")
            keys += 1
            assert keys <= 60, f"{target} was not reached: {page.evaluate('document.activeElement.outerHTML')[:200]}"

    def enter() -> None:
        nonlocal keys
        with page.expect_navigation():
            page.keyboard.press("Enter")
        keys += 1

    page.goto(a_piece(live_shop))
    to("#add-to-bag button")
    enter()
    to("main a.button--filled")
    enter()
    fill(page, "checkout", email="keys@example.com", **ADDRESS)
    page.evaluate("document.activeElement.blur()")
    to("#checkout button")
    enter()
    to("#pay button")
    enter()
    to("#sandbox-pay button[value=pay]")
    enter()
    until_shown(page, "Thank you")
    assert keys <= 60
