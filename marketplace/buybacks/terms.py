"""Which policy speaks for a buyback, and what its owner receives in each form.

The page that shows a quote and the posting that pays it reckon here, and nowhere else.
"""

from __future__ import annotations

from marketplace.buybacks.models import Buyback
from marketplace.clock import BusinessCalendar
from marketplace.money import Money
from marketplace.payouts import forms
from marketplace.payouts.models import PayoutForm, PayoutReason
from marketplace.programme import Policy, versions
from marketplace.programme.policy.buying import Buying


def of_owner(buyback: Buyback) -> Policy:
    """The policy the quote was asked for under (GAP-18)."""
    return versions.published(buyback.policy_version_id).policy


def rules(buyback: Buyback) -> Buying:
    """What that policy says of buying."""
    return of_owner(buyback).modes.buyback


def calendar() -> BusinessCalendar:
    """The days this programme works; always today's."""
    return versions.current().calendar


def open_forms(policy: Policy) -> list[PayoutForm]:
    """How a piece we buy may be paid."""
    return forms.open_forms(policy, PayoutReason.BUYBACK)


def bonus(policy: Policy, form: PayoutForm, price: Money) -> Money:
    """What the form adds to the price."""
    return forms.bonus(policy, form, price, PayoutReason.BUYBACK)


def total(policy: Policy, form: PayoutForm, price: Money) -> Money:
    """What arrives in this form: no commission, shipping or duty is taken off (NAP-30)."""
    return price + bonus(policy, form, price)
