"""What the people at the desk may do alone, and for how long. Staff's limits are always the current ones (GAP-18)."""

from __future__ import annotations

from marketplace.programme.policy.limits import Days
from marketplace.programme.policy.values import Amount, Key, Label, Section, Text


class HoldReason(Section, frozen=True, kw_only=True):
    """Why a payout may be held, and what clears it; its seller reads both."""

    key: Key
    label: Label
    clears: Text


class Desk(Section, frozen=True, kw_only=True):
    """Goodwill is counted an order, whoever gave it."""

    goodwill_agent_minor: Amount
    goodwill_manager_minor: Amount
    hold_reasons: tuple[HoldReason, ...]
    max_hold_days: Days  # then the payout goes out by itself
    max_snooze_days: Days  # how long an agent may put a case aside; its deadline runs on
    max_extension_business_days: Days  # by how much the desk may put off a deadline of an order
