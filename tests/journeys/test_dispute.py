"""A dispute in a browser, by a guest, her seller and two agents: reported, answered, seen blind, decided by two."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from axe_playwright_python.sync_playwright import Axe

from marketplace.database import db
from marketplace.orders.models import Order
from tests.disputes.cases import an_agent, delivered
from tests.journeys.figures import OVERFLOW, RULES
from tests.journeys.steps import fill, letter, link_in, press, send
from tests.live import LiveShop
from tests.photos import phone_photo
from tests.programme.policies import changed
from tests.programme.reading_pages import publish

if TYPE_CHECKING:
    from playwright.sync_api import Page

Browse = Callable[..., "Page"]


def _world() -> tuple[Any, ...]:
    """A delivered piece; any refund above five dollars takes two."""
    publish(changed({"disputes.approval_above_minor": 500}))
    order = delivered()
    return order, order.seller, an_agent(), an_agent(), order.checkout.email


@pytest.mark.timeout(300)
@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "plain"])
def test_a_dispute_from_the_mails_link_to_what_two_agents_decide(
    live_shop: LiveShop, browse: Browse, tmp_path: Path, scripts: bool
) -> None:
    order, seller, first, second, email = live_shop.run(_world)
    buyers = browse(width=360, scripts=scripts)
    buyers.goto(link_in(letter(buyers, email, "delivered")["text"], "/orders/link/"))
    case = _report(buyers, order.number, tmp_path)
    sellers = browse(width=360, scripts=scripts, person=seller)
    sellers.goto(case)
    assert "[…]" in sellers.locator("main").inner_text()
    send(sellers, "contest", **{"contest-words": "It is as shown."})
    agents = [browse(scripts=scripts, person=person) for person in (first, second)]
    _decide(*agents, f"/desk{case}", second.id)
    for page in (buyers, sellers):
        page.goto(case)
        assert page.locator("main").get_attribute("data-state") == "decided"
        assert "The corner is worn." in page.locator("main").inner_text()
    back = live_shop.run(lambda: db.session.get_one(Order, order.id).refunded_price_minor)
    assert back == 2_000
    if scripts:
        found = {page.url: faults for page in (buyers, sellers, *agents) if (faults := _faults(page))}
        assert found == {}
    send(buyers, "appeal", **{"appeal-words": "Look again."})
    assert buyers.locator("main").get_attribute("data-state") == "in_review"


def _report(page: Page, number: str, folder: Path) -> str:
    """The three screens; returns the case's path."""
    page.goto(f"/orders/{number}/problem")
    send(page, "report-problem", kind="condition", parts="corners", words="Worn. Write to me at grace@example.com.")
    file = folder / "corner.jpg"
    file.write_bytes(phone_photo(5))
    page.locator("#report-photos input[name=corners]").set_input_files(file)
    press(page, "report-photos")
    send(page, "report-wish", wish="keep", asked="40.00")
    return f"/disputes/{page.locator('main').get_attribute('data-id')}"


def _decide(one: Page, other: Page, path: str, colleague: int) -> None:
    """A blind second opinion, then a decision that the colleague approves."""
    one.goto(path)
    one.locator("#ask-opinion").locator("xpath=ancestor::details").locator("summary").click()
    mine = {"opinion-remedy": "partial_refund", "opinion-amount": "20.00", "opinion-words": "Half of it."}
    send(one, "ask-opinion", **{"opinion-colleague": str(colleague)}, **mine)
    other.goto("/desk/disputes")
    other.goto(path)
    assert "Half of it." not in other.locator("main").inner_text()
    send(other, "give-opinion", **{"opinion-remedy": "dismiss", "opinion-words": "It was shown."})
    assert "Half of it." in other.locator("main").inner_text()
    one.goto(path)
    assert "It was shown." in one.locator("main").inner_text()
    fill(one, "decide", remedy="partial_refund", amount="20.00", clause="as_described", words="The corner is worn.")
    press(one, "decide", "button[value=preview]")
    assert "$20.00" in one.locator("table.split").first.inner_text()
    press(one, "decide", "button[value=decide]")
    assert one.locator("main").get_attribute("data-state") == "awaiting_approval"
    other.goto(path)
    press(other, "approve")
    assert other.locator("main").get_attribute("data-state") == "decided"


def _faults(page: Page) -> list[str]:
    """What axe finds and what sticks out, on a phone and on a desk."""
    found = []
    for width in (360, 1280):
        page.set_viewport_size({"width": width, "height": 800})
        answer = Axe().run(page, options=RULES).response
        assert len(answer["passes"]) >= 10, "nothing was looked at"
        found += [f"{width}: {one['id']} {one['nodes'][0]['target']}" for one in answer["violations"]]
        found += [f"{width}: sticks out"] if page.evaluate(OVERFLOW) else []
    return found
