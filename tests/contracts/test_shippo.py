"""What we say to Shippo, what it answers, and what its webhooks and the sandbox's say, held to both descriptions."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from marketplace.database import unit_of_work
from marketplace.jobs.outbox import NotDone
from marketplace.shipping import sandbox_tracking
from marketplace.shipping.carrier import LabelAnswer
from tests.contracts import official
from tests.contracts import shippo as contract
from tests.doubles.faults import refuse
from tests.doubles.server import Call
from tests.doubles.shippo import ShippoDouble
from tests.doubles.shippo_books import WORDS
from tests.shipping.rigs import REQUEST, carrier_at
from tests.shipping.sales import labelled_order, sandbox_parcel, travel

USED = {
    "create_address", "create_shipment", "create_transaction", "list_transactions", "get_transaction", "create_refund",
    "list_refunds", "get_track", "get_shipment",
}  # fmt: skip


def everything_asked(double: ShippoDouble) -> list[Call]:
    """Every operation that the adapter uses, once at least."""
    carrier = carrier_at(double)
    carrier.check_address(REQUEST.ship_to)
    double.writing.append((2, "SUCCESS"))
    double.rates_come_later = True
    label = carrier.buy_label(REQUEST, "parcel-R12345678-1")
    assert isinstance(label, LabelAnswer)
    carrier.look_up_label(REQUEST, "parcel-R12345678-1")
    carrier.track(label.carrier, label.tracking_number)
    carrier.cancel_label(label.provider_ref, "void-1")
    asked = [call for call in double.calls if not call.path.startswith("/labels/")]
    assert {call.operation for call in asked} == USED
    return asked


@pytest.fixture
def asked(app) -> list[Call]:
    with ShippoDouble() as double:
        return everything_asked(double)


def _body(call: Call) -> Any:
    assert call.answer is not None
    return call.answer.body


def test_every_call_and_answer_is_as_we_describe_it(asked: list[Call]) -> None:
    for call in asked:
        assert contract.request_faults(call.method, call.path, call.query, call.body) == []
        assert contract.answer_faults(call.method, call.path, _body(call)) == []


def test_every_call_and_answer_is_as_shippo_describes_it(asked: list[Call]) -> None:
    described = official.required("shippo")
    for call in asked:
        kind = call.headers.get("content-type", "")
        assert described.request_faults(call.method, call.path, call.query, call.body, kind) == []
        assert call.answer is not None
        assert described.answer_faults(call.method, call.path, call.answer.status, _body(call)) == []


def test_a_wrong_call_would_be_seen(asked: list[Call]) -> None:
    [shipment] = [call for call in asked if call.operation == "create_shipment"]
    wrong = json.loads(shipment.body)
    wrong["address_to"]["colour"] = "red"
    del wrong["parcels"][0]["weight"]
    faults = contract.request_faults("POST", "/shipments", [], json.dumps(wrong).encode())
    assert len(faults) == 2
    assert contract.request_faults("DELETE", "/shipments", [], b"") != []
    assert contract.request_faults("GET", "/transactions", [("colour", "red")], b"") == ["query 'colour'"]
    assert contract.answer_faults("POST", "/transactions", {"status": "SUCCESS"}) != []


@pytest.mark.parametrize("status", sorted(WORDS))
def test_webhooks_of_the_double_are_as_described(app, status: str) -> None:
    described = official.if_there("shippo")
    with ShippoDouble() as double:
        label = carrier_at(double).buy_label(REQUEST, "parcel-R12345678-1")
        assert isinstance(label, LabelAnswer)
        event = json.loads(double.travel(label.tracking_number, status))
        assert double.violations == []
    assert contract.event_faults(event) == []
    assert described is None or described.object_faults("WebhookPayloadTrack", event) == []


def test_webhooks_of_the_sandbox_are_as_shippo_describes_them(app) -> None:
    described = official.required("shippo")
    order = labelled_order()
    for action in ("scan", "move", "fail", "deliver", "return"):
        event = json.loads(travel(order, action, told=False))
        assert contract.event_faults(event) == []
        assert described.object_faults("WebhookPayloadTrack", event) == []
    with unit_of_work(reading=True):
        track = msgspec.to_builtins(sandbox_tracking.track_object(sandbox_parcel(order)))
    assert described.object_faults("Track", track) == []


def test_the_token_goes_with_every_call_and_a_wrong_one_does_nothing(app) -> None:
    with ShippoDouble() as double:
        calls = everything_asked(double)
        assert {call.headers["authorization"].split()[0] for call in calls} == {"ShippoToken"}
        assert {call.headers["shippo-api-version"] for call in calls} == {"2018-02-08"}
        double.plan("create_shipment", refuse(401, {"detail": "Authentication credentials were not provided."}))
        with pytest.raises(NotDone):
            carrier_at(double).buy_label(REQUEST, "parcel-R12345678-2")
        assert len(double.labels) == 1
