"""Our own short description of Shippo's operations we use: always there, checked on every call of the double's.

What we send is closed: a field that is not listed is a fault. What is answered is open, and must hold what we read.
"""

from __future__ import annotations

import json
import re
from typing import Any

from tests.contracts.shapes import Schema
from tests.contracts.shapes import faults as faults_of

TEXT: Schema = {"type": "string", "minLength": 1, "maxLength": 120}
DECIMAL: Schema = {"type": "string", "pattern": r"^[0-9]+(\.[0-9]+)?$"}


def _sent(required: str, optional: str = "", **special: Schema) -> Schema:
    names = required.split() + optional.split()
    properties = {name: special.get(name, TEXT) for name in names}
    return {"type": "object", "properties": properties, "required": required.split(), "additionalProperties": False}


def _answered(required: str, **special: Schema) -> Schema:
    properties = {name: special.get(name, {"type": "string"}) for name in required.split()} | special
    return {"type": "object", "properties": properties, "required": required.split()}


def _page(of: Schema) -> Schema:
    return _answered("results", results={"type": "array", "items": of})


LINE: Schema = {"type": "string", "minLength": 1, "maxLength": 35}
ADDRESS = _sent(
    "name street1 city state zip country validate",
    "street2 phone",
    street1=LINE,
    street2=LINE,
    country={"const": "US"},
    state={"pattern": "^[A-Z]{2}$"},
    validate={"const": True},
)
PARCEL = _sent(
    "length width height distance_unit weight mass_unit extra",
    length=DECIMAL,
    width=DECIMAL,
    height=DECIMAL,
    weight=DECIMAL,
    distance_unit={"const": "mm"},
    mass_unit={"const": "g"},
    extra=_sent("reference_1"),
)
SHIPMENT = _sent(
    "address_from address_to parcels metadata async",
    address_from=ADDRESS,
    address_to=ADDRESS,
    parcels={"type": "array", "items": PARCEL, "minItems": 1, "maxItems": 1},
    metadata={"type": "string", "pattern": r"^R\w+ \S+$", "maxLength": 100},
    **{"async": {"const": False}},
)
PURCHASE = _sent(
    "rate label_file_type metadata async",
    label_file_type={"const": "PDF_4x6"},
    metadata={"type": "string", "pattern": r"^R\w+ \S+$", "maxLength": 100},
    **{"async": {"const": False}},
)
REFUND_WISH = _sent("transaction async", **{"async": {"const": False}})

RATE = _answered("object_id amount currency servicelevel", amount=DECIMAL, servicelevel=_answered("token"))
RATED = _answered("object_id status rates", rates={"type": "array", "items": RATE})
TRANSACTION = _answered("object_id status rate")
LABEL = _answered("object_id status rate tracking_number label_url")
REFUND = _answered("object_id status transaction")
STATUS = _answered("object_id status status_date status_details")
TRACK = _answered("carrier tracking_number tracking_history", tracking_history={"type": "array", "items": STATUS})
EVENT = _answered("event data", event={"const": "track_updated"}, data=TRACK)
VALIDATED = _answered("country validation_results", validation_results=_answered("is_valid", is_valid={}))

# Method, path, the names its query may hold, what is sent, what is answered.
OPERATIONS: list[tuple[str, str, set[str], Schema | None, Schema]] = [
    ("POST", "/addresses", set(), ADDRESS, VALIDATED),
    ("POST", "/shipments", set(), SHIPMENT, RATED),
    ("GET", "/shipments/[^/]+", set(), None, RATED),
    ("POST", "/transactions", set(), PURCHASE, TRANSACTION),
    ("GET", "/transactions", {"rate", "page", "results"}, None, _page(TRANSACTION)),
    ("GET", "/transactions/[^/]+", set(), None, TRANSACTION),
    ("POST", "/refunds", set(), REFUND_WISH, REFUND),
    ("GET", "/refunds/", set(), None, _page(REFUND)),
    ("GET", "/tracks/[a-z_]+/[0-9A-Za-z]+", set(), None, TRACK),
]


def request_faults(method: str, path: str, query: list[tuple[str, str]], body: bytes) -> list[str]:
    """What is wrong with a call of ours."""
    for known, pattern, names, sent, _answer in OPERATIONS:
        if (method, bool(re.fullmatch(pattern, path))) == (known, True):
            faults = [f"query {name!r}" for name, _value in query if name not in names]
            return faults + (faults_of(sent, json.loads(body or b"null"), "body") if sent else [])
    return [f"{method} {path} is none of the operations we use"]


def answer_faults(method: str, path: str, body: Any) -> list[str]:
    """What is missing in an answer that we read."""
    for known, pattern, _names, _sent_schema, answer in OPERATIONS:
        if (method, bool(re.fullmatch(pattern, path))) == (known, True):
            return faults_of(answer, body, "answer")
    return [f"{method} {path} is none of the operations we use"]


def event_faults(body: Any) -> list[str]:
    """What is missing in a webhook's body that we read."""
    return faults_of(EVENT, body, "event")
