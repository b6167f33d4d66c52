"""The whole policy of a programme: every number, list and word that its rules and pages are made of.

A policy is data. Nothing in the product asks which programme runs; it asks the policy in force.
"""

from __future__ import annotations

from typing import Literal

from marketplace.clock import BusinessCalendar
from marketplace.programme.policy.channels import Channels
from marketplace.programme.policy.condition import Condition
from marketplace.programme.policy.desk import Desk
from marketplace.programme.policy.disputes import Disputes
from marketplace.programme.policy.eligibility import Eligibility
from marketplace.programme.policy.identity import Identity
from marketplace.programme.policy.inbound import Inbound
from marketplace.programme.policy.languages import Languages
from marketplace.programme.policy.limits import Limits
from marketplace.programme.policy.market import Market
from marketplace.programme.policy.modes import Modes
from marketplace.programme.policy.offers import Offers
from marketplace.programme.policy.payout import Payout
from marketplace.programme.policy.photos import Photos
from marketplace.programme.policy.price import Price
from marketplace.programme.policy.review import Review
from marketplace.programme.policy.seller_record import Telling
from marketplace.programme.policy.shipping import Shipping
from marketplace.programme.policy.tax import Tax
from marketplace.programme.policy.texts import Texts
from marketplace.programme.policy.theme import Theme
from marketplace.programme.policy.values import Section

SCHEMA = 5  # raised whenever a stored body would no longer fit; programme/upgrades.py then learns the way


class Policy(Section, frozen=True, kw_only=True):
    """One programme's policy, as its TOML file says it."""

    schema: Literal[5]
    identity: Identity
    market: Market
    modes: Modes
    eligibility: Eligibility
    condition: Condition
    photos: Photos
    price: Price
    review: Review
    shipping: Shipping
    payout: Payout
    limits: Limits
    disputes: Disputes
    desk: Desk
    seller_record: Telling = Telling()
    offers: Offers = Offers()
    channels: Channels = Channels()
    inbound: Inbound = Inbound()
    tax: Tax
    texts: Texts
    theme: Theme
    languages: Languages = Languages()

    @property
    def name(self) -> str:
        """What the programme is called."""
        return self.identity.title

    @property
    def calendar(self) -> BusinessCalendar:
        """The days this programme works."""
        return self.market.calendar


__all__ = ["SCHEMA", "Policy"]
