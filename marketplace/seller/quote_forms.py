"""The forms of selling a piece to us: describing it, answering the quote, how it comes and is paid."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, RadioField

from marketplace.buybacks import requesting, terms
from marketplace.buybacks.models import Buyback
from marketplace.form_fields import Form, MoneyField, MultiCheckboxField
from marketplace.money import Money, format_money
from marketplace.payouts.models import PayoutForm
from marketplace.payouts.words import PAYOUT_FORMS
from marketplace.people.models import Person
from marketplace.programme import Policy
from marketplace.seller.description_form import DescriptionForm
from marketplace.seller.inbound_form import InboundForm


class QuoteForm(DescriptionForm):
    """The same with what comes with the piece, and where policy asks for it, as whom she sells."""

    includes = MultiCheckboxField(_l("What comes with it"))
    hoped = MoneyField(_l("What you had hoped for"), required=False)
    is_private = BooleanField(_l("I sell this piece as a private person, not in the course of a business"))

    def __init__(self, policy: Policy, known: dict[str, Any]) -> None:
        super().__init__(policy, known, requesting.check_piece)
        self.includes.choices = [(one.key, one.label) for one in policy.condition.comes_with]

    def is_taken(self) -> bool:
        """Whether she sells as we buy, and such a piece."""
        if self.policy.modes.buyback.private_only and not self.is_private.data:
            self.is_private.errors = [str(requesting.PrivatePeopleOnly.message)]
            return False
        return super().is_taken()


class HopeForm(Form):
    """What its owner had hoped for."""

    price = MoneyField(_l("What you had hoped for"))


class AcceptForm(InboundForm):
    """How she is paid, and how the piece comes to us."""

    form = RadioField(_l("How you are paid"))

    def __init__(self, buyback: Buyback, person: Person, **more: Any) -> None:
        super().__init__(person, **more)
        policy = terms.of_owner(buyback)
        self.form.choices = [(form.value, form_words(policy, form, buyback.price)) for form in terms.open_forms(policy)]
        if len(self.form.choices) == 1 and (not self.is_submitted() or more):
            self.form.data = self.form.choices[0][0]  # where there are several, she says which


def form_words(policy: Policy, form: PayoutForm, price: Money | None) -> str:
    """A form of payment with what arrives in it."""
    label = str(PAYOUT_FORMS[form])
    if price is None:
        return label
    total = terms.total(policy, form, price)
    return f"{label}: {format_money(total, whole=True)}"
