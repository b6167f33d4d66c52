"""Shippo on a real socket: addresses, rates that expire, labels, refunds, tracks, and webhooks about parcels.

It keeps what it sold and gave back, and sells again to whoever asks twice: only its list by rate can prevent that. Its
clock runs ahead by ``later``. In a process of its own: ``python -m tests.doubles.shippo --port N --webhook URL``; then
``GET /_double/parcels``, ``POST /_double/parcels/NUMBER`` ``{"status": "TRANSIT"}``, ``POST /_double/later``
``{"days": 8}`` and ``POST /_double/refunds`` (its carriers decide) steer it, beside ``tests.doubles.control``.
"""

from __future__ import annotations

import json
import urllib.error
import urllib.request
import uuid
from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from marketplace.shipping.label_document import LabelAddress, LabelContents, render_label
from marketplace.shipping.sandbox import tracking_number
from tests.contracts import official
from tests.contracts import shippo as contract
from tests.doubles.control import Steered, arguments, serve
from tests.doubles.server import Answer, Call, answers

TOKEN = "shippo_test_" + "0" * 40
OWNER = "shop@example.com"
VALID_FOR = timedelta(days=7)

SERVICES = {
    "usps_ground_advantage": ("USPS", "Ground Advantage", "8.15"),
    "usps_priority": ("USPS", "Priority Mail", "10.40"),
    "ups_ground": ("UPS", "Ground", "12.25"),
}
NOBODY_DELIVERS = ("no label lane", "nowhere street")

WORDS = {
    "PRE_TRANSIT": ("information_received", "The label has been made. The carrier awaits the parcel."),
    "TRANSIT": ("package_accepted", "Accepted at the post office."),
    "DELIVERED": ("delivered", "Delivered to the mailbox."),
    "RETURNED": ("return_to_sender", "Returned to its sender."),
    "FAILURE": ("package_undeliverable", "Could not be delivered."),
}


@dataclass
class Parcel:
    """A label that was sold, and what its carrier did with it."""

    transaction: dict[str, Any]
    shipment: dict[str, Any]
    carrier: str
    cost_minor: int
    document: bytes
    history: list[dict[str, Any]] = field(default_factory=list)

    @property
    def is_used(self) -> bool:
        return any(scan["status"] != "PRE_TRANSIT" for scan in self.history)

    @property
    def is_kept(self) -> bool:
        return self.transaction["status"] != "REFUNDED"


class ShippoDouble(Steered):
    """One account. ``writing`` says how the next labels are written: looks until then, and the status they end in."""

    def __init__(self, port: int = 0, *, webhook: str = "") -> None:
        super().__init__(port)
        self.webhook = webhook
        self.prices = {token: price for token, (_carrier, _name, price) in SERVICES.items()}
        self.writing: deque[tuple[int, str]] = deque()
        self.rates_come_later = False  # a shipment is answered before its carriers have named their prices
        self.refunds_take_days = False
        self.shipments: dict[str, dict[str, Any]] = {}
        self.rates: dict[str, dict[str, Any]] = {}
        self.transactions: dict[str, dict[str, Any]] = {}
        self.refunds: dict[str, dict[str, Any]] = {}
        self.parcels: dict[str, Parcel] = {}
        self._looks: dict[str, tuple[int, str]] = {}
        self._ahead = timedelta(0)
        self._official = official.if_there("shippo")

    # Its books -------------------------------------------------------------------------------------------------------

    @property
    def labels(self) -> list[tuple[str, int, bool]]:
        """Every label sold: its number, its price in cents, and whether it is still to be paid."""
        with self.lock:
            return [(number, one.cost_minor, one.is_kept) for number, one in self.parcels.items()]

    def now(self) -> datetime:
        return datetime.now(UTC) + self._ahead

    def later(self, **step: float) -> None:
        """Let time pass over there: ``later(days=8)``."""
        self._ahead += timedelta(**step)

    def _stamps(self) -> dict[str, Any]:
        moment = self.now().isoformat().replace("+00:00", "Z")
        return {
            "object_created": moment,
            "object_updated": moment,
            "object_owner": OWNER,
            "object_id": uuid.uuid4().hex,
        }

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

    def _validated(self, sent: dict[str, Any]) -> dict[str, Any]:
        kept = {name: value for name, value in sent.items() if name != "validate"}
        valid = not any(street in sent.get("street1", "").lower() for street in NOBODY_DELIVERS)
        said = {"source": "carrier", "type": "address_error", "code": "unknown_street", "text": "Unknown street."}
        results = {"is_valid": valid, "messages": [] if valid else [said]}
        return {**kept, **self._stamps(), "is_complete": True, "test": True, "validation_results": results}

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

    def _rate(self, token: str, shipment: str) -> dict[str, Any]:
        carrier, name, _usual = SERVICES[token]
        stamps = self._stamps()
        stamps.pop("object_updated")
        rate = {
            **stamps,
            "shipment": shipment,
            "attributes": [],
            "amount": self.prices[token],
            "currency": "USD",
            "amount_local": self.prices[token],
            "currency_local": "USD",
            "provider": carrier,
            "servicelevel": {"token": token, "name": name, "terms": ""},
            "carrier_account": "c" * 32,
            "estimated_days": 4,
            "messages": [],
            "test": True,
        }
        self.rates[rate["object_id"]] = rate
        return rate

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

    def _write(self, transaction: dict[str, Any]) -> None:
        """Each look brings a label that is being written nearer to its end."""
        looks, status = self._looks[transaction["object_id"]]
        self._looks[transaction["object_id"]] = (looks - 1, status)
        if looks > 0 or transaction["status"] != "QUEUED":
            return
        transaction["status"] = status
        if status == "ERROR":
            transaction["messages"] = [{"source": "USPS", "code": "", "text": "The label could not be made."}]
        else:
            self._sell(transaction)

    def _sell(self, transaction: dict[str, Any]) -> None:
        rate = self.rates[transaction["rate"]]
        number = tracking_number(transaction["object_id"])
        link = f"https://tracking.example/{number}"
        shipment = self.shipments[rate["shipment"]]
        transaction |= {
            "tracking_number": number,
            "tracking_url_provider": link,
            "tracking_status": "PRE_TRANSIT",
            "label_url": f"{self.url}/labels/{transaction['object_id']}.pdf?Signature=x",
        }
        contents = LabelContents(
            service=rate["servicelevel"]["name"],
            tracking_number=number,
            tracking_url=link,
            order_number=shipment["metadata"].partition(" ")[0],
            sender=_on_label(shipment["address_from"]),
            recipient=_on_label(shipment["address_to"]),
            issued_at=self.now(),
        )
        cost_minor = round(float(rate["amount"]) * 100)
        carrier = rate["provider"].lower()
        self.parcels[number] = Parcel(transaction, shipment, carrier, cost_minor, render_label(contents))
        self._scan(self.parcels[number], "PRE_TRANSIT", self.now())

    @answers("GET", "/transactions")
    def list_transactions(self, call: Call) -> Answer:
        wanted = dict(call.query).get("rate")
        found = [one for one in self.transactions.values() if wanted in (None, one["rate"])]
        return Answer(_page([self._looked_at(one) for one in reversed(found)]))

    @answers("GET", "/transactions/{transaction}")
    def get_transaction(self, call: Call) -> Answer:
        found = self.transactions.get(call.parts["transaction"])
        return Answer(self._looked_at(found)) if found else _not_found()

    def _looked_at(self, transaction: dict[str, Any]) -> dict[str, Any]:
        self._write(transaction)
        return dict(transaction)

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

    def decide_refunds(self) -> None:
        """The carriers have looked: a label that was used is not taken back."""
        with self.lock:
            for refund in self.refunds.values():
                self._decide(refund)

    def _decide(self, refund: dict[str, Any]) -> None:
        transaction = self.transactions[refund["transaction"]]
        used = self.parcels[transaction["tracking_number"]].is_used
        refund["status"] = "ERROR" if used else "SUCCESS"
        transaction["status"] = "REFUNDREJECTED" if used else "REFUNDED"

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

    def _track(self, parcel: Parcel) -> dict[str, Any]:
        history = sorted(parcel.history, key=lambda scan: scan["status_date"])
        return {
            "carrier": parcel.carrier,
            "tracking_number": parcel.transaction["tracking_number"],
            "transaction": parcel.transaction["object_id"],
            "metadata": parcel.transaction["metadata"],
            "messages": [],
            "tracking_status": history[-1],
            "tracking_history": history,
        }

    def _scan(self, parcel: Parcel, status: str, moment: datetime) -> None:
        code, words = WORDS[status]
        stamps = self._stamps()
        stamps.pop("object_owner")
        where = parcel.shipment["address_to" if status == "DELIVERED" else "address_from"]
        parcel.history.append(
            {
                **stamps,
                "status": status,
                "status_date": moment.isoformat().replace("+00:00", "Z"),
                "status_details": words,
                "substatus": {"code": code, "text": words, "action_required": False},
                "location": {"city": where["city"], "state": where["state"], "zip": where["zip"], "country": "US"},
            }
        )
        parcel.transaction["tracking_status"] = status

    def travel(self, number: str, status: str, *, hours_ago: float = 0) -> bytes:
        """Let a carrier do something to a parcel; returns the webhook's body that tells of it."""
        with self.lock:
            parcel = self.parcels[number]
            self._scan(parcel, status, self.now() - timedelta(hours=hours_ago))
            event = {"event": "track_updated", "test": True, "data": self._track(parcel)}
            self.violations += contract.event_faults(event)
            if self._official is not None:
                self.violations += self._official.object_faults("WebhookPayloadTrack", event)
            return json.dumps(event).encode()

    def tell(self, body: bytes) -> int:
        """Send a webhook to the shop; returns its answer's status, 0 where it is away."""
        headers = {"Content-Type": "application/json"}
        try:
            with urllib.request.urlopen(urllib.request.Request(self.webhook, body, headers), timeout=10) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as trouble:
            return trouble.code
        except OSError:
            return 0

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


def _on_label(address: dict[str, Any]) -> LabelAddress:
    lines = (address["street1"], address.get("street2", ""), f"{address['city']}, {address['state']} {address['zip']}")
    return LabelAddress(address["name"], tuple(line for line in lines if line))


def _page(found: list[dict[str, Any]]) -> dict[str, Any]:
    return {"results": found}


def _not_found() -> Answer:
    return Answer({"detail": "Not found."}, 404)


if __name__ == "__main__":
    parser = arguments("shippo")
    parser.add_argument("--webhook", default="", help="where events about parcels go, token and all")
    options = parser.parse_args()
    serve(ShippoDouble(options.port, webhook=options.webhook))
