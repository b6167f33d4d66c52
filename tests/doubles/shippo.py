"""Shippo on a real socket: addresses, rates that expire, labels, refunds, tracks, and webhooks about parcels.

It keeps what it sold and gave back, and sells again to whoever asks twice: only its list by rate can prevent that. Its
clock runs ahead by ``later``. In a process of its own: ``python -m tests.doubles.shippo --port N --webhook URL``; then
``GET /_double/parcels``, ``POST /_double/parcels/NUMBER`` ``{"status": "TRANSIT"}``, ``POST /_double/later``
``{"days": 8}`` and ``POST /_double/refunds`` (its carriers decide) steer it, beside ``tests.doubles.control``.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from tests.contracts import shippo as contract
from tests.doubles.control import arguments, serve
from tests.doubles.server import Answer, Call, answers
from tests.doubles.shippo_books import VALID_FOR, WORDS, ShippoBooks

TOKEN = "shippo_test_" + "0" * 40


class ShippoDouble(ShippoBooks):
    """The operations we use, each call and answer held to the descriptions, and the steering."""

    # Who asks, and how -----------------------------------------------------------------------------------------------

    def before(self, call: Call) -> Answer | None:
        if call.path.startswith(("/_double/", "/labels/")):
            return None
        if not call.headers.get("authorization", "").startswith("ShippoToken shippo_test_"):
            return Answer({"detail": "Authentication credentials were not provided."}, 401)
        faults = contract.request_faults(call.method, call.path, call.query, call.body)
        if self._official is not None:
            kind = call.headers.get("content-type", "")
            faults += self._official.request_faults(call.method, call.path, call.query, call.body, kind)
        self.violations += faults
        return None

    def after(self, call: Call, answer: Answer) -> None:
        if call.path.startswith(("/_double/", "/labels/")) or answer.status >= 400:
            return
        self.violations += contract.answer_faults(call.method, call.path, answer.body)
        if self._official is not None:
            self.violations += self._official.answer_faults(call.method, call.path, answer.status, answer.body)

    # Addresses and rates ---------------------------------------------------------------------------------------------

    @answers("POST", "/addresses")
    def create_address(self, call: Call) -> Answer:
        return Answer(self._validated(call.json), 201)

    @answers("POST", "/shipments")
    def create_shipment(self, call: Call) -> Answer:
        sent = call.json
        ends = {end: self._validated(sent[end]) for end in ("address_from", "address_to")}
        shipment = {
            **self._stamps(),
            **ends,
            "address_return": ends["address_from"],
            "parcels": [{**parcel, **self._stamps(), "object_state": "VALID"} for parcel in sent["parcels"]],
            "metadata": sent.get("metadata", ""),
            "status": "SUCCESS",
            "carrier_accounts": [],
            "messages": [],
            "test": True,
        }
        sound = all(end["validation_results"]["is_valid"] for end in ends.values())
        shipment["rates"] = [self._rate(token, shipment["object_id"]) for token in self.prices] if sound else []
        if not sound:
            shipment["messages"] = [{"source": "USPS", "code": "", "text": "Unknown street."}]
        self.shipments[shipment["object_id"]] = shipment
        if self.rates_come_later:
            return Answer({**shipment, "status": "QUEUED", "rates": []}, 201)
        return Answer(shipment, 201)

    @answers("GET", "/shipments/{shipment}")
    def get_shipment(self, call: Call) -> Answer:
        found = self.shipments.get(call.parts["shipment"])
        return Answer(found) if found else _not_found()

    # Labels ----------------------------------------------------------------------------------------------------------

    @answers("POST", "/transactions")
    def create_transaction(self, call: Call) -> Answer:
        sent = call.json
        rate = self.rates.get(sent["rate"])
        if rate is None:
            return Answer({"rate": [f"Rate with supplied object_id {sent['rate']} not found."]}, 400)
        transaction = {
            **self._stamps(),
            "object_state": "VALID",
            "rate": rate["object_id"],
            "metadata": sent.get("metadata", ""),
            "label_file_type": sent["label_file_type"],
            "messages": [],
            "test": True,
            "status": "QUEUED",
        }
        self.transactions[transaction["object_id"]] = transaction
        looks, status = self.writing.popleft() if self.writing else (0, "SUCCESS")
        if datetime.fromisoformat(rate["object_created"]) + VALID_FOR < self.now():
            looks, status = 0, "ERROR"
        self._looks[transaction["object_id"]] = (looks, status)
        self._write(transaction)
        return Answer(dict(transaction), 201)

    @answers("GET", "/transactions")
    def list_transactions(self, call: Call) -> Answer:
        wanted = dict(call.query).get("rate")
        found = [one for one in self.transactions.values() if wanted in (None, one["rate"])]
        return Answer(_page([self._looked_at(one) for one in reversed(found)]))

    @answers("GET", "/transactions/{transaction}")
    def get_transaction(self, call: Call) -> Answer:
        found = self.transactions.get(call.parts["transaction"])
        return Answer(self._looked_at(found)) if found else _not_found()

    @answers("GET", "/labels/{document}")
    def get_label(self, call: Call) -> Answer:
        ref = call.parts["document"].removesuffix(".pdf")
        for parcel in self.parcels.values():
            if parcel.transaction["object_id"] == ref:
                return Answer(parcel.document, content_type="application/pdf")
        return _not_found()

    # Labels given back -----------------------------------------------------------------------------------------------

    @answers("POST", "/refunds")
    def create_refund(self, call: Call) -> Answer:
        transaction = self.transactions.get(call.json["transaction"])
        if transaction is None or transaction["status"] != "SUCCESS":
            return Answer({"transaction": ["This transaction cannot be refunded."]}, 400)
        refund = {**self._stamps(), "transaction": transaction["object_id"], "status": "PENDING", "test": True}
        transaction["status"] = "REFUNDPENDING"
        self.refunds[refund["object_id"]] = refund
        if not self.refunds_take_days:
            self._decide(refund)
        return Answer(dict(refund), 201)

    @answers("GET", "/refunds/")
    def list_refunds(self, call: Call) -> Answer:
        return Answer(_page([dict(refund) for refund in reversed(self.refunds.values())][:25]))

    # Parcels on their way --------------------------------------------------------------------------------------------

    @answers("GET", "/tracks/{carrier}/{number}")
    def get_track(self, call: Call) -> Answer:
        parcel = self.parcels.get(call.parts["number"])
        if parcel is None or parcel.carrier != call.parts["carrier"]:
            nothing = {"messages": [], "tracking_history": []}
            return Answer({"carrier": call.parts["carrier"], "tracking_number": call.parts["number"], **nothing})
        return Answer(self._track(parcel))

    # Steering --------------------------------------------------------------------------------------------------------

    @answers("GET", "/_double/parcels")
    def show_parcels(self, call: Call) -> Answer:
        return Answer(
            [
                {
                    "tracking_number": number,
                    "carrier": parcel.carrier,
                    "metadata": parcel.transaction["metadata"],
                    "cost_minor": parcel.cost_minor,
                    "is_kept": parcel.is_kept,
                    "status": parcel.history[-1]["status"],
                }
                for number, parcel in self.parcels.items()
            ]
        )

    @answers("POST", "/_double/parcels/{number}")
    def steer_parcel(self, call: Call) -> Answer:
        """``status``, ``hours_ago``, and ``tell`` (true): the answer says what the shop answered."""
        sent = call.json
        if call.parts["number"] not in self.parcels or sent.get("status") not in WORDS:
            return Answer({"known": sorted(WORDS)}, 404)
        body = self.travel(call.parts["number"], sent["status"], hours_ago=sent.get("hours_ago", 0))
        return Answer({"body": json.loads(body), "told": bool(sent.get("tell", True) and self.webhook)})

    @answers("POST", "/_double/later")
    def steer_time(self, call: Call) -> Answer:
        self.later(**call.json)
        return Answer({"now": self.now().isoformat()})

    @answers("POST", "/_double/writing")
    def steer_writing(self, call: Call) -> Answer:
        self.writing.append((call.json["looks"], call.json["status"]))
        return Answer({})

    @answers("POST", "/_double/refunds")
    def steer_refunds(self, call: Call) -> Answer:
        """``take_days``: true lets refunds wait until this is called again; then all are decided."""
        self.refunds_take_days = bool((call.json or {}).get("take_days", self.refunds_take_days))
        self.decide_refunds()
        return Answer({})

    def receive(self, call: Call) -> tuple[Answer, Any]:
        """A webhook leaves once the double's lock is free: the shop may ask back before it answers."""
        answer, fault = super().receive(call)
        if call.operation == "steer_parcel" and answer.body.pop("told", False):
            answer.body["shop_answered"] = self.tell(json.dumps(answer.body.pop("body")).encode())
        return answer, fault


def _page(found: list[dict[str, Any]]) -> dict[str, Any]:
    return {"results": found}


def _not_found() -> Answer:
    return Answer({"detail": "Not found."}, 404)


if __name__ == "__main__":
    parser = arguments("shippo")
    parser.add_argument("--webhook", default="", help="where events about parcels go, token and all")
    options = parser.parse_args()
    serve(ShippoDouble(options.port, webhook=options.webhook))
