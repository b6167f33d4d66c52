"""News from the carrier. ``at`` is when it was recorded here, ``carrier_at`` the carrier's own time.

What happens to a piece on its way back comes wrapped in ``ReturnNews``, what happens to a parcel that comes to us in
``InboundNews``: nothing of it is news of a sale.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from marketplace import events
from marketplace.shipping.models import Parcel


@dataclass(frozen=True)
class LabelBought:
    parcel_id: int
    order_id: int
    at: datetime


@dataclass(frozen=True)
class LabelRefused:
    """The carrier would not sell a label (an address it does not know, for instance)."""

    parcel_id: int
    order_id: int
    reason: str
    at: datetime


@dataclass(frozen=True)
class ParcelScanned:
    """The first scan: the parcel is on its way."""

    parcel_id: int
    order_id: int
    at: datetime
    carrier_at: datetime


@dataclass(frozen=True)
class ParcelMoved:
    """Any further scan."""

    parcel_id: int
    order_id: int
    at: datetime


@dataclass(frozen=True)
class ParcelDelivered:
    parcel_id: int
    order_id: int
    at: datetime
    carrier_at: datetime


@dataclass(frozen=True)
class ParcelReturned:
    """Back at its sender."""

    parcel_id: int
    order_id: int
    at: datetime


@dataclass(frozen=True)
class ParcelFailed:
    """The carrier reports that delivery failed."""

    parcel_id: int
    order_id: int
    at: datetime


@dataclass(frozen=True)
class CarrierAnswered:
    """The carrier was asked about a parcel; what it had to say has been recorded before this."""

    parcel_id: int
    order_id: int
    at: datetime


ParcelNews = LabelBought | LabelRefused | ParcelScanned | ParcelMoved | ParcelDelivered | ParcelReturned | ParcelFailed


@dataclass(frozen=True)
class ReturnNews:
    """News of a parcel that brings a piece back from its buyer."""

    news: ParcelNews


@dataclass(frozen=True)
class InboundNews:
    """News of a parcel that brings pieces to us; ``news`` names no order."""

    number: str  # of the request that the pieces in it belong to
    news: ParcelNews


def tell(parcel: Parcel, news: ParcelNews) -> None:
    """Announce what happened to a parcel, to those whom its way concerns."""
    if parcel.is_inbound:
        events.announce(InboundNews(parcel.order_number, news))
    else:
        events.announce(ReturnNews(news) if parcel.is_return else news)
