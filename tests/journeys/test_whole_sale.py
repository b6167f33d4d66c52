"""The whole story in a browser, from the purchase history to the gift card, with its jobs running beside it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from marketplace.jobs import runner
from marketplace.people.models import Role
from tests.accounts import an_account
from tests.books import assert_books_balance
from tests.journeys.steps import (
    ADDRESS,
    HOME,
    choose_photos,
    enter_code,
    fill,
    letter,
    link_in,
    path,
    press,
    send,
    sign_in,
    until_shown,
)
from tests.live import LiveShop
from tests.programme.world import a_purchase

if TYPE_CHECKING:
    from playwright.sync_api import Page

Browse = Callable[..., "Page"]


@pytest.mark.rule("MK-04", "MK-23", "MK-41")
@pytest.mark.parametrize(("width", "scripts"), [(1280, True), (360, False)], ids=["scripts-1280", "plain-360"])
def test_from_the_purchase_history_to_the_gift_card(
    live_shop: LiveShop, browse: Browse, tmp_path: Path, width: int, scripts: bool
) -> None:
    seller, reviewer = live_shop.run(_people)
    buyer_email = f"grace{width}@example.com"

    def visit() -> Page:
        return browse(width=width, scripts=scripts)

    at_sellers = visit()
    sign_in(at_sellers, seller)
    number = _list_a_piece(at_sellers, tmp_path, scripts=scripts)
    at_desk = visit()
    sign_in(at_desk, reviewer)
    _approve(at_desk, number)
    at_buyers = visit()
    order = _buy(at_buyers, live_shop, buyer_email)
    tracking = _download_the_label(at_sellers, order, tmp_path)
    _carry(visit(), tracking)
    _confirm(visit(), buyer_email, order)
    card = letter(at_sellers, seller, "gift_card_ready")
    assert "$144.00" in card["text"], card["text"]
    live_shop.run(runner.run_until_idle)
    assert_books_balance(live_shop.app)


def _people() -> tuple[str, str]:
    """The e-mails of a member with one purchase and of a reviewer."""
    seller, reviewer = an_account(name="Ada Quill"), an_account(roles=[Role.REVIEWER])
    emails = seller.email, reviewer.email
    a_purchase(seller)
    return emails


def _list_a_piece(page: Page, folder: Path, *, scripts: bool) -> str:
    """Through the wizard's five screens; returns the listing's number."""
    page.goto("/sell/purchases")
    press(page, "main", "form[id^=start-listing] button")
    send(page, "save-details", **HOME)
    send(page, "save-condition", grade="excellent", words="Carried twice.")
    choose_photos(page, folder, "front", "back", "inside", scripts=scripts)
    press(page, "photos")
    fill(page, "save-price", price="180")
    if scripts:
        assert page.locator("output").first.inner_text() == "$144.00"
    press(page, "save-price")
    assert "$144.00" in page.locator("main").inner_text()
    press(page, "submit-listing")
    main = page.locator("main")
    assert main.get_attribute("data-state") == "submitted"
    return str(main.get_attribute("data-id"))


def _approve(page: Page, number: str) -> None:
    assert path(page) == "/totp"
    enter_code(page)
    page.goto("/desk/review")
    page.get_by_role("link", name=number).click()
    press(page, "approve")
    page.goto(f"/desk/review/{number}")
    assert page.locator("main").get_attribute("data-state") == "live"


def _buy(page: Page, shop: LiveShop, email: str) -> str:
    """A guest, with a card that asks for 3-D Secure on the provider's own origin; returns the order's number."""
    page.goto("/")
    page.locator("main a[href^='/p/']").first.click()
    press(page, "add-to-bag")
    page.locator("main a[href='/checkout']").click()
    send(page, "checkout", email=email, **ADDRESS)
    total = page.locator("#pay button").inner_text().removeprefix("Pay ")
    press(page, "pay")
    assert page.url.startswith(shop.payment_url)
    fill(page, "sandbox-pay", card="4000 0027 6000 3184")
    press(page, "sandbox-pay", "button[value=pay]")
    press(page, "sandbox-pay", "button[value=yes]")
    assert page.url.startswith(shop.url)
    until_shown(page, "Thank you")
    assert total in page.locator("main").inner_text()
    page.locator("main a[href^='/orders/']").first.click()
    return str(page.locator("main").get_attribute("data-id"))


def _download_the_label(page: Page, order: str, folder: Path) -> str:
    """As soon as the carrier has made it; returns the tracking number."""
    page.goto(f"/sell/sales/{order}")
    until_shown(page, "Pack it and hand it over")
    with page.expect_download() as begun:
        page.locator(f"main a[href='/sell/sales/{order}/label.pdf']").first.click()
    begun.value.save_as(folder / "label.pdf")
    assert (folder / "label.pdf").read_bytes().startswith(b"%PDF")
    page.goto("/sandbox/parcels")
    return page.locator("main a[href^='/sandbox/parcels/']").first.inner_text()


def _carry(page: Page, tracking: str) -> None:
    """The carrier accepts and delivers."""
    page.goto(f"/sandbox/parcels/{tracking}")
    for action in ("scan", "deliver"):
        press(page, "parcel", f"button[value={action}]")
        assert "The shop answered 200" in page.locator("main").inner_text()


def _confirm(page: Page, email: str, order: str) -> None:
    """On another device, through the link in the mail alone."""
    mail = letter(page, email, "delivered")
    page.goto(link_in(mail["text"], "/orders/link/"))
    assert path(page) == f"/orders/{order}"
    send(page, "confirm-order", stars="5", words="Just as described.")
    until_shown(page, "final")
    assert page.locator("main").get_attribute("data-state") in ("confirmed", "settled")
