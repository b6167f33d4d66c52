"""What search engines, feeds and shared links are told, and what they are told to leave alone."""

from __future__ import annotations

import io
import json
from datetime import timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import jsonschema
import pytest
from bs4 import Tag
from flask import Flask
from PIL import Image

from marketplace import clock
from marketplace.database import unit_of_work
from marketplace.listings.finding import public_path
from marketplace.listings.photos import photo_store
from marketplace.listings.states import ListingState
from tests.shopping import live_listing
from tests.web import Browser, page

SCHEMA = json.loads(Path(__file__).with_name("product.schema.json").read_text())
MAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"


def structured(client: Browser, path: str) -> Any:
    block = page(client.get(path)).find("script", type="application/ld+json")
    assert isinstance(block, Tag)
    return json.loads(block.string or "")


def head(client: Browser, path: str) -> tuple[str, str | None, str, str | None]:
    """Title, description, canonical address and what robots are told."""
    found = page(client.get(path))
    said = {tag.get("name"): tag.get("content") for tag in found.find_all("meta")}
    canonical = [tag["href"] for tag in found.find_all("link", rel="canonical")]
    assert len(canonical) == 1, path
    assert found.title is not None
    return found.title.get_text(), said.get("description"), canonical[0], said.get("robots")


def addresses(client: Browser, path: str) -> list[str]:
    answer = client.get(path)
    assert answer.mimetype == "application/xml"
    return [loc.text or "" for loc in ElementTree.fromstring(answer.data).iter(f"{MAP}loc")]


def test_a_piece_describes_itself_in_the_words_of_schema_org(app: Flask, client: Browser) -> None:
    used, new = live_listing(words="</script><b>tall"), live_listing(grade="new_with_tags")
    sold = live_listing(state=ListingState.SOLD, sold_at=clock.now())
    pieces = {"used": used, "new": new, "sold": sold}
    told = {name: structured(client, public_path(one)) for name, one in pieces.items()}
    for one in told.values():
        jsonschema.validate(one, SCHEMA)
    offers = {name: one["@graph"][0]["offers"] for name, one in told.items()}
    assert offers["used"]["price"] == "253.95"
    assert {name: offer["itemCondition"].rsplit("/")[-1] for name, offer in offers.items()} == {
        "used": "UsedCondition",
        "new": "NewCondition",
        "sold": "UsedCondition",
    }
    assert offers["used"]["availability"] == "https://schema.org/InStock"
    assert offers["sold"]["availability"] == "https://schema.org/SoldOut"
    assert offers["used"]["url"] == f"http://localhost{public_path(used)}"
    assert told["used"]["@graph"][0]["category"] == "Handbags > Totes"
    assert told["used"]["@graph"][0]["description"] == "</script><b>tall"
    wrong = json.loads(json.dumps(told["used"]))
    del wrong["@graph"][0]["offers"]["priceCurrency"]
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(wrong, SCHEMA)


def test_every_public_page_has_its_own_title_description_and_address(app: Flask, client: Browser) -> None:
    long = {
        "title": "Evangeline convertible crossbody shoulder bag with a very long name",
        "material": "pebbled calf leather",
    }
    pieces = [live_listing(), live_listing(), live_listing(**long)]
    paths = [public_path(piece) for piece in pieces]
    paths += [address.removeprefix("http://localhost") for address in addresses(client, "/sitemaps/pages.xml")]
    heads = {path: head(client, path) for path in paths}
    assert [path for path, found in heads.items() if len(found[0]) > 60] == []
    assert [path for path, found in heads.items() if not 20 < len(found[1] or "") <= 155] == []
    for place in range(3):
        assert len({found[place] for found in heads.values()}) == len(paths)
    assert [path for path, found in heads.items() if found[2] != f"http://localhost{path}" or found[3]] == []


def test_combinations_of_filters_are_followed_and_not_kept(app: Flask, client: Browser) -> None:
    live_listing()
    _title, _description, canonical, robots = head(client, "/shop/tote?colour=oxblood&condition=excellent")
    assert (canonical, robots) == ("http://localhost/shop/tote", "noindex,follow")
    told = client.get("/robots.txt").get_data(as_text=True)
    assert "Disallow: /shop/*?*&\n" in told
    assert "Disallow: /account\n" in told
    assert "Sitemap: http://localhost/sitemap.xml\n" in told


def test_site_maps_name_every_piece_until_it_was_sold_long_ago(app: Flask, client: Browser) -> None:
    now = clock.now()
    live, lately = live_listing(), live_listing(state=ListingState.SOLD, sold_at=now - timedelta(days=89))
    long_ago = live_listing(state=ListingState.SOLD, sold_at=now - timedelta(days=91))
    paused = live_listing(state=ListingState.PAUSED)
    index = addresses(client, "/sitemap.xml")
    assert index[0] == "http://localhost/sitemaps/pages.xml"
    named = {one for part in index[1:] for one in addresses(client, part.removeprefix("http://localhost"))}
    here = {name: f"http://localhost{public_path(one)}" for name, one in {"live": live, "lately": lately}.items()}
    assert set(here.values()) <= named
    assert f"http://localhost{public_path(long_ago)}" not in named
    assert f"http://localhost{public_path(paused)}" not in named
    assert b"<lastmod>" in client.get(index[1].removeprefix("http://localhost")).data
    assert client.get(public_path(lately)).status_code == 200
    assert client.get(public_path(long_ago)).status_code == 410
    assert client.get("/sitemaps/pieces-7.xml").status_code == 404


def test_a_shared_link_brings_a_picture_of_its_own_size(app: Flask, client: Browser) -> None:
    piece = live_listing()
    photo_store().put("photos/00/front/640.webp", _webp())
    found = page(client.get(public_path(piece)))
    told = {tag["property"]: tag["content"] for tag in found.find_all("meta", property=True)}
    assert told["og:image"] == f"http://localhost/social/{piece.number}.jpg"
    assert told["og:url"] == f"http://localhost{public_path(piece)}"
    answer = client.get(f"/social/{piece.number}.jpg")
    with Image.open(io.BytesIO(answer.data)) as picture:
        assert (picture.format, picture.size) == ("JPEG", (1200, 630))
        assert all(abs(a - b) < 4 for a, b in zip(picture.getpixel((5, 5)), (243, 240, 235), strict=True))
        assert picture.getpixel((600, 315))[0] < 60
    with unit_of_work():
        piece.state = ListingState.PAUSED
    assert client.get(f"/social/{piece.number}.jpg").status_code == 404


def _webp() -> bytes:
    written = io.BytesIO()
    Image.new("RGB", (640, 800), (20, 30, 40)).save(written, "WEBP")
    return written.getvalue()
