"""What the protocol of ``docs/integrations.md`` (outside channels) allows, as short schemas of our own."""

from __future__ import annotations

from typing import Any

from jsonschema import Draft202012Validator, FormatChecker

MINOR = {"type": "integer", "minimum": 0}
MOMENT = {"type": "string", "format": "date-time"}
SALE = {
    "type": "object",
    "required": ["outlet", "ref", "listing", "price_minor", "commission_minor", "currency", "sold_at"],
    "properties": {
        "outlet": {"type": "string", "pattern": r"^[a-z][a-z0-9-]*$", "maxLength": 40},
        "ref": {"type": "string", "pattern": r"^[A-Za-z0-9][A-Za-z0-9._-]*$", "maxLength": 60},
        "listing": {"type": "string", "pattern": r"^[A-Za-z0-9-]+$", "maxLength": 20},
        "price_minor": MINOR,
        "commission_minor": MINOR,
        "currency": {"type": "string", "pattern": r"^[A-Z]{3}$"},
        "sold_at": MOMENT,
        "completed_at": MOMENT,
        "cancelled_at": MOMENT,
        "reason": {"type": "string", "pattern": r"^[a-z_]*$", "maxLength": 40},
    },
}
NOTICE = {
    "type": "object",
    "required": ["id", "sale"],
    "properties": {"id": {"type": "string", "pattern": r"^[A-Za-z0-9][A-Za-z0-9._:-]*$"}, "sale": SALE},
}
CANCELLATION = {
    "type": "object",
    "required": ["reason"],
    "properties": {"reason": {"type": "string", "pattern": r"^[a-z_]+$"}},
    "additionalProperties": False,
}


def faults(schema: dict[str, Any], value: Any) -> list[str]:
    """Everything wrong with a document, one sentence each."""
    return [fault.message for fault in Draft202012Validator(schema, format_checker=FormatChecker()).iter_errors(value)]
