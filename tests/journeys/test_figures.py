"""The judge of pages finds what it must: a page that breaks every figure is told of each, and a quiet one of none."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from tests.journeys import figures

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

QUIET = """<!doctype html><html lang="en"><head><title>Bag</title><style>
body { margin: 0; font: 400 16px serif; background: #fff; color: #000 }
h1 { font-weight: 400 } main { padding-inline-start: 16px }
a { outline: 0 } a:focus { outline: 2px solid } main a { display: block; padding: 12px }
</style></head><body><main><h1>Your bag</h1>BODY</main></body></html>"""
LINK = '<a href="/a">To the pieces</a>'
PIXEL = "data:image/gif;base64,R0lGODlhAQABAAAAACw="

# What is put on the page, and what the judge says of it.
BROKEN = {
    "more than 900 nodes": ("<i></i>" * 901, "nodes"),
    "three faces": ('<p style="font-family: a">x</p><p style="font-family: b">y</p>', "the faces"),
    "five sizes": ("".join(f'<p style="font-size: {size}px">x</p>' for size in (17, 18, 19, 20)), "in the sizes"),
    "a heavy word": ("<b>Bold</b>", "in the weights"),
    "two filled buttons": ('<button class="button button--filled">Pay</button>' * 2, "more than one filled button"),
    "a low target": ('<button style="padding: 0; border: 0; width: 20px; height: 20px">x</button>', "under 24 px"),
    "a low button": ('<a class="button" href="/" style="padding: 0; height: 30px">Buy</a>', "under 44 px"),
    "no ring": ('<a href="/b" style="outline: 0 !important">Unseen</a>', "without a visible ring"),
    "a bar over a link": (
        LINK + '<div style="position: fixed; inset: 0; background: #fff"></div>',
        "stops that something covers",
    ),
    "an order of its own": ('<a href="/b" tabindex="2">First</a>', "out of the page's order"),
    "stops that leap": (
        '<div style="display: flex; flex-direction: column-reverse"><a href="/b">1</a><a href="/c">2</a></div>',
        "do not follow one another",
    ),
    "a shadow": ('<p style="box-shadow: 0 0 4px #000">x</p>', "shadows"),
    "a round box": ('<p class="note" style="border-radius: 8px">x</p>', "rounded boxes"),
    "a picture without size": (f'<img src="{PIXEL}" alt="">', "without alt, width or height"),
}


@pytest.fixture(scope="module")
def page(chromium: Browser) -> Iterator[Page]:
    context = chromium.new_context(viewport=figures.PHONE, offline=True)
    yield context.new_page()
    context.close()


def said_of(page: Page, body: str) -> list[str]:
    page.set_content(QUIET.replace("BODY", body))
    return list(figures._looks(page.evaluate(figures.MEASURE)))


@pytest.mark.browser
def test_a_quiet_page_is_told_of_nothing(page: Page) -> None:
    assert said_of(page, LINK) == []
    assert list(figures.axe(page, figures.RULES, "")) == []


@pytest.mark.browser
@pytest.mark.parametrize("fault", BROKEN)
def test_each_fault_of_a_page_is_told(page: Page, fault: str) -> None:
    body, words = BROKEN[fault]
    said = said_of(page, body)
    assert any(words in sentence for sentence in said), said


@pytest.mark.browser
def test_what_sticks_out_and_what_a_screen_reader_misses_is_told(page: Page) -> None:
    page.set_content(QUIET.replace("BODY", '<div style="width: 1500px">Wide</div><img src="x">'))
    assert any("stick out at 320 px" in sentence for sentence in figures._overflow(page))
    assert any("image-alt" in sentence for sentence in figures.axe(page, figures.RULES, ""))


def test_what_a_page_weighs_and_asks_for_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    shop: Any = SimpleNamespace(url="http://127.0.0.1:1")
    own = f"{shop.url}/static/css/reprise.css"
    assert list(figures._weight(b"<p>" * 21_000)) and not list(figures._weight(b"<p>" * 100))
    assert list(figures._loaded([own], shop, is_desk=False)) == []
    told = {
        "asks others": [own, "http://elsewhere.example/x.png"],
        "requests before": [own, *[f"{shop.url}/p.webp"] * 20],
        "its styles": [own, f"{shop.url}/static/css/other.css"],
    }
    monkeypatch.setattr(figures, "_sent", lambda paths: 13_000 * len(paths) if "other" in str(paths) else 0)
    for words, addresses in told.items():
        assert any(words in sentence for sentence in figures._loaded(addresses, shop, is_desk=False)), words
    monkeypatch.setattr(figures, "_sent", lambda paths: 18_001 if any(".js" in path for path in paths) else 0)
    scripts = [own, f"{shop.url}/static/js/a.js"]
    assert list(figures._loaded(scripts, shop, is_desk=False)) and not list(
        figures._loaded(scripts, shop, is_desk=True)
    )
