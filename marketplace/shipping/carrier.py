"""The carrier, in our words. ``shippo`` and ``sandbox`` are two implementations of one port."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, cast

from flask import current_app

from marketplace.money import Money
from marketplace.shipping.models import TrackingStatus
from marketplace.shipping.postal import PostalAddress


@dataclass(frozen=True)
class ParcelSize:
    """What is handed over, box included: millimetres and grams."""

    length_mm: int
    width_mm: int
    height_mm: int
    weight_g: int


@dataclass(frozen=True)
class LabelRequest:
    """Everything a label is bought with; kept word for word in the outbox.

    ``reference`` is the order's number, ``carrier`` and ``service`` are the policy's own names for them, ``wanted_at``
    is the business moment of asking, ``currency`` what we pay in.
    """

    reference: str
    carrier: str
    service: str
    ship_from: PostalAddress
    ship_to: PostalAddress
    size: ParcelSize
    currency: str
    wanted_at: datetime


@dataclass(frozen=True)
class LabelAnswer:
    """A label that was bought. ``carrier`` is the token that tracking goes by (``usps``), ``service`` a name to show.

    ``provider_ref`` is the seller of labels' own name for the purchase.
    """

    carrier: str
    service: str
    tracking_number: str
    tracking_url: str
    label_pdf: bytes
    cost: Money
    provider_ref: str


@dataclass(frozen=True)
class CarrierRefusal:
    """The carrier's no, for good. ``code`` is one word of ours, ``words`` are the carrier's, for staff to read."""

    code: str  # address | service | price | used
    words: str


@dataclass(frozen=True)
class LabelVoided:
    """The carrier takes a label back and returns its price."""

    refund_ref: str


@dataclass(frozen=True)
class CancellationPending:
    """The label is with the carrier, which looks for days whether it was used before it says yes or no."""

    refund_ref: str


@dataclass(frozen=True)
class TrackingReport:
    """One thing the carrier says of a parcel. ``carrier_at`` is missing where the carrier gives no time."""

    status: TrackingStatus
    carrier_at: datetime | None
    place: str = ""
    words: str = ""


@dataclass(frozen=True)
class AddressVerdict:
    """Whether the carrier can deliver there; ``suggestion`` is the address as the carrier would write it."""

    deliverable: bool
    words: str = ""
    suggestion: PostalAddress | None = None


Cancellation = LabelVoided | CancellationPending | CarrierRefusal


class Carrier(Protocol):
    """Every call may raise ``jobs.outbox.NotDone`` (certainly nothing happened) or ``OutcomeUnknown``.

    None is made inside a transaction. An implementation that must remember something between two steps of a purchase
    (the rate it accepted, for one) keeps it in a table of its own, by our key, written before the step that costs.
    """

    def buy_label(self, request: LabelRequest, key: str) -> LabelAnswer | CarrierRefusal:
        """Buy a label; the same key never buys a second one (fault L01)."""
        ...

    def look_up_label(self, request: LabelRequest, key: str) -> LabelAnswer | CarrierRefusal | None:
        """What became of a purchase whose answer was lost; None where the carrier never heard of it."""
        ...

    def cancel_label(self, provider_ref: str, key: str) -> Cancellation:
        """Give an unused label back for its price; a label that has been used is refused."""
        ...

    def look_up_cancellation(self, provider_ref: str, key: str) -> Cancellation | None:
        """What became of a cancellation asked for before; None where the carrier never heard of it."""
        ...

    def track(self, carrier: str, tracking_number: str) -> list[TrackingReport]:
        """Everything known of a parcel, in any order; empty where nothing is."""
        ...

    def check_address(self, address: PostalAddress) -> AddressVerdict: ...

    def trouble(self) -> str:
        """Why nothing could be asked of the carrier right now, after one brief question; empty where it could."""
        ...


def current_carrier() -> Carrier:
    """The carrier this deployment runs with."""
    return cast("Carrier", current_app.extensions["carrier"])
