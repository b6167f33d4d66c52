"""What the wizard's scripts add: photos that go up by themselves through a bad connection, and the live amount."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from marketplace.database import db
from marketplace.listings.models import Listing, ListingPhoto
from tests.listings.pieces import seller_of
from tests.live import LiveShop
from tests.photos import blurred_picture, heavy_photo, jpeg
from tests.programme.world import a_draft, graded

if TYPE_CHECKING:
    from playwright.sync_api import Page, Route


def a_graded_draft(shop: LiveShop) -> tuple[str, Any]:
    def make() -> tuple[str, Any]:
        listing: Listing = graded(a_draft(), "excellent")
        return listing.number, seller_of(listing)

    number, seller = shop.run(make)
    return f"/sell/listings/{number}", seller


def kept(shop: LiveShop) -> list[str]:
    return shop.run(lambda: list(db.session.scalars(sa.select(ListingPhoto.slot).order_by(ListingPhoto.id))))  # type: ignore[no-any-return]


def test_each_photo_goes_up_by_itself_and_again_when_the_connection_breaks(
    live_shop: LiveShop, browse: Callable[..., Page], tmp_path: Path
) -> None:
    at, seller = a_graded_draft(live_shop)
    page = browse(width=390, person=seller)
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{at}/photos")
    sent: list[str] = []

    def drop_the_third(route: Route) -> None:
        if route.request.method == "POST":
            sent.append(route.request.url)
        if route.request.method == "POST" and len(sent) == 3:
            route.abort("connectionreset")
        else:
            route.continue_()

    page.route("**/photos", drop_the_third)
    views = ["front", "back", "inside", "base"]
    for seed, slot in enumerate(views, 1):
        file = tmp_path / f"{slot}.jpg"
        file.write_bytes(heavy_photo(seed))
        page.locator(f"#photos input[name={slot}]").set_input_files(file)
        page.locator(f".slot[data-kept=yes]:has(input[name={slot}])").wait_for()
    assert (len(sent), kept(live_shop)) == (5, views)
    assert page.locator(".slot img").count() == 4
    blurred = tmp_path / "inside.jpg"
    blurred.write_bytes(jpeg(blurred_picture(12)))
    page.locator("#photos input[name=inside]").set_input_files(blurred)
    page.get_by_text("This photo is blurred.").wait_for()
    refused = tmp_path / "base.gif"
    refused.write_bytes(b"GIF89a nothing")
    page.locator("#photos input[name=base]").set_input_files(refused)
    page.get_by_text("GIF files cannot be used.").wait_for()
    assert sorted(kept(live_shop)) == sorted(views)
    page.goto(f"{at}/condition")
    assert page.locator("#save-condition [name=grade]:checked").input_value() == "excellent", (
        "what was said before stays"
    )
    page.goto(f"{at}/photos")
    with page.expect_navigation():
        page.locator("#photos > button").click()
    assert page.url.endswith("/price")


def test_what_she_receives_changes_with_the_price_as_the_server_counts(
    live_shop: LiveShop, browse: Callable[..., Page]
) -> None:
    at, seller = a_graded_draft(live_shop)
    page = browse(width=390, person=seller)
    page.goto(f"{at}/price")
    receive = page.locator("#you-receive")
    assert receive.inner_text() == "$132.00"
    for typed, shown in (("200", "$160.00"), ("$1,234.56", "$987.65"), ("0.03", "$0.02"), ("12.345", "–"), ("", "–")):
        page.locator("#price").fill(typed)
        assert receive.inner_text() == shown
