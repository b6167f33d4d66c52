"""Any filters, search, order and depth, in a small shop and in a large one (``finding``)."""

from __future__ import annotations

import random
import statistics
import time
from datetime import UTC, datetime, timedelta
from itertools import islice, product
from urllib.parse import urlencode

from benchmarks import world
from benchmarks.databases import Databases
from benchmarks.figures import Bar, Finding, figure
from benchmarks.pages import get
from benchmarks.serving import Server, free_port, serving

SIZES = (10_000, 1_000_000)
QUESTIONS = 200
MOST_MS, MOST_GROWTH = 50, 2
SEED = 20
SORTS = ("newest", "price-up", "price-down", "saving", "saved")
SEARCHES = ("", "leather", "burgundy tote", "navy", "vl-00012", "marlw", "zzzz", "suede satchel")
FILTERS = {
    "colour": world.COLOURS,
    "style": world.TITLES,
    "material": world.MATERIALS,
    "price": ("0-100", "100-200", "200-300", "500-"),
    "discount": ("20-40", "40-60", "60-"),
    "condition": ("excellent", "good"),
}
_BEGINNING = datetime(2000, 1, 1, tzinfo=UTC)


def finding(databases: Databases, template: str, scale: float) -> Finding:
    """Server time of two hundred lists, no two alike, asked one after the other once the shop is warm."""
    measured = [_in_a_shop_of(round(size * scale), databases, template) for size in SIZES]
    small, large = (each["p95_ms"] for each in measured)
    return Finding(
        "finding",
        {"shops": measured},
        [Bar("p95_ms", large, MOST_MS), Bar("growth", figure(large / small), MOST_GROWTH)],
    )


def _in_a_shop_of(size: int, databases: Databases, template: str) -> dict[str, float]:
    url, port = databases.copy(template), free_port()
    began = time.monotonic()
    world.fill(url, listings=size)
    seeded = time.monotonic() - began
    with serving("wsgi:app", world.variables_for(url, port=port), port=port) as shop:
        began = time.monotonic()
        _ask(shop, ["/shop"])
        built = time.monotonic() - began
        _ask(shop, questions(size, SEED + 1)[:40])
        took = _ask(shop, questions(size, SEED))
        megabytes = shop.worker_megabytes()
    return {
        "live_listings": size + world.PIECES,
        "seeding_seconds": figure(seeded),
        "first_page_seconds": figure(built),
        "p50_ms": figure(statistics.median(took)),
        "p95_ms": figure(statistics.quantiles(took, n=20)[-1]),
        "worker_megabytes": figure(megabytes),
    }


def _ask(server: Server, paths: list[str]) -> list[float]:
    """Milliseconds from each question to the end of its answer, over one connection."""
    connection, took = server.connect(), []
    for path in paths:
        began = time.perf_counter()
        get(connection, path)
        took.append((time.perf_counter() - began) * 1000)
    connection.close()
    return took


def questions(size: int, seed: int) -> list[str]:
    """Addresses of lists: every order with every search, each with filters and a depth drawn at random."""
    draw = random.Random(seed)
    asked = islice(product(range(QUESTIONS), SEARCHES, SORTS), QUESTIONS)
    return [_question(draw, words, sort, size) for _round, words, sort in asked]


def _question(draw: random.Random, words: str, sort: str, size: int) -> str:
    filters = draw.sample(sorted(FILTERS), draw.choice((0, 1, 1, 2, 3)))
    pairs = [(name, value) for name in filters for value in draw.sample(FILTERS[name], draw.choice((1, 1, 2)))]
    pairs += [("q", words)] if words else []
    pairs += [("sort", sort)]
    if draw.random() < 0.5:
        pairs.append(("after", f"{_depth(draw, sort, size)}.{draw.randrange(1, size + 1)}"))
    return f"/{'search' if words else 'shop'}?{urlencode(pairs)}"


def _depth(draw: random.Random, sort: str, size: int) -> int:
    """A number somewhere among those that the pieces are ordered by."""
    if sort == "newest":
        moment = datetime.now(UTC) - draw.random() * size * timedelta(minutes=7)
        return max(0, (moment - _BEGINNING) // timedelta(seconds=1))
    highest = {"saving": 8_000, "saved": 40}.get(sort, 45_000)
    return draw.randrange(highest)
