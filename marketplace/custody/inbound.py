"""The one parcel that brings the pieces of a request to us: its label, when it is late, when it is lost."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from marketplace.jobs.alarms import AlarmKind, raise_alarm
from marketplace.programme import Policy
from marketplace.shipping import facts as shipping
from marketplace.shipping import parcels
from marketplace.shipping.models import ParcelState
from marketplace.shipping.postal import PostalAddress

MOVES = (shipping.ParcelScanned, shipping.ParcelMoved, shipping.ParcelDelivered)


def ask_for_label(number: str, ships_from: PostalAddress, policy: Policy, *, at: datetime) -> None:
    """One prepaid label to the warehouse for everything in this request (NAP-21, NAP-26)."""
    warehouse = policy.market.warehouse_postal
    parcels.request_inbound_label(number=number, ship_from=ships_from.mapping, ship_to=warehouse, at=at)


def alarm_without_label(request: Any, *, at: datetime) -> None:
    """The hours of the promise are over: the desk is told where there is no label yet (NAP-26)."""
    parcel = parcels.inbound_parcel(request.number)
    if parcel is not None and parcel.state in (ParcelState.LABEL_WANTED, ParcelState.LABEL_REFUSED):
        raise_alarm(AlarmKind.LABEL_LATE, request, at=at)


def is_lost(number: str) -> bool:
    """Whether the carrier had it and nothing moved since; what was delivered is ours to find (NAP-19)."""
    parcel = parcels.inbound_parcel(number)
    return parcel is not None and parcel.state in (ParcelState.IN_TRANSIT, ParcelState.LOST)
