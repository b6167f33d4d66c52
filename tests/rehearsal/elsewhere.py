"""Pieces of the house's own on an outside marketplace over HTTP: fed, sold there, refused there, taken off there."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import requests

from tests.photos import phone_photo
from tests.processes import until
from tests.rehearsal.column import TIMEOUT, Column
from tests.rehearsal.sale import a_clerk
from tests.rehearsal.visitor import Visitor

OUTLET, PRICE = "second-loft", 18_000  # minor units


def sell_elsewhere(column: Column, say: Callable[[str], None]) -> None:
    """Two pieces are fed; one is sold there, and refused to whoever buys it there too; the other is withdrawn here."""
    clerk = a_clerk(column, say, "wendell@example.com", ["warehouse", "manager"], "/desk/supply")
    sold, kept = list_ours(clerk), list_ours(clerk)
    until(lambda: {sold, kept} <= fed(column, clerk), "both pieces stand in the feed")
    say(f"{sold} and {kept} are ours, and in the feed of the marketplaces")

    sale = sell(column, "A-1", sold)
    clerk.until_state(f"/desk/supply/{sold}", "sold")
    until(lambda: sold not in fed(column, clerk), "what is sold leaves the feed")
    sell(column, "A-2", sold)
    until(lambda: "cancelled_at" in there(column)["A-2"], "the second sale is cancelled there")
    say(f"{sold} was sold there once, and the second sale was called off")

    send_it(clerk)
    column.steer("channels", "sales", {**sale, "completed_at": datetime.now(UTC).isoformat()})
    completed = "SELECT count(*) FROM channel_sales WHERE state = 'completed'"
    until(lambda: column.ask(completed) == 1, "the sale there stands")
    say("it was sent with their label, and the sale there stands")

    clerk.send(f"/desk/supply/{kept}", "withdraw")
    until(lambda: kept in books(column)["withdrawn"], "what is withdrawn here is taken off there")
    say(f"{kept} was withdrawn here, and taken off there")


def list_ours(clerk: Visitor) -> str:
    """One more piece of a style the house knows, photographed, described and published."""
    stock = clerk.get("/desk/supply?q=VL-100")
    begin = re.search(rb'id="(start-supply-\d+)"', stock.body)
    assert begin, stock.words
    begun = clerk.send("/desk/supply?q=VL-100", begin[1].decode())
    number = str(begun.main["data-id"])
    photos = {slot: (f"{slot}.jpg", phone_photo(seed)) for seed, slot in enumerate(("front", "back", "inside"), 7)}
    clerk.send(begun.url, "photos", files=photos)
    clerk.send(begun.url, "save-supply", grade="excellent", words="From our own stock.", price=str(PRICE // 100))
    published = clerk.send(begun.url, "publish")
    assert published.main["data-state"] == "live", published.words
    return number


def fed(column: Column, clerk: Visitor) -> set[str]:
    """The numbers in the feed whose address the desk shows."""
    address = re.search(rb"/feeds/channels/[\w-]+/pieces-0\.json", clerk.get("/desk/channels").body)
    assert address is not None
    feed: Any = requests.get(f"{column.url}{address[0].decode()}", timeout=TIMEOUT).json()
    return {item["id"] for item in feed["items"]}


def sell(column: Column, ref: str, listing: str) -> dict[str, Any]:
    """Somebody buys it there; returns the sale as a document."""
    sale = {
        "outlet": OUTLET,
        "ref": ref,
        "listing": listing,
        "price_minor": PRICE,
        "commission_minor": PRICE * 15 // 100,
        "currency": "USD",
        "sold_at": datetime.now(UTC).isoformat(),
    }
    column.steer("channels", "sales", sale)
    return sale


def send_it(clerk: Visitor) -> None:
    """With the label that the marketplace bought."""
    page = clerk.get("/desk/channels")
    label = re.search(rb"/desk/channels/(\w+)/label\.pdf", page.body)
    assert label is not None, page.words
    assert clerk.get(label[0].decode()).body.startswith(b"%PDF")
    clerk.send("/desk/channels", f"send-{label[1].decode()}")


def books(column: Column) -> dict[str, Any]:
    told: Any = column.steer("channels", "books")
    return dict(told)


def there(column: Column) -> dict[str, dict[str, Any]]:
    """The marketplace's sales, by their names there."""
    return {sale["ref"]: sale for sale in books(column)["sales"]}
