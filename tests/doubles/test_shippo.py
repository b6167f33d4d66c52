"""The double of Shippo in a process of its own, as a rehearsal runs it: steered over HTTP, telling a shop."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from tests.doubles.server import Answer, Call, Double, answers
from tests.doubles.shippo import TOKEN

ADDRESS = {
    "name": "Ada Seller", "street1": "77 Secret Garden Way", "city": "Portland", "state": "OR", "zip": "97201",
    "country": "US", "validate": True,
}  # fmt: skip
PARCEL = {
    "length": "400", "width": "300", "height": "200", "distance_unit": "mm", "weight": "1800", "mass_unit": "g",
    "extra": {"reference_1": "R1"},
}  # fmt: skip
SHIPMENT = {
    "address_from": ADDRESS, "address_to": ADDRESS, "parcels": [PARCEL], "metadata": "R1 parcel-R1-1", "async": False,
}  # fmt: skip


class Shop(Double):
    """Somebody who takes webhooks."""

    @answers("POST", "/webhooks/shippo/secret")
    def take(self, call: Call) -> Answer:
        return Answer({"received": True})


@pytest.fixture
def shop() -> Iterator[Shop]:
    with Shop() as running:
        yield running


@pytest.fixture
def url(shop: Shop) -> Iterator[str]:
    command = [sys.executable, "-m", "tests.doubles.shippo", "--webhook", f"{shop.url}/webhooks/shippo/secret"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
        os.kill(process.pid, signal.SIGTERM)
        assert process.wait(10) == 0


def _post(url: str, sent: Any) -> Any:
    return requests.post(url, json=sent, headers={"Authorization": f"ShippoToken {TOKEN}"}, timeout=10).json()


def test_a_parcel_is_bought_moved_told_of_and_its_rates_grow_old(shop: Shop, url: str) -> None:
    [rate] = [one for one in _post(f"{url}/shipments", SHIPMENT)["rates"] if one["provider"] == "UPS"]
    purchase = {"rate": rate["object_id"], "label_file_type": "PDF_4x6", "metadata": "R1 parcel-R1-1", "async": False}
    label = _post(f"{url}/transactions", purchase)
    assert requests.get(label["label_url"], timeout=10).content.startswith(b"%PDF")
    answer = _post(f"{url}/_double/parcels/{label['tracking_number']}", {"status": "TRANSIT"})
    assert answer == {"shop_answered": 200}
    [told] = shop.of("take")
    assert json.loads(told.body)["data"]["tracking_status"]["status"] == "TRANSIT"
    quiet = _post(f"{url}/_double/parcels/{label['tracking_number']}", {"status": "DELIVERED", "tell": False})
    assert quiet["body"]["data"]["tracking_status"]["status"] == "DELIVERED"
    assert shop.count("take") == 1
    [parcel] = requests.get(f"{url}/_double/parcels", timeout=10).json()
    assert (parcel["status"], parcel["cost_minor"], parcel["is_kept"]) == ("DELIVERED", 1225, True)
    _post(f"{url}/_double/later", {"days": 8})
    assert _post(f"{url}/transactions", purchase)["status"] == "ERROR"
    assert requests.get(f"{url}/_double/violations", timeout=10).json() == []
