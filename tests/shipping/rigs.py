"""The carriers that stand behind the port, each with a way to make it misbehave: for the suite that holds for all."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from marketplace.shipping.carrier import Carrier, LabelRequest, ParcelSize, current_carrier
from marketplace.shipping.postal import PostalAddress
from marketplace.shipping.shippo import ShippoCarrier
from tests.doubles.faults import lose_answer, refuse
from tests.doubles.shippo import TOKEN, ShippoDouble
from tests.shipping.sales import SHIP_FROM, SHIP_TO

REQUEST = LabelRequest(
    reference="R12345678",
    carrier="USPS",
    service="USPS Ground Advantage",
    ship_from=PostalAddress.of(SHIP_FROM),
    ship_to=PostalAddress.of(SHIP_TO),
    size=ParcelSize(400, 300, 200, 1800),
    currency="USD",
    wanted_at=datetime(2026, 11, 23, 15, tzinfo=UTC),
)


def to(street: str) -> LabelRequest:
    return replace(REQUEST, ship_to=replace(REQUEST.ship_to, line1=street))


@dataclass
class SandboxRig:
    """The sandbox's carrier: streets say what goes wrong."""

    carrier: Carrier

    def losing_its_answer(self) -> LabelRequest:
        return to("12 Lost Answer Lane")

    def busy_twice(self) -> LabelRequest:
        return to("12 Busy Carrier Road")


@dataclass
class ShippoRig:
    """Shippo's adapter on a double of Shippo: the double is told what goes wrong."""

    carrier: ShippoCarrier
    double: ShippoDouble

    def losing_its_answer(self) -> LabelRequest:
        self.double.plan("create_transaction", lose_answer())
        return REQUEST

    def busy_twice(self) -> LabelRequest:
        self.double.plan("create_transaction", refuse(429), refuse(429))
        return REQUEST


Rig = SandboxRig | ShippoRig


def carrier_at(double: ShippoDouble) -> ShippoCarrier:
    """The adapter, as patient as a test can be."""
    return ShippoCarrier(token=TOKEN, base=double.url, pauses=(0.01, 0.01))


def sandbox_rig() -> Iterator[SandboxRig]:
    yield SandboxRig(current_carrier())


def shippo_rig() -> Iterator[ShippoRig]:
    """Ends by asking whether every call and answer was as Shippo's description has it."""
    with ShippoDouble() as double:
        yield ShippoRig(carrier_at(double), double)
        assert double.violations == []


RIGS = {"sandbox": sandbox_rig, "shippo": shippo_rig}
