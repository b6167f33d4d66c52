"""Our own short description of the Stripe Tax operations we use: always there, checked on every call of the double's.

What we send is closed, and is text as a form carries it; what is answered is open, and must hold what we read.
"""

from __future__ import annotations

from typing import Any

from jsonschema import Draft202012Validator

Schema = dict[str, Any]

TEXT: Schema = {"type": "string", "minLength": 1, "maxLength": 500}
COUNT: Schema = {"type": "string", "pattern": "^[0-9]+$"}
TAKEN: Schema = {"type": "string", "pattern": "^(-[1-9][0-9]*|0)$"}
WHOLE: Schema = {"type": "integer"}
CODE: Schema = {"type": "string", "pattern": "^txcd_[0-9]{8}$"}
EXCLUSIVE: Schema = {"const": "exclusive"}


def _closed(required: dict[str, Schema], optional: dict[str, Schema] | None = None) -> Schema:
    return {
        "type": "object",
        "properties": required | (optional or {}),
        "required": list(required),
        "additionalProperties": False,
    }


def _open(**required: Schema) -> Schema:
    return {"type": "object", "properties": required, "required": list(required)}


def _one(row: Schema) -> Schema:
    """A list of one, as a form has it: the place is a key."""
    return _closed({"0": row})


ADDRESS = _closed(
    {"country": {"const": "US"}, "postal_code": TEXT, "state": TEXT}, {"line1": TEXT, "line2": TEXT, "city": TEXT}
)
PRICE: dict[str, Schema] = {"amount": COUNT, "tax_behavior": EXCLUSIVE, "tax_code": CODE}
EXPANDED = _one({"const": "line_items"})
BACK: dict[str, Schema] = {"amount": TAKEN, "amount_tax": TAKEN}

REQUESTS: dict[str, Schema] = {
    "create_tax_calculation": _closed(
        {
            "currency": {"type": "string", "pattern": "^[a-z]{3}$"},
            "line_items": _one(_closed(PRICE | {"reference": TEXT})),
            "customer_details": _closed({"address": ADDRESS, "address_source": {"const": "shipping"}}),
            "ship_from_details": _closed({"address": ADDRESS}),
            "expand": EXPANDED,
        },
        {"shipping_cost": _closed(PRICE)},
    ),
    "create_tax_transaction": _closed(
        {"calculation": {"pattern": "^taxcalc_"}, "reference": {"pattern": "^R"}, "expand": EXPANDED}
    ),
    "create_tax_reversal": _closed(
        {
            "mode": {"const": "partial"},
            "original_transaction": {"pattern": "^tax_"},
            "reference": {"pattern": "^R[0-9A-Z]+-(full|part-[0-9]+)$"},
            "line_items": _one(_closed(BACK | {"original_line_item": {"pattern": "^tax_li_"}, "reference": TEXT})),
        },
        {"shipping_cost": _closed(BACK)},
    ),
}

TAXED = _open(amount=WHOLE, amount_tax=WHOLE)
SHIPPING: Schema = {"anyOf": [TAXED, {"type": "null"}]}
LINES = _open(data={"type": "array", "items": _open(id=TEXT, amount_tax=WHOLE), "minItems": 1, "maxItems": 1})

ANSWERS: dict[str, Schema] = {
    "create_tax_calculation": _open(
        id=TEXT, amount_total=WHOLE, currency=TEXT, expires_at=WHOLE, shipping_cost=SHIPPING, line_items=LINES
    ),
    "create_tax_transaction": _open(id=TEXT, shipping_cost=SHIPPING, line_items=LINES),
    "create_tax_reversal": _open(id=TEXT),
}


def request_faults(operation: str, form: Any) -> list[str]:
    """What is wrong with a form we sent, its brackets read."""
    return _faults(REQUESTS[operation], form, operation)


def answer_faults(operation: str, answer: Any) -> list[str]:
    """What an answer lacks that we read."""
    return _faults(ANSWERS[operation], answer, f"answer to {operation}")


def _faults(schema: Schema, value: Any, place: str) -> list[str]:
    return [
        f"{place}: {error.json_path} {error.message[:200]}" for error in Draft202012Validator(schema).iter_errors(value)
    ]
