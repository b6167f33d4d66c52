"""Our own short description of the Stripe Tax operations we use: always there, checked on every call of the double's.

What we send is closed, and is text as a form carries it; what is answered is open, and must hold what we read.
"""

from __future__ import annotations

from typing import Any

from tests.contracts.shapes import WHOLE, Schema, closed, faults, opened

TEXT: Schema = {"type": "string", "minLength": 1, "maxLength": 500}
COUNT: Schema = {"type": "string", "pattern": "^[0-9]+$"}
TAKEN: Schema = {"type": "string", "pattern": "^(-[1-9][0-9]*|0)$"}
CODE: Schema = {"type": "string", "pattern": "^txcd_[0-9]{8}$"}
EXCLUSIVE: Schema = {"const": "exclusive"}


def _one(row: Schema) -> Schema:
    """A list of one, as a form has it: the place is a key."""
    return closed({"0": row})


ADDRESS = closed(
    {"country": {"const": "US"}, "postal_code": TEXT, "state": TEXT}, {"line1": TEXT, "line2": TEXT, "city": TEXT}
)
PRICE: dict[str, Schema] = {"amount": COUNT, "tax_behavior": EXCLUSIVE, "tax_code": CODE}
EXPANDED = _one({"const": "line_items"})
BACK: dict[str, Schema] = {"amount": TAKEN, "amount_tax": TAKEN}

REQUESTS: dict[str, Schema] = {
    "create_tax_calculation": closed(
        {
            "currency": {"type": "string", "pattern": "^[a-z]{3}$"},
            "line_items": _one(closed(PRICE | {"reference": TEXT})),
            "customer_details": closed({"address": ADDRESS, "address_source": {"const": "shipping"}}),
            "ship_from_details": closed({"address": ADDRESS}),
            "expand": EXPANDED,
        },
        {"shipping_cost": closed(PRICE)},
    ),
    "create_tax_transaction": closed(
        {"calculation": {"pattern": "^taxcalc_"}, "reference": {"pattern": "^R"}, "expand": EXPANDED}
    ),
    "create_tax_reversal": closed(
        {
            "mode": {"const": "partial"},
            "original_transaction": {"pattern": "^tax_"},
            "reference": {"pattern": "^R[0-9A-Z]+-(full|part-[0-9]+)$"},
            "line_items": _one(closed(BACK | {"original_line_item": {"pattern": "^tax_li_"}, "reference": TEXT})),
        },
        {"shipping_cost": closed(BACK)},
    ),
}

TAXED = opened(amount=WHOLE, amount_tax=WHOLE)
SHIPPING: Schema = {"anyOf": [TAXED, {"type": "null"}]}
LINES = opened(data={"type": "array", "items": opened(id=TEXT, amount_tax=WHOLE), "minItems": 1, "maxItems": 1})

ANSWERS: dict[str, Schema] = {
    "create_tax_calculation": opened(
        id=TEXT, amount_total=WHOLE, currency=TEXT, expires_at=WHOLE, shipping_cost=SHIPPING, line_items=LINES
    ),
    "create_tax_transaction": opened(id=TEXT, shipping_cost=SHIPPING, line_items=LINES),
    "create_tax_reversal": opened(id=TEXT),
}


def request_faults(operation: str, form: Any) -> list[str]:
    """What is wrong with a form we sent, its brackets read."""
    return faults(REQUESTS[operation], form, operation)


def answer_faults(operation: str, answer: Any) -> list[str]:
    """What an answer lacks that we read."""
    return faults(ANSWERS[operation], answer, f"answer to {operation}")
