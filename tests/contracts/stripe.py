"""Our own short description of the Stripe operations that payments use: checked on every call of the double's.

Forms and queries are read with their brackets; their values are text, as they travel.
"""

from __future__ import annotations

from typing import Any

from tests.contracts.shapes import TEXT, WHOLE, Schema, closed, faults, opened

COUNT: Schema = {"type": "string", "pattern": "^[0-9]+$"}
PAGE: dict[str, Schema] = {"limit": COUNT}
FURTHER: dict[str, Schema] = {"starting_after": TEXT}
SINCE = closed({"gte": COUNT}, {"lte": COUNT})
EVENTS = {"pattern": r"^(checkout\.session|refund|charge\.dispute|transfer)\.[a-z_]+$"}
EVIDENCE: dict[str, Schema] = dict.fromkeys(
    (
        "product_description",
        "customer_name",
        "customer_email_address",
        "shipping_address",
        "shipping_carrier",
        "shipping_tracking_number",
        "shipping_date",
        "uncategorized_text",
        "shipping_documentation",
        "customer_communication",
        "receipt",
        "uncategorized_file",
    ),
    TEXT,
)

LINE = closed(
    {
        "quantity": {"const": "1"},
        "price_data": closed(
            {
                "currency": {"type": "string", "pattern": "^[a-z]{3}$"},
                "unit_amount": COUNT,
                "product_data": closed({"name": TEXT}),
            }
        ),
    }
)
PLACES: Schema = {"type": "object", "propertyNames": COUNT, "minProperties": 1}

REQUESTS: dict[str, Schema] = {
    "create_session": closed(
        {
            "mode": {"const": "payment"},
            "payment_method_types": closed({"0": {"const": "card"}}),
            "adaptive_pricing": closed({"enabled": {"const": "false"}}),
            "client_reference_id": {"type": "string", "minLength": 1, "maxLength": 200},
            "customer_email": TEXT,
            "expires_at": COUNT,
            "success_url": TEXT,
            "cancel_url": TEXT,
            "line_items": {**PLACES, "additionalProperties": LINE},
        }
    ),
    "retrieve_session": closed({}),
    "list_sessions": closed({"created": SINCE} | PAGE, FURTHER),
    "expire_session": closed({}),
    "retrieve_intent": closed({"expand": closed({"0": {"const": "latest_charge"}})}),
    "create_refund": closed({"payment_intent": TEXT, "amount": COUNT, "metadata": closed({"key": TEXT})}),
    "retrieve_refund": closed({}),
    "list_refunds": closed(PAGE, {"payment_intent": TEXT, "created": SINCE} | FURTHER),
    "retrieve_dispute": closed({}),
    "list_disputes": closed({"created": SINCE} | PAGE, FURTHER),
    "update_dispute": closed({"evidence": closed({}, EVIDENCE), "submit": {"const": "true"}}),
    "create_file": closed({"purpose": {"const": "dispute_evidence"}, "file": {"type": "string", "minLength": 1}}),
    "list_events": closed(PAGE, {"created": SINCE, "types": {**PLACES, "additionalProperties": EVENTS}} | FURTHER),
}

SESSION = opened(
    id=TEXT,
    status={"enum": ["open", "complete", "expired"]},
    payment_status={"enum": ["paid", "unpaid", "no_payment_required"]},
    client_reference_id={"type": ["string", "null"]},
    amount_total=WHOLE,
    currency=TEXT,
)
REFUND = opened(id=TEXT, amount=WHOLE, currency=TEXT, status=TEXT)
EVENT = opened(id=TEXT, type=TEXT, livemode={"type": "boolean"}, data=opened(object=opened(id=TEXT)))
MOVED = opened(amount=WHOLE, fee=WHOLE)
DISPUTE = opened(
    id=TEXT,
    amount=WHOLE,
    currency=TEXT,
    status=TEXT,
    reason=TEXT,
    payment_intent={"type": ["string", "null"]},
    balance_transactions={"type": "array", "items": MOVED},
    evidence_details=opened(due_by={"type": ["integer", "null"]}, submission_count=WHOLE),
)
CARD = opened(brand=TEXT, last4={"pattern": "^[0-9]{4}$"}, fingerprint=TEXT)


def _list_of(thing: Schema) -> Schema:
    return opened(data={"type": "array", "items": thing}, has_more={"type": "boolean"})


ANSWERS: dict[str, Schema] = {
    "create_session": {"allOf": [SESSION, opened(url=TEXT)]},
    "retrieve_session": SESSION,
    "list_sessions": _list_of(SESSION),
    "expire_session": SESSION,
    "retrieve_intent": opened(id=TEXT, latest_charge=opened(payment_method_details=opened(card=CARD))),
    "create_refund": REFUND,
    "retrieve_refund": REFUND,
    "list_refunds": _list_of(REFUND),
    "retrieve_dispute": DISPUTE,
    "list_disputes": _list_of(DISPUTE),
    "update_dispute": DISPUTE,
    "create_file": opened(id=TEXT),
    "list_events": _list_of(EVENT),
}


def request_faults(operation: str, sent: Any) -> list[str]:
    """What is wrong with a form or a query we sent; operations of others are not judged here."""
    return faults(REQUESTS[operation], sent, operation) if operation in REQUESTS else []


def answer_faults(operation: str, answer: Any) -> list[str]:
    """What an answer lacks that we read."""
    return faults(ANSWERS[operation], answer, f"answer to {operation}") if operation in ANSWERS else []


def event_faults(event: Any) -> list[str]:
    """What a webhook lacks that we read."""
    return faults(EVENT, event, "webhook")
