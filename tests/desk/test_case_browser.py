"""Two agents work the queue in a real browser: one by keyboard alone, the other with a page that is out of date."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from marketplace.database import db
from marketplace.disputes.models import Dispute
from tests.accounts import an_account
from tests.desk.test_cases import copies
from tests.disputes.cases import an_agent, in_review
from tests.live import LiveShop

if TYPE_CHECKING:
    from playwright.sync_api import Page

ROWS_IN_VIEW = "rows => rows.filter(row => row.getBoundingClientRect().bottom <= innerHeight).length"


def tab_to(page: Page, selector: str) -> None:
    """Press Tab until the focus is on such a control."""
    for _ in range(40):
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"no Tab leads to {selector}")


def state_of(shop: LiveShop, number: str) -> str:
    def read() -> str:
        return str(db.session.scalar(db.select(Dispute.state).where(Dispute.number == number)))

    return str(shop.run(read))


def test_a_case_is_decided_by_keyboard_and_a_stale_page_is_refused(
    live_shop: LiveShop, browse: Callable[..., Page]
) -> None:
    def prepare() -> tuple[str, Any, Any]:
        case = in_review()
        copies(case, 14)
        return case.number, an_agent(), an_account(name="Lee Desk", roles=["agent"])  # type: ignore[list-item]

    number, kim, lee = live_shop.run(prepare)
    page, other = browse(person=kim), browse(person=lee)
    page.set_viewport_size({"width": 1280, "height": 900})
    page.goto("/desk/disputes")
    rows = page.locator("tbody tr")
    assert rows.evaluate_all(ROWS_IN_VIEW) >= 12
    numbers = [row.strip() for row in page.locator("tbody tr td:nth-child(3)").all_inner_texts()]
    assert numbers == [number, *[f"D{place:07}" for place in range(14)]]

    for key in ("j", "j", "x"):
        page.keyboard.press(key)
    with page.expect_navigation():
        page.keyboard.press("a")
    tab_to(page, "#confirm button")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    page.locator("#undo").wait_for()
    with page.expect_navigation():
        page.keyboard.press("u")

    page.keyboard.press("j")
    with page.expect_navigation():
        page.keyboard.press("e")
    assert page.url.endswith(f"/desk/disputes/{number}#decide")
    other.goto(f"/desk/disputes/{number}")
    assert "Kim Desk has had this case open" in other.locator("main").inner_text()

    tab_to(page, "input[name=remedy]")
    page.keyboard.press("Space")
    tab_to(page, "input[name=clause]")
    page.keyboard.press("Space")
    tab_to(page, "#decide textarea")
    page.keyboard.type("It is as the listing shows it.")
    tab_to(page, "#decide button[value=preview]")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    tab_to(page, "#decide button[value=decide]")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert state_of(live_shop, number) == "decided"

    other.locator("#write textarea").fill("We are looking into it.")
    other.locator("#write button").click()
    told = other.locator("main").inner_text()
    assert "This case has changed meanwhile" in told
    assert "Customer service decided" in told
    assert "We are looking into it." in told
    with page.expect_navigation():
        page.keyboard.press("n")
    assert page.url.endswith("/desk/disputes/D0000000")
