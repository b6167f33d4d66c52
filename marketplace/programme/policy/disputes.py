"""What happens when a buyer reports a problem: who answers by when, and where the money goes (GAP-08, GAP-21)."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from marketplace.programme.policy.limits import Days
from marketplace.programme.policy.values import Amount, Key, Label, Section, Text


class Clause(Section, frozen=True, kw_only=True):
    """A rule that a decision may rest on, in the programme's own words; both sides read it."""

    key: Key
    label: Label
    text: Text


class Disputes(Section, frozen=True, kw_only=True):
    """The days each side of a case has, and the limits of those who decide it. Business days as under limits."""

    answer_business_days: Days  # the seller's, from the report; silence goes to the desk
    offer_business_days: Days  # the buyer's, from an offer; silence goes to the desk
    review_business_days: Days  # the desk's; silence sets a new date that both sides see, and decides nothing
    approval_business_days: Days  # the second agent's, the same
    approval_above_minor: Amount  # a decision that moves more than this needs a second agent (P06)
    appeal_days: Days  # each side, once (GAP-21)
    refund_leaves: Literal["decision", "return_scan"]  # GAP-08; an agreed return is always refunded at its first scan
    return_business_days: Days  # to hand the piece to the carrier
    receipt_business_days: Days  # the seller's, to say that the piece came back; silence counts as yes
    max_pause_business_days: Days  # how long the desk may let a deadline rest
    max_photos: Annotated[int, Meta(ge=1, le=40)]  # a side
    clauses: Annotated[tuple[Clause, ...], Meta(min_length=1)]  # each decision cites one
