"""Walks the whole site as each kind of visitor: every page is sound, and every link on it leads to a page.

``tests.web.Browser`` holds each fetched page to HTML5, a title, unique ids, labels, and a token in each POST form.
"""

from __future__ import annotations

from collections import deque
from urllib.parse import urldefrag, urlsplit

import pytest
from flask import Flask

from marketplace.listings.photos import photo_store
from marketplace.listings.prepared_photos import keep_photo
from marketplace.people.models import Person
from marketplace.permissions import Gate, permission_of
from tests.hostile import world
from tests.programme import world as shop
from tests.web import Browser, page

VISITORS = ["nobody", "seller", "buyer", "agent", "reviewer", "warehouse"]
GATES = {
    "nobody": {Gate.PUBLIC, Gate.MACHINE},
    "seller": {Gate.SIGNED_IN, Gate.MEMBER, Gate.SCOPED},
    "buyer": {Gate.SCOPED},
    "agent": {Gate.STAFF},
    "reviewer": {Gate.STAFF},
    "warehouse": {Gate.STAFF},
}
FEWEST_PAGES = {"nobody": 25, "seller": 25, "buyer": 15, "agent": 15, "reviewer": 15, "warehouse": 15}


def _walk(browser: Browser, starts: list[str]) -> tuple[set[str], list[str]]:
    """Follow every link to a path not seen yet; returns the pages seen and the links that led nowhere."""
    waiting, seen, broken = deque((start, "") for start in starts), set(), []
    while waiting:
        address, origin = waiting.popleft()
        path = urlsplit(address).path
        if path in seen:
            continue
        seen.add(path)
        answer = browser.get(address)
        if answer.status_code >= 400 and origin:
            broken.append(f"{origin} → {address}: {answer.status}")
        if answer.mimetype == "text/html" and answer.status_code == 200:
            waiting.extend((target, path) for target in _links(answer))
        elif answer.location and answer.status_code in {302, 303}:
            waiting.append((answer.location, path))
    return seen, broken


def _links(answer: object) -> list[str]:
    hrefs = (urldefrag(str(link["href"])).url for link in page(answer).find_all("a", href=True))  # type: ignore[arg-type]
    return [href for href in hrefs if href.startswith("/") and not href.startswith("//")]


@pytest.mark.parametrize("visitor", VISITORS)
def test_every_page_is_sound_and_every_link_leads_somewhere(app: Flask, client: Browser, visitor: str) -> None:
    made = world.build(app)
    keep_photo(shop.a_photo().rendered, photo_store())
    if visitor != "nobody":
        person: Person = made.people[visitor]
        client.sign_in_as(person)
    starts = ["/"]
    for rule in app.url_map.iter_rules():
        permission = permission_of(app, rule.endpoint)
        if permission is not None and permission.gate in GATES[visitor] and "GET" in (rule.methods or ()):
            starts.append(made.url(app, rule))
    seen, broken = _walk(client, starts)
    assert broken == []
    assert len(seen) >= FEWEST_PAGES[visitor]
