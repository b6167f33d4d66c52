"""A reviewer works by keyboard: one key approves, two ask, three declines, and the next listing opens by itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from marketplace.database import db
from marketplace.listings.models import Listing
from tests.listings.pieces import a_reviewer, a_submitted_listing
from tests.live import LiveShop

if TYPE_CHECKING:
    from playwright.sync_api import Page


def states(shop: LiveShop, numbers: list[str]) -> list[str]:
    def read() -> list[str]:
        found = dict(db.session.execute(db.select(Listing.number, Listing.state)).all())  # type: ignore[arg-type]
        return [found[number].value for number in numbers]

    return shop.run(read)  # type: ignore[no-any-return]


def test_a_queue_is_worked_off_by_keyboard_alone(live_shop: LiveShop, browse: Callable[..., Page]) -> None:
    def prepare() -> tuple[list[str], Any]:
        return [a_submitted_listing().number for _ in range(3)], a_reviewer()

    numbers, reviewer = live_shop.run(prepare)
    page = browse(person=reviewer)
    page.goto("/desk/review")
    page.keyboard.press("j")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert page.url.endswith(numbers[0])
    with page.expect_navigation():
        page.keyboard.press("1")
    assert page.url.endswith(numbers[1])
    for key in ("2", "Tab", "Space"):
        page.keyboard.press(key)
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert page.url.endswith(numbers[2])
    for key in ("3", "Tab", "Space"):
        page.keyboard.press(key)
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert page.url.endswith("/desk/review")
    assert states(live_shop, numbers) == ["live", "changes_requested", "declined"]


def test_single_keys_can_be_switched_off(live_shop: LiveShop, browse: Callable[..., Page]) -> None:
    def prepare() -> tuple[list[str], Any]:
        return [a_submitted_listing().number], a_reviewer()

    numbers, reviewer = live_shop.run(prepare)
    page = browse(person=reviewer)
    page.goto(f"/desk/review/{numbers[0]}")
    page.keyboard.press("?")
    with page.expect_navigation():
        page.locator("[data-keys-switch]").click()
    page.keyboard.press("1")
    page.wait_for_timeout(300)
    assert states(live_shop, numbers) == ["submitted"]
