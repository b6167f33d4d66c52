"""What can be bought now, as merchant centres and outside marketplaces read it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree

import pytest
from flask import Flask

from marketplace import clock
from marketplace.channels import connecting
from marketplace.consignments import selling
from marketplace.database import unit_of_work
from marketplace.listings.finding import public_path
from marketplace.listings.states import ListingState
from marketplace.programme import reading, versions
from tests.consignments import steps
from tests.programme import world
from tests.programme.policies import changed
from tests.programme.table.channels import ON
from tests.shopping import live_listing
from tests.web import Browser

GOOGLE = "{http://base.google.com/ns/1.0}"
# What Google's product data specification asks of every product; a piece without a GTIN has brand and MPN.
ASKED_OF_ALL = (
    "id",
    "title",
    "description",
    "link",
    "image_link",
    "availability",
    "price",
    "condition",
    "brand",
    "mpn",
)


def open_channels(**more: Any) -> None:
    with unit_of_work():
        versions.publish(changed({**steps.RULES, **ON, **more}), at=clock.now())


def address(kind: str) -> str:
    return f"/feeds/channels/{connecting.feed_token()}/pieces-0.{kind}"


def google_items(answer: Any) -> dict[str, dict[str, str]]:
    """The items of a feed by id, each attribute of Google's by its name."""
    assert answer.mimetype == "application/xml"
    items = {}
    for item in ElementTree.fromstring(answer.data).iter("item"):
        told = {child.tag.removeprefix(GOOGLE): child.text or "" for child in item}
        items[told["id"]] = told
    return items


def test_the_product_feed_offers_what_can_be_bought(app: Flask, client: Browser) -> None:
    piece = live_listing(title="Marlow <tote> & co")
    sold = live_listing(state=ListingState.SOLD, sold_at=clock.now())
    blocked = live_listing()
    assert set(google_items(client.get("/feeds/merchant-0.xml"))) == {piece.number, blocked.number}
    with unit_of_work():
        blocked.seller.suspended_at = clock.now()  # type: ignore[union-attr]
    told = google_items(client.get("/feeds/merchant-0.xml"))
    assert {sold.number, blocked.number}.isdisjoint(told)
    wanted = ("title", "price", "condition", "availability", "product_type", "link")
    assert {name: told[piece.number][name] for name in wanted} == {
        "title": "Marlow <tote> & co, oxblood",
        "price": "253.95 USD",
        "condition": "used",
        "availability": "in_stock",
        "product_type": "Handbags > Totes",
        "link": f"http://localhost{public_path(piece)}",
    }


@pytest.mark.rule("NAP-15", "BAL-05")
def test_a_consigned_piece_is_in_both_feeds_with_all_that_they_ask_for(app: Flask, client: Browser) -> None:
    open_channels()
    members, piece = live_listing(), steps.live()
    number = piece.listing.number  # type: ignore[union-attr]
    told = google_items(client.get(address("xml")))
    assert set(told) == {number} != {members.number}
    item = told[number]
    assert [name for name in ASKED_OF_ALL if not item.get(name)] == []
    assert item["availability"] == "in_stock"
    assert item["sell_on_google_quantity"] == "1"
    assert item["condition"] == "used"
    assert re.fullmatch(r"\d+\.\d\d USD", item["price"])
    assert len(item["title"]) <= 150
    assert len(item["description"]) <= 5000
    assert all(item[name].startswith("http://localhost/") for name in ("link", "image_link"))
    feed = client.get(address("json"))
    assert feed.mimetype == "application/feed+json"
    body = feed.get_json()
    assert body["version"] == "https://jsonfeed.org/version/1.1"
    assert (body["title"], body["feed_url"]) == (world.policy().name, f"http://localhost{address('json')}")
    [entry] = body["items"]
    assert (entry["id"], entry["url"], entry["image"]) == (number, item["link"], item["image_link"])
    assert entry["content_text"]
    offer = entry["_offer"]
    assert (offer["availability"], offer["quantity"], offer["price_minor"]) == ("in_stock", 1, 30_000)
    assert (offer["price"], offer["condition"], offer["brand"]) == (item["price"], "used", item["brand"])


def _sold(piece: Any) -> None:
    steps.bought(piece)


def _taken_back(piece: Any) -> None:
    with unit_of_work():
        selling.take_back(piece, by=piece.consignment.owner, at=clock.now())


@pytest.mark.rule("NAP-15", "NAP-32")
@pytest.mark.parametrize("leaves", [_sold, _taken_back])
def test_what_is_sold_or_taken_back_is_gone_from_the_feeds_at_once(
    app: Flask, client: Browser, leaves: Callable[[Any], None]
) -> None:
    open_channels()
    piece = steps.live()
    before = client.get(address("json"))
    assert len(before.get_json()["items"]) == 1
    tag = before.headers["ETag"]
    assert (before.headers["Cache-Control"], before.headers["X-Robots-Tag"]) == ("private, no-cache", "noindex")
    assert client.get(address("json"), headers={"If-None-Match": tag}).status_code == 304
    leaves(piece)
    after = client.get(address("json"), headers={"If-None-Match": tag})
    assert (after.status_code, after.get_json()["items"]) == (200, [])
    assert google_items(client.get(address("xml"))) == {}


def test_nobody_reads_the_feeds_without_their_address_or_while_channels_are_off(app: Flask, client: Browser) -> None:
    feeds = [address("json"), address("xml")]
    assert {client.get(one).status_code for one in feeds} == {404}
    open_channels()
    assert {client.get(one).status_code for one in feeds} == {200}
    assert {client.get(one.replace(connecting.feed_token(), "n" * 64)).status_code for one in feeds} == {404}
    assert "Disallow: /feeds/channels/\n" in client.get("/robots.txt").get_data(as_text=True)


@pytest.mark.rule("NAP-15", "BAL-05")
def test_the_presets_that_sell_for_owners_name_as_many_marketplaces_as_their_sources() -> None:
    outlets = {name: reading.read(name).channels for name in reading.preset_names()}
    assert {name: len(one.outlets) if one.is_on else 0 for name, one in outlets.items()} == {
        "atelier": 21,
        "boutique": 0,
        "maison": 26,
        "preloved": 0,
    }
