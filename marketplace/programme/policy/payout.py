"""What a seller receives (MK-16, MK-41 to MK-45)."""

from __future__ import annotations

from marketplace.programme.policy.values import BasisPoints, Label, Link, Section, Text


class GiftCard(Section, frozen=True, kw_only=True):
    """The brand's e-gift card: it does not expire and cannot pay on the resale site (MK-45, GAP-21)."""

    name: Label
    spends_at: tuple[Text, ...]  # a place and how to pay there, one each (MK-44)
    terms_url: Link  # the card's own terms (MK-20)


class Payout(Section, frozen=True, kw_only=True):
    """The seller's share of the listed price, paid as a gift card."""

    payout_basis_points: BasisPoints
    gift_card: GiftCard

    @property
    def commission_basis_points(self) -> int:
        """What the programme keeps (MK-16)."""
        return 10_000 - self.payout_basis_points
