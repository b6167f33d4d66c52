"""Buying a one-of-a-kind piece: the shop's hold beside the same claim in raw SQL (``hold``)."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

import psycopg
import sqlalchemy as sa

from benchmarks import world
from benchmarks.databases import Databases
from benchmarks.figures import Bar, Finding, figure
from marketplace import clock
from marketplace.database import db, unit_of_work
from marketplace.listings.models import Listing
from marketplace.listings.states import ListingState
from marketplace.orders import checkouts, holds
from marketplace.orders.models import Checkout, Hold
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
    """Four clients claim pieces, two checkouts each piece; every claim waits for the disk."""
    url = databases.copy(template)
    pieces = max(40, round(PIECES * scale))
    world.fill(url, listings=pieces)
    app = world.shop_at(url)
    with app.app_context():
        wanted = _checkouts(pieces)
        by_us, in_raw_sql = wanted[: len(wanted) // 2], wanted[len(wanted) // 2 :]

        def ours(checkout_id: int, _item_id: int, _listing_id: int) -> None:
            with app.app_context(), unit_of_work() as session:
                checkout = session.get_one(Checkout, checkout_id)
                try:
                    holds.take(checkout, at=clock.now(), by=checkout.buyer)
                except holds.JustSold:
                    session.rollback()

        raw = _raw_claims(url)
        shop_rates, raw_rates = [], []
        for place in range(ROUNDS):  # side by side: the machine's mood changes
            shop_rates.append(_rate(by_us[place::ROUNDS], lambda: ours))
            raw_rates.append(_rate(in_raw_sql[place::ROUNDS], raw))
        twice = _held_twice()
    world.close(app)
    ratio = sum(shop_rates) / sum(raw_rates)
    return Finding(
        "hold",
        {
            "clients": CLIENTS,
            "claims": len(wanted),
            "shop_per_second": figure(sum(shop_rates) / ROUNDS),
            "raw_per_second": figure(sum(raw_rates) / ROUNDS),
            "of_raw": figure(ratio),
            "held_twice": twice,
        },
        [Bar("of_raw", figure(ratio), LEAST_OF_RAW, at_most=False), Bar("held_twice", twice, 0)],
    )


Claim = Callable[[int, int, int], None]


def _checkouts(pieces: int) -> list[tuple[int, int, int]]:
    """Rival checkouts for each piece: (checkout, item, listing), the rivals next to each other."""
    made = []
    with unit_of_work() as session:
        listings = session.scalars(
            sa.select(Listing).where(Listing.state == ListingState.LIVE).order_by(Listing.id.desc()).limit(pieces)
        ).all()
        buyer = accounts.guest(email="grace@example.com", name="Grace Buyer", at=clock.now())
        session.flush()
        for listing in listings:
            for rival in range(RIVALS):
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


def _raw_claims(url: str) -> Callable[[], Claim]:
    """A claim by three statements and a commit, on a connection that each client keeps."""
    address = sa.make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)

    def connect() -> Claim:
        connection = psycopg.connect(address)

        def claim(checkout_id: int, item_id: int, listing_id: int) -> None:
            if connection.execute(RAW_HOLD, (item_id, checkout_id)).fetchone():
                connection.execute(RAW_CLAIM, (listing_id,))
                connection.execute(RAW_EVENT, (listing_id,))
            connection.commit()

        return claim

    return connect


def _rate(wanted: list[tuple[int, int, int]], connect: Callable[[], Claim]) -> float:
    """Claims a second, tried by all clients at once."""
    queue, lock = iter(wanted), threading.Lock()

    def next_one() -> Iterator[tuple[int, int, int]]:
        while True:
            with lock:
                found = next(queue, None)
            if found is None:
                return
            yield found

    def client() -> None:
        claim = connect()
        for one in next_one():
            claim(*one)

    clients = [threading.Thread(target=client) for _ in range(CLIENTS)]
    began = time.perf_counter()
    for each in clients:
        each.start()
    for each in clients:
        each.join()
    return len(wanted) / (time.perf_counter() - began)


def _held_twice() -> int:
    """Pieces that more than one checkout holds."""
    with unit_of_work(reading=True):
        held = sa.select(Hold.item_id).where(Hold.released_at.is_(None)).group_by(Hold.item_id)
        twice = held.having(sa.func.count() > 1).subquery()
        return db.session.scalar(sa.select(sa.func.count()).select_from(twice)) or 0
