"""How pages stand up in a real browser: no accessibility violation, nothing sticks out, errors are said and kept."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from marketplace import clock
from marketplace.database import db, unit_of_work
from marketplace.disputes import opening
from marketplace.disputes.opening import Report
from marketplace.disputes.states import Kind, Wish
from marketplace.listings.finding import public_path
from marketplace.people.models import Person, Role
from marketplace.programme import Policy, versions
from tests.accounts import an_account
from tests.journeys import figures
from tests.journeys.steps import ADDRESS, press, send
from tests.languages.pseudo import offering, speak
from tests.live import LiveShop
from tests.programme import world
from tests.programme.policies import changed
from tests.shopping import live_listing

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
    [contested] = world.a_checkout([world.a_live_listing()], buyer=order.buyer)
    contested = world.delivered(world.paid(contested))
    with unit_of_work():
        report = Report(Kind.CONDITION, Wish.RETURN, "The corners are worn.", ("corners",))
        case = opening.open_dispute(contested, report, by=contested.buyer, at=clock.now())
    sale = world.paid(world.an_order(world.a_live_listing()))
    waiting = world.submitted(world.a_complete_draft())
    draft = world.graded(world.a_draft(seller), "good")
    world.a_flaw(draft, "exterior", "scratch", "light")
    staff = an_account(roles=[Role.MANAGER])
    step = f"/sell/listings/{draft.number}"
    return {
        "": [
            *("/", "/shop", "/shop/tote", "/search?q=zzz", public_path(listing), "/bag", "/sell", "/sign-in", "/join"),
            *("/track", "/help", "/terms", "/condition", "/how-it-works", "/nothing", "/styleguide"),
        ],
        seller.email: [
            *("/sell/purchases", f"{step}/details", f"{step}/condition", f"{step}/photos", f"{step}/price"),
            *(f"{step}/check", "/sell/wardrobe", f"/sell/wardrobe/{listing.number}", "/account", "/account/credit"),
            *("/sell", "/sell/payouts"),
        ],
        order.checkout.buyer.email: [
            *(f"/orders/{order.number}", "/account/orders", f"/disputes/{case.number}"),
            *(f"/orders/{order.number}/problem", f"/account/offers/new/{listing.number}"),
        ],
        sale.seller.email if sale.seller else "": [f"/sell/sales/{sale.number}", "/sell/sales"],
        staff.email: [
            *("/desk", "/desk/review", f"/desk/review/{waiting.number}", "/desk/orders", "/desk/supply"),
            *(f"/desk/orders/{order.number}", "/desk/gift-cards", "/desk/people", "/desk/disputes"),
            *(f"/desk/disputes/{case.number}", "/desk/chargebacks", "/desk/reports", "/desk/payouts", "/desk/find"),
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


def test_a_photo_is_enlarged_by_keyboard_with_and_without_scripts(
    live_shop: LiveShop, browse: Browse, addresses: dict[str, list[str]]
) -> None:
    for scripts in (True, False):
        page = browse(width=360, scripts=scripts)
        page.goto(addresses[""][4])
        enlarge, zoom = page.locator(".photo__enlarge").first, page.locator(".zoom").first
        assert not zoom.is_visible()
        enlarge.focus()
        page.keyboard.press("Enter")
        assert zoom.is_visible()
        assert zoom.locator(".zoom__close").evaluate("button => button === document.activeElement")
        knows = page.evaluate(
            "CSS.supports('scroll-initial-target', 'nearest')"
        )  # not every browser opens at the middle
        assert zoom.locator(".zoom__pane").evaluate("pane => pane.scrollLeft > 0") is knows
        page.keyboard.press("Escape")
        assert not zoom.is_visible()
        assert enlarge.evaluate("button => button === document.activeElement")


def test_an_error_is_in_the_title_takes_the_focus_and_keeps_what_was_typed(
    live_shop: LiveShop, browse: Browse, addresses: dict[str, list[str]]
) -> None:
    page = browse(width=360, scripts=False)
    page.goto(addresses[""][4])
    press(page, "add-to-bag")
    page.goto("/checkout")
    send(page, "checkout", email="grace@example.com", **{**ADDRESS, "postcode": "90210"})
    _says_what_is_wrong(page)
    assert page.locator("#checkout [name=line1]").input_value() == ADDRESS["line1"]


# Each form that asks for something, by whom and where it is found, and what is typed into it; the rest stays empty.
FORMS: list[tuple[str, str, str, dict[str, str]]] = [
    ("guest", "/sign-in", "sign-in", {"email": "ada@example.com"}),
    ("guest", "/join", "join", {}),
    ("guest", "/track", "track", {"email": "ada@example.com"}),
    ("guest", "/reset", "reset", {}),
    ("guest", "/sign-in/link", "sign-in-link", {}),
    ("seller", "/account/name", "rename", {"name": ""}),
    ("seller", "/account/password", "change-password", {"current": "not the one"}),
    ("seller", "/account/email", "change-email", {}),
    ("seller", "/account/address", "ship-from", {"name": "Ada Quill", "postcode": "1"}),
    ("seller", "/details", "save-details", {"line1": "14 Hudson Street", "postcode": "1"}),
    ("seller", "/condition", "add-flaw", {"note": "front right corner"}),
    ("seller", "/price", "save-price", {"price": "a lot"}),
    ("seller", "/sell/wardrobe/L", "reprice", {"price": "a lot"}),
    ("buyer", "/problem", "report-problem", {"words": "The corner is worn."}),
    ("buyer", "/account/offers/new/", "make-offer", {"price": "a lot"}),
    ("buyer", "/orders/R", "confirm-order", {"words": "Just as described."}),
]


def test_every_form_says_what_is_wrong_in_the_same_way(
    live_shop: LiveShop, browse: Browse, addresses: dict[str, list[str]]
) -> None:
    """Values typed are kept, but for passwords, which are typed anew."""
    _guest, (seller, hers), (buyer, theirs), *_others = addresses.items()
    visitors = {
        "guest": browse(width=360),
        "seller": browse(width=360, person=_person(live_shop, seller)),
        "buyer": browse(width=360, person=_person(live_shop, buyer)),
    }
    for who, path, form, typed in FORMS:
        page = visitors[who]
        page.goto(next((address for address in (*hers, *theirs) if path in address), path))
        page.locator("details:not([open])").evaluate_all("all => all.forEach(it => { it.open = true })")
        send(page, form, **typed)
        _says_what_is_wrong(page)
        for name, value in typed.items():
            kept = "" if page.locator(f"#{form} [name={name}]").get_attribute("type") == "password" else value
            assert page.locator(f"#{form} [name={name}]").input_value() == kept, (path, name)


def _says_what_is_wrong(page: Page) -> None:
    assert page.title().startswith("Error: "), page.url
    summary = page.locator(".error-summary")
    assert summary.evaluate("it => it === document.activeElement"), page.url
    first = summary.locator("a").first
    first.click()
    target = page.evaluate("location.hash.slice(1)")
    assert page.locator(f"#{target}").evaluate(
        "it => it === document.activeElement || it.contains(document.activeElement)"
    )
    beside = page.locator(".field", has=page.locator(f"#{target}")).locator(".field__error")
    words = " ".join((beside.last.text_content() or "").split()).removeprefix("Error:").strip()
    assert words and first.inner_text().endswith(words), page.url


def test_without_a_connection_the_kept_page_says_so(live_shop: LiveShop, browse: Browse) -> None:
    page = browse(offline=True)
    page.goto("/help")
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    page.context.set_offline(True)
    page.goto("/shop")
    assert page.locator("h1").inner_text() == "You are not connected"
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(251, 250, 248)", "with its style"
    page.context.set_offline(False)
    page.get_by_role("link", name="Try again").click()
    page.get_by_role("heading", name="All pieces").wait_for()


def test_paper_carries_the_order_and_no_navigation(
    live_shop: LiveShop, browse: Browse, addresses: dict[str, list[str]]
) -> None:
    shown = "all => all.filter(it => it.checkVisibility()).map(it => it.className || it.tagName)"
    sale, _list = list(addresses.values())[3]
    for email, path in ((list(addresses)[2], list(addresses.values())[2][0]), (list(addresses)[3], f"{sale}/slip")):
        page = browse(width=794, person=_person(live_shop, email))
        page.emulate_media(media="print", color_scheme="dark")
        page.goto(path)
        assert page.locator("nav, form, button, .button, .skip, .sandbox-bar").evaluate_all(shown) == [], path
        assert page.locator("h1").is_visible()
        assert page.evaluate("getComputedStyle(document.body).color") == "rgb(28, 26, 24)", (
            "ink on white, in the dark too"
        )
        assert page.evaluate(figures.OVERFLOW) == 0


def test_a_filter_is_one_request_without_a_new_page_and_back_takes_it_off(
    live_shop: LiveShop, browse: Browse, addresses: dict[str, list[str]]
) -> None:
    live_shop.run(lambda: live_listing(colour="aubergine"))
    page, asked = browse(), []
    page.goto("/shop")
    page.evaluate("() => { window.stays = true }")
    status = page.locator("#results [role=status]")
    before = status.inner_text()
    page.locator("#facet-colour summary").click()
    box = page.locator("#facet-colour input[value=aubergine]")
    page.on(
        "request",
        lambda request: asked.append(request.url) if request.resource_type in ("document", "xhr", "fetch") else None,
    )
    page.locator("#facet-colour label", has_text="Aubergine").click()
    page.wait_for_url("**/shop?colour=aubergine")
    page.wait_for_function("said => document.querySelector('#results [role=status]').innerText !== said", arg=before)
    assert [address.partition("?")[2] for address in asked] == ["colour=aubergine"]
    assert (status.inner_text(), page.evaluate("window.stays")) == ("1 piece", True)
    assert box.is_checked()
    page.go_back()
    page.wait_for_function("said => document.querySelector('#results [role=status]').innerText === said", arg=before)
    assert page.url.endswith("/shop")
    assert not page.locator("#facet-colour input[value=aubergine]").is_checked()


@pytest.mark.timeout(300)
def test_longer_words_and_a_script_from_the_right_fit_every_page(
    live_shop: LiveShop,
    browse: Browse,
    addresses: dict[str, list[str]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """In a made-up Arabic two fifths longer than English, as a reader sees it from the right, and from the left."""

    def publish(policy: Policy) -> None:
        with unit_of_work():
            versions.publish(policy, at=clock.now())

    found: dict[str, list[str]] = {}
    try:
        live_shop.run(lambda: speak(live_shop.app, "ar", tmp_path, monkeypatch))
        live_shop.run(lambda: publish(offering("ar")))
        for email, paths in addresses.items():
            page = browse(width=360, person=_person(live_shop, email))
            _read_in(page, "ar")
            for path in paths:
                page.goto(path)
                shown = page.evaluate("[document.documentElement.dir, document.documentElement.lang]")
                assert shown == ["rtl", "ar"], path
                if faults := list(figures.overflow_both_ways(page)):
                    found[path] = faults
    finally:
        live_shop.run(lambda: publish(changed({})))
    assert found == {}


def _read_in(page: Page, language: str) -> None:
    page.goto("/language")
    page.locator(f"#language button[value={language}]").click()


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
