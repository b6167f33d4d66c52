"""Real browser tests: Debian's Chromium, driven by Playwright, against a shop that listens.

Skipped with a reason where there is no Chromium; with ``REQUIRE_BROWSER`` that is a failure.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    from tests.live import LiveShop
    from tests.plugins.databases import Databases

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

PHONE, DESK = 360, 1280


def pytest_configure(config: pytest.Config) -> None:
    if os.environ.get("REQUIRE_BROWSER") and shutil.which("chromium") is None:
        pytest.exit("a browser is required and chromium is not installed", returncode=1)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "browse" in getattr(item, "fixturenames", ()):
            item.add_marker("browser")


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """One Chromium for all browser tests of a worker."""
    path = shutil.which("chromium")
    if path is None:
        pytest.skip("chromium is not installed (apt-get install chromium)")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def live_shop(engine: str, databases: Databases) -> Iterator[LiveShop]:
    """A shop that listens on this machine, on a database of the test's own."""
    from tests.live import LiveShop

    copies = databases.of(engine)
    url = copies.copy()
    shop = LiveShop(url, photos=databases.folder / "photos-live")
    shop.start()
    yield shop
    shop.stop()
    copies.drop(url)


@pytest.fixture
def browse(live_shop: LiveShop, chromium: Browser) -> Iterator[Callable[..., Page]]:
    """Open a browser of one's own: ``browse(width=360, scripts=False, person=seller)``.

    Each call is another visitor with a jar of cookies of its own. ``offline``: the browser keeps the page for that.
    The test fails on a script error or a broken policy.
    """
    contexts: list[Any] = []
    errors: list[str] = []

    def visit(*, width: int = DESK, scripts: bool = True, person: Any = None, offline: bool = False) -> Page:
        context = chromium.new_context(
            base_url=live_shop.url,
            viewport={"width": width, "height": 800},
            java_script_enabled=scripts,
            locale="en-US",
            service_workers="allow" if offline else "block",
        )
        contexts.append(context)
        context.set_default_timeout(15_000)
        if person is not None:
            context.add_cookies([live_shop.cookie_of(person)])
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        # A refused inline script or foreign form target is told on the console alone.
        page.on("console", lambda message: _note(errors, message))
        return page

    yield visit
    for context in contexts:
        context.close()
    assert errors == []


def _note(errors: list[str], message: Any) -> None:
    if message.type == "error" and "Content Security Policy" in message.text:
        errors.append(message.text)
