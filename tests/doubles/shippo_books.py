"""What a Shippo keeps and does: rates that grow old, labels that are written, parcels on their way, refunds decided.

``tests.doubles.shippo`` opens it to the world.
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
from tests.doubles.control import Steered

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


class ShippoBooks(Steered):
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

    # Rates -----------------------------------------------------------------------------------------------------------

    def _validated(self, sent: dict[str, Any]) -> dict[str, Any]:
        kept = {name: value for name, value in sent.items() if name != "validate"}
        valid = not any(street in sent.get("street1", "").lower() for street in NOBODY_DELIVERS)
        said = {"source": "carrier", "type": "address_error", "code": "unknown_street", "text": "Unknown street."}
        results = {"is_valid": valid, "messages": [] if valid else [said]}
        return {**kept, **self._stamps(), "is_complete": True, "test": True, "validation_results": results}

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

    def _looked_at(self, transaction: dict[str, Any]) -> dict[str, Any]:
        self._write(transaction)
        return dict(transaction)

    # Parcels on their way, and labels given back ---------------------------------------------------------------------

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

    def decide_refunds(self) -> None:
        """The carriers have looked: a label that was used is not taken back."""
        with self.lock:
            for refund in self.refunds.values():
                if refund["status"] == "PENDING":
                    self._decide(refund)

    def _decide(self, refund: dict[str, Any]) -> None:
        transaction = self.transactions[refund["transaction"]]
        used = self.parcels[transaction["tracking_number"]].is_used
        refund["status"] = "ERROR" if used else "SUCCESS"
        transaction["status"] = "REFUNDREJECTED" if used else "REFUNDED"


def _on_label(address: dict[str, Any]) -> LabelAddress:
    lines = (address["street1"], address.get("street2", ""), f"{address['city']}, {address['state']} {address['zip']}")
    return LabelAddress(address["name"], tuple(line for line in lines if line))
