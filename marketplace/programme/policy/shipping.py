"""How a piece travels: one fixed amount, one carrier, and what the seller is told (MK-14, MK-34 to MK-40)."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from marketplace.programme.policy.values import Amount, Label, Link, Name, Section, Text


class Handover(Section, frozen=True, kw_only=True):
    """A way to give the parcel to the carrier."""

    text: Text
    link_label: Label
    url: Link


class Shipping(Section, frozen=True, kw_only=True):
    """Shipping of one piece. ``amount_minor`` is added to every price and never part of a payout (GAP-02)."""

    amount_minor: Amount
    carrier: Name
    service: Label
    usual_days_min: Annotated[int, Meta(ge=1, le=60)]
    usual_days_max: Annotated[int, Meta(ge=1, le=60)]
    drop_off: Handover
    pickup: Handover
    packing_tips: tuple[Text, ...]
