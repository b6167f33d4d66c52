"""The policy's names of carriers and services, and Shippo's: the one place that knows both."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ServiceLevel:
    """``token`` chooses among the rates of a shipment, ``carrier`` is the word that tracking goes by."""

    token: str
    carrier: str


_LEVELS = {
    ("USPS", "USPS Ground Advantage"): ServiceLevel("usps_ground_advantage", "usps"),
    ("USPS", "USPS Priority Mail"): ServiceLevel("usps_priority", "usps"),
    ("USPS", "USPS Priority Mail Express"): ServiceLevel("usps_priority_express", "usps"),
    ("UPS", "UPS Ground"): ServiceLevel("ups_ground", "ups"),
    ("UPS", "UPS 2nd Day Air"): ServiceLevel("ups_second_day_air", "ups"),
    ("FedEx", "FedEx Ground"): ServiceLevel("fedex_ground", "fedex"),
    ("FedEx", "FedEx Home Delivery"): ServiceLevel("fedex_home_delivery", "fedex"),
}
_BY_NAME = {(carrier.lower(), service.lower()): level for (carrier, service), level in _LEVELS.items()}


def service_level(carrier: str, service: str) -> ServiceLevel | None:
    """Shippo's service for the policy's names, whatever their case; None where it has none that we know."""
    return _BY_NAME.get((carrier.lower(), service.lower()))
