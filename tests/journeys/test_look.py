"""How pages stand up in a real browser: no accessibility violation, nothing sticks out, errors are said and kept."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from marketplace.database import db
from marketplace.listings.finding import public_path
from marketplace.people.models import Person, Role
from tests.accounts import an_account
from tests.journeys import figures
from tests.journeys.steps import ADDRESS, press, send
from tests.live import LiveShop
from tests.programme import world

if TYPE_CHECKING:
    from playwright.sync_api import Page

Browse = Callable[..., "Page"]


@pytest.fixture
def addresses(live_shop: LiveShop) -> dict[str, list[str]]:
    """The pages of a guest, a seller, a buyer and the desk, by who opens them: an e-mail, or none."""
    known: dict[str, list[str]] | None = live_shop.app.extensions.get("pages to look at")
    if known is None:
        known = live_shop.run(_pages)
        live_shop.app.extensions["pages to look at"] = known
    return known


def _pages() -> dict[str, list[str]]:
    listing = world.a_live_listing()
    for _ in range(3):
        world.a_live_listing()
    assert listing.seller is not None
    seller = listing.seller
    order = world.delivered(world.paid(world.an_order(world.a_live_listing())))
    sale = world.paid(world.an_order(world.a_live_listing()))
    waiting = world.submitted(world.a_complete_draft())
    draft = world.graded(world.a_draft(seller), "good")
    world.a_flaw(draft, "exterior", "scratch", "light")
    staff = an_account(roles=[Role.AGENT, Role.REVIEWER, Role.WAREHOUSE])
    step = f"/sell/listings/{draft.number}"
    return {
        "": [
            *("/", "/shop", "/shop/tote", "/search?q=zzz", public_path(listing), "/bag", "/sell", "/sign-in", "/join"),
            *("/track", "/help", "/terms", "/condition", "/how-it-works", "/nothing", "/styleguide"),
        ],
        seller.email: [
            *("/sell/purchases", f"{step}/details", f"{step}/condition", f"{step}/photos", f"{step}/price"),
            *(f"{step}/check", "/sell/wardrobe", f"/sell/wardrobe/{listing.number}", "/account", "/account/credit"),
        ],
        order.checkout.buyer.email: [f"/orders/{order.number}", "/account/orders"],
        sale.seller.email if sale.seller else "": [f"/sell/sales/{sale.number}", "/sell/sales"],
        staff.email: [
            *("/desk", "/desk/review", f"/desk/review/{waiting.number}", "/desk/orders", "/desk/supply"),
            *(f"/desk/orders/{order.number}", "/desk/gift-cards", "/desk/people"),
        ],
    }


def _person(shop: LiveShop, email: str) -> Any:
    return shop.run(lambda: db.session.scalars(db.select(Person).where(Person.email == email)).one()) if email else None


@pytest.mark.timeout(400)
@pytest.mark.parametrize("who", ["guest", "seller", "buyer", "sale", "desk"])
def test_every_page_keeps_the_figures(
    live_shop: LiveShop, browse: Browse, addresses: dict[str, list[str]], who: str
) -> None:
    """In English; the seller's own pages, the buyer's order and the desk with a case of each kind among them."""
    email, paths = list(addresses.items())[["guest", "seller", "buyer", "sale", "desk"].index(who)]
    page = browse(person=_person(live_shop, email))
    found = {path: list(figures.faults(page, path, live_shop)) for path in paths}
    assert {path: faults for path, faults in found.items() if faults} == {}


def test_the_first_photo_is_in_the_first_screen_of_a_phone(
    live_shop: LiveShop, browse: Browse, addresses: dict[str, list[str]]
) -> None:
    page = browse(width=360)
    page.set_viewport_size({"width": 360, "height": 740})
    for path in ("/", "/shop", "/shop/tote", addresses[""][4]):
        page.goto(path)
        box = page.locator("main img").first.bounding_box()
        assert box is not None
        assert box["y"] + min(box["height"], 120) < 740, f"{path}: the first photo begins at {box['y']}"


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "plain"])
def test_an_error_is_in_the_title_takes_the_focus_and_keeps_what_was_typed(
    live_shop: LiveShop, browse: Browse, addresses: dict[str, list[str]], scripts: bool
) -> None:
    page = browse(width=360, scripts=scripts)
    page.goto(addresses[""][4])
    press(page, "add-to-bag")
    page.goto("/checkout")
    send(page, "checkout", email="grace@example.com", **{**ADDRESS, "postcode": "90210"})
    assert page.title().startswith("Error: ")
    summary = page.locator(".error-summary")
    assert summary.evaluate("it => it === document.activeElement")
    assert page.locator("#checkout [name=line1]").input_value() == ADDRESS["line1"]
    summary.locator("a").first.click()
    target = page.evaluate("location.hash.slice(1)")
    assert page.locator(f"#{target}").evaluate("it => it === document.activeElement")
    assert summary.locator("a").first.inner_text() in page.locator(f"#{target}-error").inner_text()


def test_the_same_address_says_the_same_with_and_without_scripts(
    live_shop: LiveShop, browse: Browse, addresses: dict[str, list[str]]
) -> None:
    """But for the button that copies a link, which a page without scripts has no use for."""
    with_scripts, without = browse(), browse(scripts=False)
    for path in addresses[""]:
        said = []
        for page in (with_scripts, without):
            page.goto(path)
            page.locator("[data-copy]").evaluate_all("buttons => buttons.forEach(button => { button.hidden = true })")
            said.append(page.locator("main").inner_text())
        assert said[0] == said[1], path
