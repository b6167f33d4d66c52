"""Who runs the programme, what it calls itself, and how to reach the people behind it."""

from __future__ import annotations

from datetime import time

from marketplace.programme.policy.limits import Hours
from marketplace.programme.policy.values import Email, Key, Label, Link, Name, Section, Text, Weekday


class OpeningHours(Section, frozen=True, kw_only=True):
    """When somebody answers, in the market's time zone."""

    weekdays: tuple[Weekday, ...]
    opens: time
    closes: time


class BrandSupport(Section, frozen=True, kw_only=True):
    """The brand's customer service (MK-64): anything about an account, a gift card, a refused listing."""

    email: Email
    phone: Name
    chat_url: Link
    hours: OpeningHours
    answer_hours: Hours = 48  # within which an e-mail is answered (NAP-46, NAP-47)


class ResaleSupport(Section, frozen=True, kw_only=True):
    """The resale provider's desk (MK-65): anything about a listing or an order, by e-mail."""

    email: Email
    hours: OpeningHours


class LoyaltyClub(Section, frozen=True, kw_only=True):
    """The club whose members may sell (MK-02). Its purchase history is where every listing starts (MK-04)."""

    name: Name
    join_url: Link
    join_text: Text  # said wherever the gate appears (MK-03)


class Parties(Section, frozen=True, kw_only=True):
    """Who acts for the brand (MK-19); the carrier stands under shipping."""

    resale_provider: Name
    gift_card_issuer: Name


class Identity(Section, frozen=True, kw_only=True):
    """The programme's name and people."""

    key: Key  # names the programme in the page's root element and in exports
    title: Name  # the programme, such as "Velorne Pre-Loved"
    house: Name  # the fashion house, such as "Velorne"
    descriptor: Label  # the line under the house's name in the wordmark
    operator: Name  # the company that stands behind the terms
    main_shop_name: Name
    main_shop_url: Link  # the brand's own shop: another site, another bag (MK-01, MK-49)
    loyalty: LoyaltyClub
    support: BrandSupport
    resale_support: ResaleSupport
    parties: Parties
