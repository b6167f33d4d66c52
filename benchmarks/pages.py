"""A list of pieces and the page of one, each beside its bare twin (``catalogue``, ``item``)."""

from __future__ import annotations

import statistics
import tempfile
from dataclasses import dataclass, replace
from http.client import HTTPConnection
from pathlib import Path

from flask import Flask

from benchmarks import recording, world
from benchmarks.databases import Databases, cpu_seconds
from benchmarks.figures import Bar, Finding, figure
from benchmarks.recording import Recording
from benchmarks.serving import Server, free_port, serving

LISTINGS = 10_000
REQUESTS = 250  # of each kind, in rounds
ROUNDS = 5
MOST_OF_TWIN = 1.5
MOST_OF_CONSTANT = 3
ANEW = "&anew={}"  # no filter has this name, and no page is kept by an address that never comes again


@dataclass(frozen=True)
class Measured:
    """Milliseconds of processor time a request: the server's, and the database's where it can be seen."""

    server_ms: float
    database_ms: float | None

    @property
    def both_ms(self) -> float:
        return self.server_ms + (self.database_ms or 0.0)


def catalogue(databases: Databases, template: str, scale: float) -> Finding:
    """24 pieces with every filter counted: made anew each time, and as it is kept for visitors."""
    path = "/shop?colour=Black&colour=Navy"
    found = _beside_twin("catalogue", path + ANEW, databases, template, scale, most_sql=6, kept=path)
    ratio = found.figures["kept_of_constant"]
    return replace(found, bars=[*found.bars, Bar("kept_of_constant", ratio, MOST_OF_CONSTANT)])


def item(databases: Databases, template: str, scale: float) -> Finding:
    """One piece with its photos, flaws and what is like it: made anew each time, and as it is kept for visitors."""
    path = "/p/marlow-tote-cognac-LZZZZ0000"
    found = _beside_twin("item", f"{path}?{ANEW[1:]}", databases, template, scale, most_sql=5, kept=path)
    ratio = figure(found.figures["kept_cpu_ms"] / found.figures["twin_cpu_ms"])
    return replace(found, bars=[*found.bars, Bar("kept_of_twin", ratio, MOST_OF_TWIN)])


def record(app: Flask, path: str) -> Recording:
    """One request of a visitor who has been served before."""
    visitor = app.test_client()
    base = app.config["SETTINGS"].public_url
    visitor.get(path.format("first"), base_url=base)
    with recording.statements_of(app) as statements:
        answer = visitor.get(path.format("second"), base_url=base)
    assert answer.status_code == 200, f"{path}: {answer.status}"
    return Recording(statements, 200, list(answer.headers), answer.get_data(as_text=True))


def _beside_twin(
    name: str, path: str, databases: Databases, template: str, scale: float, *, most_sql: int, kept: str = ""
) -> Finding:
    ours, twins = databases.copy(template), databases.copy(template)
    listings, requests = round(LISTINGS * scale), max(5, round(REQUESTS * min(1.0, scale * 10) / ROUNDS))
    for url in (ours, twins):
        world.fill(url, listings=listings)
    port, twin_port = free_port(), free_port()
    app = world.shop_at(ours, port=port)
    recorded = record(app, path)
    world.close(app)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "recordings"
        recording.save([recorded], file)
        variables = {"BENCH_RECORDINGS": str(file), "BENCH_DATABASE_URL": twins}
        with (
            serving("wsgi:app", world.variables_for(ours, port=port), port=port) as shop,
            serving("benchmarks.twins:app", variables, port=twin_port) as twin,
        ):
            sides = {"shop": (shop, ours, path), "twin": (twin, twins, "/0"), "constant": (twin, twins, "/0/constant")}
            if kept:
                sides |= {"kept": (shop, ours, kept), "still": (twin, twins, "/0/still")}
            measured = {side: [] for side in sides}
            for asked in sides.values():
                measure(*asked, requests=8)
            for _round in range(ROUNDS):
                for side, asked in sides.items():
                    measured[side].append(measure(*asked, requests=requests))
    shop_ms, twin_ms = (statistics.median(each.server_ms for each in measured[side]) for side in ("shop", "twin"))
    constant_ms = statistics.median(each.server_ms for each in measured["constant"])
    seen = [each.database_ms for each in measured["shop"] if each.database_ms is not None]
    ratio = statistics.median(
        a.server_ms / b.server_ms for a, b in zip(measured["shop"], measured["twin"], strict=True)
    )
    beside = {}
    if kept:
        kept_ms, still_ms = (statistics.median(each.server_ms for each in measured[side]) for side in ("kept", "still"))
        beside = {"kept_cpu_ms": figure(kept_ms), "kept_of_constant": figure(kept_ms / still_ms)}
    return Finding(
        name,
        {
            "live_listings": listings + world.PIECES,
            **beside,
            "requests": requests * ROUNDS,
            "page_bytes": len(recorded.body.encode()),
            "sql": len(recorded.statements),
            "shop_cpu_ms": figure(shop_ms),
            "twin_cpu_ms": figure(twin_ms),
            "twin_of_constant_html_cpu_ms": figure(constant_ms),
            "database_cpu_ms": figure(statistics.median(seen)) if seen else None,
            "cpu_of_twin": figure(ratio),
        },
        [
            Bar("cpu_of_twin", figure(ratio), MOST_OF_TWIN),
            Bar("sql", len(recorded.statements), most_sql),
        ],
    )


def measure(server: Server, database: str, path: str, *, requests: int) -> Measured:
    """Ask for a page again and again over one connection."""
    connection = server.connect()
    before, before_database = server.cpu_seconds(), cpu_seconds(database)
    for number in range(requests):
        get(connection, path.format(f"{id(connection)}-{number}"))
    used, after_database = server.cpu_seconds() - before, cpu_seconds(database)
    connection.close()
    seen = before_database is not None and after_database is not None
    database_ms = (after_database - before_database) / requests * 1000 if seen else None
    return Measured(used / requests * 1000, database_ms)


def get(connection: HTTPConnection, path: str) -> None:
    """Ask for a page and read all of it."""
    connection.request("GET", path)
    answer = connection.getresponse()
    answer.read()
    assert answer.status == 200, f"{path}: {answer.status}"
