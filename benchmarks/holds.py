"""Buying a one-of-a-kind piece: the shop's hold beside the same claim in raw SQL (``hold``)."""

from __future__ import annotations

import logging
import multiprocessing
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection

import psycopg
import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from benchmarks import world
from benchmarks.databases import Databases
from benchmarks.figures import Bar, Finding, figure
from marketplace import clock
from marketplace.database import db, unit_of_work
from marketplace.events import Actor, ActorKind
from marketplace.listings.models import Listing
from marketplace.listings.states import ListingState
from marketplace.orders import checkouts, holds
from marketplace.orders.models import Checkout, Hold, Order
from marketplace.orders.states import CheckoutState
from marketplace.orders.tax import TaxQuote
from marketplace.people import accounts

CLIENTS = 4
PIECES = 4_000
RIVALS = 2  # checkouts that want each piece
ROUNDS = 4
LEAST_OF_RAW = 0.5

RAW_HOLD = (
    "INSERT INTO holds (item_id, checkout_id, taken_at) VALUES (%s, %s, now())"
    " ON CONFLICT (item_id) WHERE released_at IS NULL DO NOTHING RETURNING id"
)
RAW_CLAIM = "UPDATE listings SET state = 'held' WHERE id = %s AND state = 'live' RETURNING id"
RAW_EVENT = (
    "INSERT INTO events (at, subject_type, subject_id, action, from_state, to_state, actor_kind, detail)"
    " VALUES (now(), 'listings', %s, 'hold', 'live', 'held', 'system', '{}')"
)


def hold(databases: Databases, template: str, scale: float) -> Finding:
    """Four clients claim pieces, two checkouts of two people each piece; every claim waits for the disk."""
    url = databases.copy(template)
    pieces = max(40, round(PIECES * scale))
    world.fill(url, listings=pieces)
    app = world.shop_at(url)
    with app.app_context():
        wanted = _checkouts(pieces)
    world.close(app)
    by_us, in_raw_sql = wanted[: len(wanted) // 2], wanted[len(wanted) // 2 :]
    rates: dict[str, list[float]] = {"shop": [], "raw": []}
    cpu: dict[str, float] = {"shop": 0.0, "raw": 0.0}
    with _clients(url) as clients:
        for place in range(ROUNDS):  # side by side: the machine's mood changes
            for side, claims in (("shop", by_us), ("raw", in_raw_sql)):
                rate, used = _claim_all(clients, side, claims[place::ROUNDS])
                rates[side].append(rate)
                cpu[side] += used
    with app.app_context():
        twice = _held_twice()
    world.close(app)
    ratio = sum(rates["shop"]) / sum(rates["raw"])
    return Finding(
        "hold",
        {
            "clients": CLIENTS,
            "claims": len(wanted),
            "shop_per_second": figure(sum(rates["shop"]) / ROUNDS),
            "raw_per_second": figure(sum(rates["raw"]) / ROUNDS),
            "of_raw": figure(ratio),
            "shop_client_cpu_ms": figure(cpu["shop"] / len(by_us) * 1000),
            "raw_client_cpu_ms": figure(cpu["raw"] / len(in_raw_sql) * 1000),
            "held_twice": twice,
        },
        [Bar("of_raw", figure(ratio), LEAST_OF_RAW, at_most=False), Bar("held_twice", twice, 0)],
    )


Claim = tuple[int, int, int]  # checkout, item, listing


def _checkouts(pieces: int) -> list[Claim]:
    """Rival checkouts for each piece, each of a person of its own; the rivals stand next to each other."""
    made = []
    with unit_of_work() as session:
        listings = session.scalars(
            sa.select(Listing).where(Listing.state == ListingState.LIVE).order_by(Listing.id.desc()).limit(pieces)
        ).all()
        buyers = [
            accounts.guest(email=f"grace{n}@example.com", name="Grace Buyer", at=clock.now()) for n in range(RIVALS)
        ]
        session.flush()
        for listing in listings:
            for rival, buyer in enumerate(buyers):
                shipping = checkouts.shipping_price(listing.currency)
                quote = TaxQuote((shipping - shipping,), {})
                checkout = checkouts.open_checkout(
                    buyer=buyer,
                    listings=[listing],
                    ship_to={"name": "Grace Buyer"},
                    quote=quote,
                    form_token=f"bench-{listing.id}-{rival}",
                    at=clock.now(),
                )
                assert checkout.state is CheckoutState.OPEN
                made.append((checkout.id, listing.item_id, listing.id))
    return made


# The clients: processes, as a shop's web workers are ------------------------------------------------------------------


@contextmanager
def _clients(url: str) -> Iterator[list[Connection]]:
    context = multiprocessing.get_context("spawn")
    ends = [context.Pipe() for _client in range(CLIENTS)]
    processes = [context.Process(target=_client, args=(url, theirs), daemon=True) for _ours, theirs in ends]
    for process in processes:
        process.start()
    try:
        for ours, _theirs in ends:
            ours.recv()  # ready
        yield [ours for ours, _theirs in ends]
    finally:
        for process in processes:
            process.terminate()
            process.join()


def _claim_all(clients: list[Connection], side: str, wanted: list[Claim]) -> tuple[float, float]:
    """Claims a second, and the clients' processor seconds, when all clients try at once, rivals against each other."""
    began = time.perf_counter()
    for number, client in enumerate(clients):
        client.send((side, wanted[number::CLIENTS]))
    used = sum(client.recv() for client in clients)
    return len(wanted) / (time.perf_counter() - began), used


def _client(url: str, orders: Connection) -> None:
    """One client: told which side and what to claim, it answers with the processor seconds that took."""
    logging.disable(logging.CRITICAL)
    app = world.shop_at(url)
    address = sa.make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    with app.app_context(), psycopg.connect(address) as connection:
        sides = {"shop": _by_the_shop, "raw": lambda claim: _in_raw_sql(connection, claim)}
        for claim_one in sides.values():
            claim_one((0, 0, 0))  # nothing: both sides are connected and loaded
        orders.send(None)
        while True:
            side, wanted = orders.recv()
            began = time.process_time()
            for claim in wanted:
                sides[side](claim)
            orders.send(time.process_time() - began)


def _by_the_shop(claim: Claim) -> None:
    """The shop's own operation, without the count of a person's other holds, which the raw claim does not make."""
    with unit_of_work() as session:
        pieces = joinedload(Checkout.orders).joinedload(Order.listing)
        checkout = session.scalars(sa.select(Checkout).where(Checkout.id == claim[0]).options(pieces)).unique().first()
        if checkout is None:
            return
        try:
            holds.take(checkout, at=clock.now(), by=Actor(ActorKind.PERSON, checkout.buyer_id))
        except holds.JustSold:
            session.rollback()


def _in_raw_sql(connection: psycopg.Connection[tuple[int]], claim: Claim) -> None:
    """A claim by three statements and a commit."""
    checkout_id, item_id, listing_id = claim
    if checkout_id and connection.execute(RAW_HOLD, (item_id, checkout_id)).fetchone():
        connection.execute(RAW_CLAIM, (listing_id,))
        connection.execute(RAW_EVENT, (listing_id,))
    connection.commit()


def _held_twice() -> int:
    """Pieces that more than one checkout holds."""
    with unit_of_work(reading=True):
        held = sa.select(Hold.item_id).where(Hold.released_at.is_(None)).group_by(Hold.item_id)
        twice = held.having(sa.func.count() > 1).subquery()
        return db.session.scalar(sa.select(sa.func.count()).select_from(twice)) or 0
