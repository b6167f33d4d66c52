"""How many pieces one person may be paying for, also when she opens two payments at one moment."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress

import pytest
import sqlalchemy as sa

from marketplace import clock
from marketplace.database import db, unit_of_work
from marketplace.money import Money
from marketplace.orders import checkouts, holds
from marketplace.orders.holds import TooManyHolds
from marketplace.orders.models import Checkout, Hold
from marketplace.orders.tax import TaxQuote
from marketplace.people.models import Person
from tests.fresh import FreshDatabase
from tests.shipping.sales import SHIP_TO
from tests.shopping import live_listing

MEETING = 1.0  # seconds one of the two waits for the other, between counting and taking


def two_offers() -> list[int]:
    """Two open checkouts of one buyer, each of a piece of its own."""
    listings = [live_listing(), live_listing()]
    with unit_of_work():
        buyer = Person(email="grace@example.com", name="Grace Buyer", joined_at=clock.now())
        db.session.add(buyer)
        return [
            checkouts.open_checkout(
                buyer=buyer,
                listings=[listing],
                ship_to=SHIP_TO,
                quote=TaxQuote((Money(2000, "USD"),), {"adapter": "table"}),
                form_token=f"form-{listing.number}",
                at=clock.now(),
            ).id
            for listing in listings
        ]


def take_both_at_once(fresh: FreshDatabase, monkeypatch: pytest.MonkeyPatch) -> int:
    """Both payments are opened, each counting before the other takes; returns how many pieces are held."""
    ids = fresh.run(two_offers)
    both_counted = threading.Barrier(2)
    count = holds.live_holds_of

    def count_and_wait(person_id: int, *, besides: int) -> int:
        counted = count(person_id, besides=besides)
        with suppress(threading.BrokenBarrierError):
            both_counted.wait(MEETING)
        return counted

    def take(checkout_id: int) -> Callable[[], None]:
        def act() -> None:
            with unit_of_work() as session:
                checkout = session.get_one(Checkout, checkout_id)
                holds.take(checkout, at=clock.now(), by=checkout.buyer, limit=1)

        return act

    monkeypatch.setattr(holds, "live_holds_of", count_and_wait)
    outcomes = fresh.in_parallel([take(checkout_id) for checkout_id in ids])
    assert all(outcome is None or isinstance(outcome, TooManyHolds) for outcome in outcomes), outcomes
    return int(fresh.run(lambda: db.session.scalar(sa.select(sa.func.count()).select_from(Hold))))


def test_two_payments_opened_at_once_hold_no_more_than_one_person_may(
    fresh_database: FreshDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert take_both_at_once(fresh_database, monkeypatch) == 1


def test_without_the_queue_they_hold_too_many(
    fresh_database: FreshDatabase, engine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: PostgreSQL lets both count first; SQLite's writers wait for each other anyway."""
    monkeypatch.setattr(holds, "queue_behind", lambda _key: None)
    assert take_both_at_once(fresh_database, monkeypatch) == (2 if engine == "postgresql" else 1)
