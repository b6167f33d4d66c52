"""A shop that listens, started with ``SHIPPING=shippo``, and a Shippo that listens: one label and its webhooks."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest

from marketplace.database import db
from marketplace.orders.models import Order
from marketplace.orders.states import OrderState
from tests.doubles.shippo import TOKEN, ShippoDouble
from tests.live import LiveShop
from tests.shipping.sales import sold_order

SECRET = "w" * 24


@pytest.fixture
def double() -> Iterator[ShippoDouble]:
    with ShippoDouble() as running:
        yield running
        assert running.violations == []


@pytest.fixture
def live(fresh_database, double: ShippoDouble) -> Iterator[LiveShop]:
    shop = LiveShop(
        fresh_database.url,
        photos=fresh_database.photos,
        shipping="shippo",
        shippo_token=TOKEN,
        shippo_api_base=double.url,
        shippo_webhook_token=SECRET,
    )
    shop.start()
    yield shop
    shop.stop()


def _wait(until: Callable[[], bool]) -> None:
    last = time.monotonic() + 30
    while not until():
        assert time.monotonic() < last, "it never came"
        time.sleep(0.05)


@pytest.mark.fault("L08")
def test_a_sale_is_labelled_and_told_of_over_real_sockets(live: LiveShop, double: ShippoDouble) -> None:
    number = live.run(lambda: sold_order().id)

    def state() -> OrderState:
        return live.run(lambda: db.session.get_one(Order, number).state)

    _wait(lambda: state() is OrderState.LABEL_ISSUED)
    [(tracking, _cost, _is_owed)] = double.labels
    event = double.travel(tracking, "TRANSIT")
    for wrong in (f"{SECRET}x", SECRET[:-1], "0" * 64):
        double.webhook = f"{live.url}/webhooks/shippo/{wrong}"
        assert double.tell(event) == 404
    assert state() is OrderState.LABEL_ISSUED
    double.webhook = f"{live.url}/webhooks/shippo/{SECRET}"
    assert [double.tell(event) for _time in range(2)] == [200, 200]
    _wait(lambda: state() is OrderState.IN_TRANSIT)
