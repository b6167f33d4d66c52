"""Shippo's adapter behind the shop, on a double of Shippo."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from marketplace.jobs import outbox
from marketplace.shipping.shippo import ShippoCarrier
from tests.doubles.shippo import ShippoDouble
from tests.shipping.rigs import carrier_at


@pytest.fixture
def shippo(app, monkeypatch: pytest.MonkeyPatch) -> Iterator[ShippoDouble]:
    """The shop runs with Shippo's adapter; at the end every call and answer must have been as described."""
    with ShippoDouble() as double:
        monkeypatch.setitem(app.extensions, "carrier", carrier_at(double))
        monkeypatch.setattr(outbox, "PAUSES", [timedelta(0)] * 6)
        yield double
        assert double.violations == []


@pytest.fixture
def carrier(shippo: ShippoDouble) -> ShippoCarrier:
    return carrier_at(shippo)
