"""Our own short description of the Stripe Connect operations we use: always there, checked on each call of the double.

What we send is closed, and is text as a form carries it; what is answered is open, and must hold what we read.
"""

from __future__ import annotations

from typing import Any

from tests.contracts.shapes import TEXT, WHOLE, Schema, closed, faults, opened

COUNT: Schema = {"type": "string", "pattern": "^[1-9][0-9]*$"}
KEYED = closed({"key": TEXT})
PAGE: dict[str, Schema] = {"limit": COUNT}
FURTHER: dict[str, Schema] = {"starting_after": TEXT}
NAMES: Schema = {"type": "array", "items": TEXT}

REQUESTS: dict[str, Schema] = {
    "create_account": closed(
        {
            "type": {"const": "express"},
            "country": {"type": "string", "pattern": "^[A-Z]{2}$"},
            "email": TEXT,
            "capabilities": closed({"transfers": closed({"requested": {"const": "true"}})}),
            "business_profile": closed({"product_description": TEXT}),
            "metadata": KEYED,
        }
    ),
    "retrieve_account": closed({}),
    "list_accounts": closed({"created": closed({"gte": COUNT})} | PAGE, FURTHER),
    "create_account_link": closed(
        {"account": TEXT, "type": {"const": "account_onboarding"}, "refresh_url": TEXT, "return_url": TEXT}
    ),
    "create_transfer": closed(
        {
            "amount": COUNT,
            "currency": {"type": "string", "pattern": "^[a-z]{3}$"},
            "destination": {"type": "string", "pattern": "^acct_"},
            "transfer_group": TEXT,
            "metadata": KEYED,
        }
    ),
    "retrieve_transfer": closed({}),
    "list_transfers": closed({"transfer_group": TEXT} | PAGE, FURTHER),
    "create_transfer_reversal": closed({"amount": COUNT, "metadata": KEYED}),
}

ACCOUNT = opened(
    id={"type": "string", "pattern": "^acct_"},
    details_submitted={"type": "boolean"},
    payouts_enabled={"type": "boolean"},
    capabilities={"type": "object"},
    requirements=opened(currently_due=NAMES, past_due=NAMES, pending_verification=NAMES),
    external_accounts=opened(data={"type": "array", "items": opened(id=TEXT, last4={"pattern": "^[0-9]{4}$"})}),
    metadata={"type": "object"},
)
TRANSFER = opened(
    id={"type": "string", "pattern": "^tr_"}, amount=WHOLE, amount_reversed=WHOLE, transfer_group={"type": "string"}
)


def _list_of(thing: Schema) -> Schema:
    return opened(data={"type": "array", "items": thing}, has_more={"type": "boolean"})


ANSWERS: dict[str, Schema] = {
    "create_account": ACCOUNT,
    "retrieve_account": ACCOUNT,
    "list_accounts": _list_of(ACCOUNT),
    "create_account_link": opened(url=TEXT),
    "create_transfer": TRANSFER,
    "retrieve_transfer": TRANSFER,
    "list_transfers": _list_of(TRANSFER),
    "create_transfer_reversal": opened(id=TEXT, amount=WHOLE),
}


def request_faults(operation: str, sent: Any) -> list[str]:
    """What is wrong with a form or a query we sent; operations of others are not judged here."""
    return faults(REQUESTS[operation], sent, operation) if operation in REQUESTS else []


def answer_faults(operation: str, answer: Any) -> list[str]:
    """What an answer lacks that we read."""
    return faults(ANSWERS[operation], answer, f"answer to {operation}") if operation in ANSWERS else []
