"""The figures a page must reach in a browser, judged one page at a time: each fault is a sentence."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from axe_playwright_python.sync_playwright import Axe

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.live import LiveShop

MEASURE = (Path(__file__).parent / "figures.js").read_text().partition("\n")[2].rstrip().rstrip(";")
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"

SHORT = {"resultTypes": ["violations"]}  # of what passes only the names: a page has hundreds of parts that do
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"], **SHORT}
COLOURS = {"runOnly": ["color-contrast"], **SHORT}  # all that the dark scheme changes
PHONE, DESK = {"width": 360, "height": 740}, {"width": 1280, "height": 900}
WIDTHS = (320, 360, 390, 768, 1280)
LARGEST_TEXT = 2  # times
QUEUES = ("/desk/review", "/desk/orders", "/desk/disputes")

MOST_NODES, MOST_REQUESTS, MOST_SIZES, MOST_FACES, LEAST_ROWS = 900, 20, 4, 2, 12
HTML, HTML_SENT = 60_000, 15_000  # bytes as they are, and compressed
STYLES_SENT, SCRIPTS_SENT, DESK_SCRIPTS_SENT, FONTS = 12_000, 18_000, 25_000, 50_000
STATIC = Path(__file__).resolve().parents[2] / "static"


def faults(page: Page, path: str, shop: LiveShop) -> Iterator[str]:
    """Everything the page at ``path`` fails, seen on a phone and on a desk, in both colour schemes, loaded once."""
    page.set_viewport_size(PHONE)
    page.emulate_media(color_scheme="light")
    answer = page.goto(path)
    assert answer is not None
    is_desk = path.startswith("/desk")
    yield from _weight(answer.body())
    measured = page.evaluate(MEASURE)
    yield from _loaded(measured["requests"], shop, is_desk=is_desk)
    yield from _looks(measured)
    yield from axe(page, RULES, "on a phone")
    yield from _schemes(page, "on a phone")
    yield from _overflow(page)
    page.set_viewport_size(DESK)
    measured = page.evaluate(MEASURE)
    yield from _looks(measured)
    if path in QUEUES and measured["rows"] is not None and measured["rows"] < LEAST_ROWS:
        yield f"{measured['rows']} rows of the table fit a screen"
    if is_desk and measured["lines"] > 1:
        yield "the navigation takes more than one line"
    yield from axe(page, RULES, "on a desk")
    yield from _schemes(page, "on a desk")


def _weight(body: bytes) -> Iterator[str]:
    if len(body) > HTML or len(gzip.compress(body)) > HTML_SENT:
        yield f"its HTML has {len(body)} bytes, {len(gzip.compress(body))} compressed"


def _loaded(addresses: list[str], shop: LiveShop, *, is_desk: bool) -> Iterator[str]:
    paths = [urlsplit(address).path for address in addresses]
    if foreign := [address for address in addresses if not address.startswith(f"{shop.url}/")]:
        yield f"it asks others for {foreign}"
    if len(addresses) + 1 > MOST_REQUESTS:
        yield f"it takes {len(addresses) + 1} requests before anyone scrolls"
    styles = [path for path in paths if path.startswith("/static/") and path.endswith(".css")]
    scripts = [path for path in paths if path.endswith(".js")]
    fonts = {path for path in paths if path.endswith(".woff2")}
    if len(styles) != 1 or _sent(styles) > STYLES_SENT:
        yield f"its styles are {styles}, {_sent(styles)} bytes compressed"
    if _sent(scripts) > (DESK_SCRIPTS_SENT if is_desk else SCRIPTS_SENT):
        yield f"its scripts are {_sent(scripts)} bytes compressed"
    if len(fonts) > MOST_FACES or sum(len(_read(path)) for path in fonts) > FONTS:
        yield f"its fonts are {sorted(fonts)}"


def _looks(measured: dict[str, Any]) -> Iterator[str]:
    if measured["leaps"]:
        yield f"stops that do not follow one another as they are seen: {measured['leaps'][:4]}"
    if measured["nodes"] > MOST_NODES:
        yield f"{measured['nodes']} nodes"
    if len(measured["faces"]) > MOST_FACES:
        yield f"the faces {measured['faces']}"
    if len(measured["sizes"]) > MOST_SIZES:
        yield f"text in the sizes {measured['sizes']} in one view"
    if extra := set(measured["weights"]) - {"400", "450", "550"}:
        yield f"text in the weights {sorted(extra)}"
    if len(measured["filled"]) > 1:
        yield f"more than one filled button in view: {measured['filled']}"
    if measured["orphan"]:
        yield f"a lone word ends the heading {measured['orphan']!r}"
    if abs(measured["off"]) > 1:
        yield f"the heading stands {measured['off']} px off the gutter"
    for name, said in _EMPTY.items():
        if measured[name]:
            yield f"{said}: {measured[name][:4]}"


_EMPTY = {
    "low24": "targets under 24 px",
    "low44": "buttons under 44 px",
    "noRing": "stops without a visible ring",
    "covered": "stops that something covers",
    "positive": "stops out of the page's order",
    "shadows": "shadows",
    "round": "rounded boxes",
    "images": "images without alt, width or height",
    "large": "images of more than twice the size they are shown at",
}


def axe(page: Page, rules: dict[str, list[str]], where: str) -> Iterator[str]:
    """What axe finds by these rules in the page as it is."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(_axe_script())
    answer = page.evaluate("rules => axe.run(rules)", rules)
    assert len(answer["passes"]) >= (10 if rules is RULES else 1), f"{page.url} was not looked at"
    for violation in answer["violations"]:
        yield f"{violation['id']} {where}: {[node['target'] for node in violation['nodes']][:3]}"


def _schemes(page: Page, where: str) -> Iterator[str]:
    page.emulate_media(color_scheme="dark")
    yield from axe(page, COLOURS, f"{where}, dark")
    page.emulate_media(color_scheme="light")


def _overflow(page: Page) -> Iterator[str]:
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        if over := page.evaluate(OVERFLOW):
            yield f"{over} px stick out at {width} px"
    for width in (PHONE["width"], DESK["width"]):
        page.set_viewport_size({"width": width, "height": 800})
        page.evaluate("times => { document.documentElement.style.fontSize = `${times * 100}%` }", LARGEST_TEXT)
        if over := page.evaluate(OVERFLOW):
            yield f"{over} px stick out at {width} px with text of twice the size"
        page.evaluate("() => { document.documentElement.style.fontSize = '' }")


def overflow_both_ways(page: Page) -> Iterator[str]:
    """What sticks out of the page as it is, read from the right and from the left, on a phone and on a desk."""
    for direction in ("rtl", "ltr"):
        page.evaluate("direction => { document.documentElement.dir = direction }", direction)
        for size in (PHONE, DESK):
            page.set_viewport_size(size)
            if over := page.evaluate(OVERFLOW):
                yield f"{over} px stick out at {size['width']} px, {direction}"


@cache
def _axe_script() -> str:
    return Axe().axe_script


@cache
def _read(path: str) -> bytes:
    return (STATIC / path.removeprefix("/static/")).read_bytes()


def _sent(paths: list[str]) -> int:
    return sum(len(gzip.compress(_read(path))) for path in paths)
