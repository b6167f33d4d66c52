"""One served shop a module and engine: a journey leaves its orders behind, the next brings its own pieces."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.live import LiveShop
from tests.plugins.databases import Databases


@pytest.fixture(scope="module")
def served(databases: Databases) -> Iterator[dict[str, LiveShop]]:
    """The shops that listen, by engine, begun when first asked for."""
    shops: dict[str, LiveShop] = {}
    yield shops
    for engine, shop in shops.items():
        url = shop.app.config["SETTINGS"].database_url
        shop.stop()
        databases.of(engine).drop(url)


@pytest.fixture
def live_shop(engine: str, databases: Databases, served: dict[str, LiveShop]) -> LiveShop:
    """The module's shop on ``engine``; its jobs run by themselves."""
    if engine not in served:
        served[engine] = LiveShop(databases.of(engine).copy(), photos=databases.folder / f"photos-live-{engine}")
        served[engine].start()
    return served[engine]
