"""The whole guest checkout over HTTP, by eight clients at once, and beside the bare twins of its requests."""

from __future__ import annotations

import html
import re
import statistics
import tempfile
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlencode

import sqlalchemy as sa
from flask import Flask

from benchmarks import recording, world
from benchmarks.databases import Databases
from benchmarks.figures import Bar, Finding, figure
from benchmarks.recording import Recording
from benchmarks.serving import Server, free_port, serving
from marketplace.database import db, unit_of_work
from marketplace.jobs import runner
from marketplace.ledger import proofs
from marketplace.listings.finding import public_path
from marketplace.listings.models import Listing
from marketplace.listings.states import ListingState
from marketplace.orders.models import Order

CLIENTS = 8
ORDERS = 800
ALONE = 40  # orders of one client, for the processor time of each side
ROUNDS = 4
WORKERS = 2
LEAST_A_SECOND = 25
MOST_OF_TWINS = 2.0

_FORM = r'<form[^>]*id="{}"[^>]*>.*?</form>'
_HIDDEN = re.compile(r'<input[^>]*type="hidden"[^>]*>')
_ATTRIBUTE = re.compile(r'(name|value|action)="([^"]*)"')
GUEST = {
    "email": "grace@example.com",
    "name": "Grace Buyer",
    "line1": "350 Fifth Avenue",
    "city": "New York",
    "region": "NY",
    "postcode": "10118",
    "country": "US",
}

Send = Callable[[str, str, dict[str, str] | None], tuple[int, str | None, str]]


def buy(send: Send, path: str) -> bool:
    """A guest's whole way: the piece, the bag, the address, the offer, the payment page, paid, and back."""
    page = send("GET", path, None)[2]
    if 'id="add-to-bag"' not in page:
        return False  # sold, or being paid for, before she came
    status, _to, _page = _submit(send, page, path, "add-to-bag", {})
    page = send("GET", "/checkout", None)[2]
    if 'id="checkout"' not in page:
        return False
    status, review, _page = _submit(send, page, "/checkout", "checkout", GUEST)
    assert status == 303, f"checkout: {status}"
    page = send("GET", review or "", None)[2]
    if 'id="pay"' not in page:
        return False  # back in the bag: somebody was first
    status, paying, _page = _submit(send, page, review or "", "pay", {})
    if status != 303:
        return False  # somebody was first
    page = send("GET", paying or "", None)[2]
    status, back, _page = _submit(send, page, paying or "", "sandbox-pay", {"card": "4242 4242 4242 4242"})
    assert status == 303, f"paying: {status}"
    return send("GET", back or "", None)[0] == 200


def _submit(send: Send, page: str, path: str, form: str, filled: dict[str, str]) -> tuple[int, str | None, str]:
    found = re.search(_FORM.format(form), page, re.DOTALL)
    assert found, f"{path} has no form {form}"
    attributes = dict(_ATTRIBUTE.findall(found[0].partition(">")[0]))
    fields = {}
    for control in _HIDDEN.findall(found[0]):
        said = dict(_ATTRIBUTE.findall(control))
        fields[said["name"]] = html.unescape(said.get("value", ""))
    return send("POST", html.unescape(attributes.get("action") or path), {**fields, **filled})


class Visitor:
    """A browser without scripts on one kept connection, with a cookie jar of its own."""

    def __init__(self, server: Server, origin: str) -> None:
        self._connection: HTTPConnection = server.connect()
        self._origin, self._cookies = origin, {}

    def __call__(self, method: str, path: str, form: dict[str, str] | None) -> tuple[int, str | None, str]:
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self._cookies.items())}
        body = None
        if form is not None:
            body = urlencode(form)
            headers |= {"Content-Type": "application/x-www-form-urlencoded", "Origin": self._origin}
        self._connection.request(method, path.removeprefix(self._origin), body, headers)
        answer = self._connection.getresponse()
        page = answer.read().decode()
        for cookie in answer.headers.get_all("Set-Cookie") or ():
            name, _is, value = cookie.partition(";")[0].partition("=")
            self._cookies[name] = value
        assert answer.status < 500, f"{method} {path}: {answer.status}"
        return answer.status, answer.headers.get("Location"), page


def checkout(databases: Databases, template: str, scale: float) -> Finding:
    """Eight clients buy; every tenth piece is wanted by two of them."""
    orders, alone = max(4, round(ORDERS * scale)), max(2, round(ALONE * min(1.0, scale * 10)))
    pristine = databases.copy(template)
    world.fill(pristine, listings=orders + alone + 50)
    url, twins = databases.copy(pristine), databases.copy(pristine)
    port = free_port()
    app = world.shop_at(url, port=port)
    with app.app_context(), unit_of_work(reading=True):
        query = sa.select(Listing).where(Listing.state == ListingState.LIVE).order_by(Listing.id.desc())
        paths = [public_path(listing) for listing in db.session.scalars(query.limit(orders + alone + 2))]
    recorded = _record(app, paths.pop())
    origin = app.config["SETTINGS"].public_url
    variables = world.variables_for(url, port=port)
    with serving("wsgi:app", variables, port=port, workers=1) as server:
        buy(Visitor(server, origin), paths.pop())
        ratio, shop_ms, twin_ms = _beside_twins(server, origin, paths[:alone], recorded, twins)
    with serving("wsgi:app", variables, port=port, workers=WORKERS) as server:
        before = server.cpu_seconds()
        bought, took = _all_at_once(server, origin, paths[alone:])
        cpu_ms = (server.cpu_seconds() - before) / max(1, bought) * 1000
    with app.app_context():
        began = time.process_time()
        runner.run_until_idle()
        jobs_ms = (time.process_time() - began) / (bought + alone + 2) * 1000
        paid, twice, troubles = _books()
    world.close(app)
    assert not troubles, troubles
    assert paid == bought + alone + 2, (paid, bought, alone)
    return Finding(
        "checkout",
        {
            "clients": CLIENTS,
            "orders": bought,
            "orders_per_second": figure(bought / took),
            "requests_an_order": len(recorded),
            "sql_an_order": sum(len(each.statements) for each in recorded),
            "server_cpu_ms_an_order": figure(cpu_ms),
            "alone_cpu_ms_an_order": figure(shop_ms),
            "twins_cpu_ms_an_order": figure(twin_ms),
            "cpu_of_twins": figure(ratio),
            "jobs_cpu_ms_an_order": figure(jobs_ms),
            "sold_twice": twice,
        },
        [
            Bar("orders_per_second", figure(bought / took), LEAST_A_SECOND, at_most=False),
            Bar("cpu_of_twins", figure(ratio), MOST_OF_TWINS),
            Bar("sold_twice", twice, 0),
        ],
    )


def _record(app: Flask, path: str) -> list[Recording]:
    """Every request of one checkout, served in this process."""
    visitor, origin = app.test_client(), app.config["SETTINGS"].public_url
    taken: list[Recording] = []

    def send(method: str, address: str, form: dict[str, str] | None) -> tuple[int, str | None, str]:
        with recording.statements_of(app) as statements:
            answer = visitor.open(address.removeprefix(origin), method=method, data=form, base_url=origin)
        page = answer.get_data(as_text=True)
        taken.append(Recording(statements, answer.status_code, list(answer.headers), page))
        return answer.status_code, answer.headers.get("Location"), page

    assert buy(send, path)
    return taken


def _beside_twins(
    server: Server, origin: str, paths: list[str], recorded: list[Recording], twins: str
) -> tuple[float, float, float]:
    """Processor milliseconds of one order and of the twins of its requests, in turns; and the one over the other."""
    ratios, shop, twin = [], [], []
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "recordings"
        recording.save(recorded, file)
        port = free_port()
        variables = {"BENCH_RECORDINGS": str(file), "BENCH_DATABASE_URL": twins}
        with serving("benchmarks.twins:app", variables, port=port) as bare:
            _repeat(bare, recorded, times=2)
            for place in range(ROUNDS):
                batch = paths[place::ROUNDS]
                before = server.cpu_seconds()
                for path in batch:
                    assert buy(Visitor(server, origin), path)
                shop.append((server.cpu_seconds() - before) / len(batch) * 1000)
                before = bare.cpu_seconds()
                _repeat(bare, recorded, times=len(batch))
                twin.append((bare.cpu_seconds() - before) / len(batch) * 1000)
                ratios.append(shop[-1] / twin[-1])
    return statistics.median(ratios), statistics.median(shop), statistics.median(twin)


def _repeat(bare: Server, recorded: list[Recording], *, times: int) -> None:
    connection = bare.connect()
    for _time in range(times):
        for number, each in enumerate(recorded):
            connection.request("GET", f"/{number}")
            answer = connection.getresponse()
            answer.read()
            assert answer.status == each.status


def _all_at_once(server: Server, origin: str, paths: list[str]) -> tuple[int, float]:
    """How many pieces the clients bought, and the seconds it took; every tenth piece is tried twice."""
    wanted = [path for place, path in enumerate(paths) for _try in range(2 if place % 10 == 0 else 1)]
    queue, lock, bought = iter(wanted), threading.Lock(), []

    def client() -> None:
        while True:
            with lock:
                path = next(queue, None)
            if path is None:
                return
            if buy(Visitor(server, origin), path):
                bought.append(path)

    began = time.perf_counter()
    with ThreadPoolExecutor(CLIENTS) as clients:
        for done in [clients.submit(client) for _ in range(CLIENTS)]:
            done.result()  # what went wrong for one is raised
    return len(bought), time.perf_counter() - began


def _books() -> tuple[int, int, list[str]]:
    """Orders paid, pieces that were paid for twice, and what is wrong with the ledger."""
    with unit_of_work(reading=True):
        paid = sa.select(Order.item_id).where(Order.paid_at.is_not(None))
        twice = paid.group_by(Order.item_id).having(sa.func.count() > 1).subquery()
        return (
            db.session.scalar(sa.select(sa.func.count()).select_from(paid.subquery())) or 0,
            db.session.scalar(sa.select(sa.func.count()).select_from(twice)) or 0,
            proofs.faults(),
        )
