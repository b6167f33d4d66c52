"""How a stored policy of an older schema is read today.

When a change to the policy's types would make stored bodies unreadable, raise ``policy.SCHEMA`` and add here, under the
old schema's number, the function that turns its body into the next one's. Stored rows stay as they were published.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from marketplace.programme.policy import SCHEMA

Body = dict[str, Any]


def _with_disputes(body: Body) -> Body:
    """Before schema 2 no policy said how a report is dealt with: what ``preloved`` first said holds for them."""
    disputes = {
        "answer_business_days": 3,
        "offer_business_days": 3,
        "review_business_days": 3,
        "approval_business_days": 1,
        "approval_above_minor": 50_000,
        "appeal_days": 7,
        "refund_leaves": "decision",
        "return_business_days": 5,
        "receipt_business_days": 3,
        "max_pause_business_days": 10,
        "max_photos": 8,
    }
    return {**body, "disputes": disputes}


def _with_a_pair_of_faces(body: Body) -> Body:
    """Before schema 3 headings could stand in the text face; the house's pair takes its place."""
    theme = body["theme"]
    if theme["display_face"] == "Hanken Grotesk":
        theme = {**theme, "display_face": "Marcellus"}
    return {**body, "theme": theme}


def _with_desk(body: Body) -> Body:
    """Before schema 4 no policy limited what the desk may do: what ``preloved`` first said holds for them."""
    reasons = [
        {
            "key": "same-card",
            "label": "We are checking the payment",
            "clears": "The payment provider confirms that the payment is the buyer's own.",
        },
        {
            "key": "authenticity",
            "label": "We are checking the piece",
            "clears": "Our workshop confirms that the piece is genuine and unaltered.",
        },
        {
            "key": "account",
            "label": "We are checking the account",
            "clears": "You confirm to customer service that the sale was yours.",
        },
    ]
    desk = {
        "goodwill_agent_minor": 2_500,
        "goodwill_manager_minor": 20_000,
        "hold_reasons": reasons,
        "max_hold_days": 14,
        "max_snooze_days": 7,
        "max_extension_business_days": 5,
    }
    return {**body, "desk": desk}


def _with_clauses(body: Body) -> Body:
    """Before schema 5 the rules that decisions cite had no words here: those that ``preloved`` first gave them."""
    clauses = [
        {
            "key": "as_described",
            "label": "As described",
            "text": "A piece has to be as its listing shows and describes it: its grade, its parts, its flaws and what "
            "comes with it. A flaw that was shown or named is part of what was bought.",
        },
        {
            "key": "final_sale",
            "label": "Final sale",
            "text": "A sale is final where the piece is as described. Taste, fit or a change of mind is no reason to "
            "return it.",
        },
        {
            "key": "window",
            "label": "Time to report",
            "text": "A report about the piece has to be made while the time to confirm runs. Who lets that time pass "
            "has accepted the piece.",
        },
        {
            "key": "delivery",
            "label": "Until it is delivered",
            "text": "Until the carrier has delivered it, a piece is not at its buyer's risk. What is damaged or lost "
            "on the way is not the buyer's to bear.",
        },
        {
            "key": "authentic",
            "label": "Authentic pieces only",
            "text": "Only authentic pieces may be sold here. A counterfeit is refunded in full, kept by us and never "
            "sold again, and its seller is not paid.",
        },
    ]
    return {**body, "disputes": {**body["disputes"], "clauses": clauses}}


UPGRADES: dict[int, Callable[[Body], Body]] = {
    1: _with_disputes,
    2: _with_a_pair_of_faces,
    3: _with_desk,
    4: _with_clauses,
}


def upgraded(body: Body, schema: int) -> Body:
    """The body as today's schema has it; ``LookupError`` for a schema this product cannot read."""
    while schema < SCHEMA:
        body = UPGRADES[schema](body)
        schema += 1
        body = {**body, "schema": schema}
    if schema != SCHEMA:
        raise LookupError(f"a policy of schema {schema} was published by a newer product; this one reads {SCHEMA}")
    return body
