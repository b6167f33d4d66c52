"""What a phone has to fetch before anyone scrolls, in a shop as full of photos as the demo's."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.demo.worlds import World
from tests.live import LiveShop

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = [pytest.mark.browser, pytest.mark.timeout(1800)]  # the first of these tests builds the world

MOST_OF_A_LIST, MOST_OF_A_PIECE = 300_000, 350_000  # bytes over the wire; here nothing is compressed on the way
MOST_REQUESTS = 20


@pytest.fixture
def full_shop(changeable_world: World) -> Iterator[LiveShop]:
    shop = LiveShop(changeable_world.url, photos=changeable_world.photos)
    shop.start()
    yield shop
    shop.stop()


def test_the_first_view_on_a_phone_weighs_little(full_shop: LiveShop, chromium: Browser) -> None:
    first = chromium.new_page(base_url=full_shop.url)
    first.goto("/shop")
    piece = first.locator("main a[href^='/p/']").first.get_attribute("href")
    first.close()
    for path, most in (("/shop", MOST_OF_A_LIST), ("/shop/tote", MOST_OF_A_LIST), (piece, MOST_OF_A_PIECE)):
        context = chromium.new_context(
            base_url=full_shop.url, viewport={"width": 360, "height": 740}, device_scale_factor=2
        )
        visitor, fetched = context.new_page(), []
        network = context.new_cdp_session(visitor)
        network.on("Network.loadingFinished", lambda told, to=fetched: to.append(told["encodedDataLength"]))
        network.send("Network.enable")
        visitor.goto(str(path))
        visitor.wait_for_load_state("networkidle")
        shown = visitor.locator("main img").first.evaluate("it => it.complete && it.naturalWidth")
        context.close()
        assert shown > 300, f"{path}: no photo"
        assert sum(fetched) <= most, f"{path}: {sum(fetched)} bytes"
        assert len(fetched) <= MOST_REQUESTS, f"{path}: {len(fetched)} requests"
