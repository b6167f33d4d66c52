"""What a seller receives, in which forms, and by when (MK-16, MK-41 to MK-45, NAP-02, BAL-06, LUX-63)."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, field

from marketplace.programme.policy.values import Amount, BasisPoints, Label, Link, Section, Text

Form = Literal["gift_card", "store_credit", "cash"]
Need = Literal["tax_form", "identity"]
Hours = Annotated[int, Meta(ge=0, le=720)]
Days = Annotated[int, Meta(ge=0, le=120)]
Months = Annotated[int, Meta(ge=1, le=120)]


class GiftCard(Section, frozen=True, kw_only=True):
    """The brand's e-gift card: it does not expire and cannot pay on the resale site (MK-45, GAP-21)."""

    name: Label
    spends_at: tuple[Text, ...]  # a place and how to pay there, one each (MK-44)
    terms_url: Link  # the card's own terms (MK-20)


class StoreCredit(Section, frozen=True, kw_only=True):
    """Credit bound to a person, in the currency of the country of collection (NAP-22, NAP-43, NAP-44)."""

    valid_months: Months = 12
    warning_days: tuple[Days, ...] = (60, 30, 7)  # before its end
    returned_days: Days = 30  # what goes back to a credit is good for so long at least
    spends_at_checkout: bool = False  # whether it pays at our own checkout too (NAP-42, LUX-22)


class Cash(Section, frozen=True, kw_only=True):
    """Bank transfers: what has to be known first, and who has to look (LUX-68, LUX-70)."""

    needs: tuple[Need, ...] = ("tax_form", "identity")
    cooling_hours: Hours = 24  # nothing is sent to bank details as new as this
    approval_above_minor: Amount = 100_000  # a run above this sum needs a second person
    home_accounts_only: bool = False  # whether accounts of the market's own country alone are paid to (LUX-64)


class FormTerms(Section, frozen=True, kw_only=True):
    """One form of payout: what is given on top of the net payout, and by when it is promised."""

    form: Form
    bonus_basis_points: BasisPoints = 0
    promised_business_days: Days = 1


class Payout(Section, frozen=True, kw_only=True):
    """The seller's share of the listed price, and the forms it is paid in; the first one unless another is chosen."""

    payout_basis_points: BasisPoints
    gift_card: GiftCard
    forms: tuple[FormTerms, ...] = (FormTerms(form="gift_card"),)
    choice_days: Days = 0  # how long a payout waits for its form to be chosen; 0: it leaves at once
    store_credit: StoreCredit = field(default_factory=StoreCredit)
    cash: Cash = field(default_factory=Cash)

    @property
    def commission_basis_points(self) -> int:
        """What the programme keeps (MK-16)."""
        return 10_000 - self.payout_basis_points

    def pays_in(self, form: str) -> bool:
        """Whether this form is open."""
        return any(one.form == form for one in self.forms)
