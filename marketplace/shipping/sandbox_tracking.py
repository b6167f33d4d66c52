"""What happens to a parcel at the sandbox's carrier, and how it tells of it: in Shippo's own shape."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from marketplace import shapes
from marketplace.shipping.carrier import LabelRequest
from marketplace.shipping.postal import PostalAddress
from marketplace.shipping.sandbox_books import SandboxParcel, SandboxScan

# Sorting centres a parcel in the United States is seen at between its two ends, in turn; elsewhere none is named.
HUBS = (("Kearny", "NJ"), ("Pittsburgh", "PA"), ("Chicago", "IL"), ("Denver", "CO"), ("Reno", "NV"))


@dataclass(frozen=True)
class Step:
    """One thing a carrier does: Shippo's status and substatus, and what its tracking page says."""

    status: str
    substatus: str
    words: Any
    is_at_destination: bool = False
    needs_action: bool = False


STEPS = {
    "label": Step("PRE_TRANSIT", "information_received", _l("The label has been made. The carrier awaits the parcel.")),
    "scan": Step("TRANSIT", "package_accepted", _l("Accepted at the post office.")),
    "move": Step("TRANSIT", "package_departed", _l("Left a sorting center.")),
    "deliver": Step("DELIVERED", "delivered", _l("Delivered to the mailbox."), is_at_destination=True),
    "return": Step("RETURNED", "return_to_sender", _l("Returned to its sender."), needs_action=True),
    "fail": Step(
        "FAILURE",
        "package_undeliverable",
        _l("Could not be delivered."),
        is_at_destination=True,
        needs_action=True,
    ),
}


def add_scan(parcel: SandboxParcel, action: str, *, at: datetime, scanned_at: datetime | None = None) -> SandboxScan:
    """Write one step down; ``scanned_at`` is the carrier's own time where it is not now."""
    step = STEPS[action]
    city, region = _place(parcel, action)
    scan = SandboxScan(
        ref=secrets.token_hex(16),
        status=step.status,
        substatus=step.substatus,
        words=str(step.words),
        city=city,
        region=region,
        scanned_at=scanned_at or at,
        written_at=at,
    )
    parcel.scans.append(scan)
    parcel.mislaid_at = None
    return scan


def ends_of(parcel: SandboxParcel) -> tuple[PostalAddress, PostalAddress]:
    """Where the parcel comes from and where it goes."""
    request = shapes.convert(parcel.request, LabelRequest)
    return request.ship_from, request.ship_to


def carrier_of(parcel: SandboxParcel) -> str:
    """The token tracking goes by, as Shippo makes it of a carrier's name."""
    name: str = parcel.request["carrier"]
    return name.lower().replace(" ", "_")


def _place(parcel: SandboxParcel, action: str) -> tuple[str, str]:
    origin, destination = ends_of(parcel)
    if action == "move":
        if origin.country != "US":
            return "", ""
        moves = sum(scan.substatus == STEPS["move"].substatus for scan in parcel.scans)
        return HUBS[moves % len(HUBS)]
    end = destination if STEPS[action].is_at_destination else origin
    return end.city, end.region


def story(parcel: SandboxParcel) -> list[SandboxScan]:
    """What happened, by the carrier's own times; the label was there before anything else."""
    return sorted(parcel.scans, key=lambda scan: (scan.status != STEPS["label"].status, scan.scanned_at, scan.id))


def was_handed_over(parcel: SandboxParcel) -> bool:
    """Whether anybody of the carrier's has held it."""
    return any(scan.status != STEPS["label"].status for scan in parcel.scans)


# In Shippo's shape ---------------------------------------------------------------------------------------------------


def track_object(parcel: SandboxParcel) -> dict[str, Any]:
    """The parcel as a Track object of Shippo's API, history from the earliest step on."""
    origin, destination = ends_of(parcel)
    history = [_status(scan, origin.country) for scan in story(parcel)]
    return {
        "carrier": carrier_of(parcel),
        "tracking_number": parcel.tracking_number,
        "address_from": _location(origin.city, origin.region, origin.postcode, origin.country),
        "address_to": _location(destination.city, destination.region, destination.postcode, destination.country),
        "transaction": parcel.provider_ref,
        "tracking_status": history[-1],
        "tracking_history": history,
        "messages": [],
        "metadata": "",
    }


def track_updated(parcel: SandboxParcel) -> bytes:
    """The body of the webhook that tells of the parcel as it stands."""
    return msgspec.json.encode({"event": "track_updated", "test": True, "data": track_object(parcel)})


def _status(scan: SandboxScan, country: str) -> dict[str, Any]:
    step = next(step for step in STEPS.values() if step.substatus == scan.substatus)
    return {
        "object_id": scan.ref,
        "object_created": _iso(scan.written_at),
        "object_updated": _iso(scan.written_at),
        "status": scan.status,
        "status_date": _iso(scan.scanned_at),
        "status_details": scan.words,
        "substatus": {"code": scan.substatus, "text": scan.words, "action_required": step.needs_action},
        "location": _location(scan.city, scan.region, "", country),
    }


def _location(city: str, region: str, postcode: str, country: str) -> dict[str, str]:
    return {"city": city, "state": region, "zip": postcode, "country": country}


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def title(parcel: SandboxParcel) -> str:
    """Where the parcel stands, in the carrier's words."""
    if parcel.mislaid_at is not None:
        return str(_("Nobody knows where it is."))
    return story(parcel)[-1].words
