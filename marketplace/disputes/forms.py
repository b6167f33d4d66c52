"""What the sides of a case say, and what the desk decides."""

from __future__ import annotations

from collections.abc import Iterable

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, DateField, HiddenField, RadioField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Optional

from marketplace.disputes.deciding import Ruling
from marketplace.disputes.opinions import View
from marketplace.disputes.states import Remedy
from marketplace.disputes.words import REMEDIES
from marketplace.form_fields import Form, MoneyField, MultiCheckboxField
from marketplace.programme.policy.disputes import Clause
from marketplace.text import PlainText


class OptionalMoneyField(MoneyField):
    """An amount that may be left out; ``amount`` is None then."""

    def pre_validate(self, form: Form) -> None:
        if (self.data or "").strip():
            super().pre_validate(form)


class WhatForm(Form):
    """The first screen: what is wrong, with which parts, in which words."""

    kind = RadioField(_l("What is wrong?"), [InputRequired(_l("Choose what is wrong."))])
    parts = MultiCheckboxField(_l("Which parts are not as described?"), validate_choice=True)
    words = TextAreaField(_l("What do you see?"), [PlainText(1000, required=False, lines=True)])


class WishForm(Form):
    """The third screen: what the buyer asks for."""

    wish = RadioField(_l("What do you want?"), [InputRequired(_l("Choose what you want."))])
    asked = OptionalMoneyField(_l("How much of the price back, if you keep it"))


class SayForm(Form):
    """Words to the others; some moves can be made without any."""

    words = TextAreaField(_l("Your words"), [PlainText(2000, lines=True)])


class QuietForm(Form):
    """The same where nothing need be said."""

    words = TextAreaField(_l("Your words"), [PlainText(2000, required=False, lines=True)])


class OfferForm(QuietForm):
    """A part of the price, by the seller."""

    amount = MoneyField(_l("How much of the price you give back"))


class DecisionForm(Form):
    """What the desk decides; ``seen`` is the money the preview showed."""

    remedy = RadioField(_l("Decision"), [InputRequired(_l("Choose a decision."))])
    amount = OptionalMoneyField(_l("Part of the price, for a partial refund"))
    seller_at_fault = BooleanField(_l("The seller is at fault"))
    is_counterfeit = BooleanField(_l("It is a counterfeit"))
    clause = RadioField(
        _l("Rule"),
        [InputRequired(_l("Choose the rule it rests on."))],
    )
    words = TextAreaField(_l("Reason, for both sides to read"), [PlainText(1000, lines=True)])
    seen = HiddenField(validators=[Optional()])

    def offer_only(self, remedies: list[Remedy], clauses: Iterable[Clause]) -> None:
        self.remedy.choices = [(remedy.value, REMEDIES[remedy]) for remedy in remedies]
        self.clause.choices = [(clause.key, clause.label) for clause in clauses]

    @property
    def ruling(self) -> Ruling:
        """What was chosen."""
        is_part = self.remedy.data == Remedy.PARTIAL_REFUND
        return Ruling(
            Remedy(self.remedy.data),
            self.words.data,
            self.clause.data,
            self.amount.amount if is_part else None,
            self.seller_at_fault.data,
            self.is_counterfeit.data,
        )


class OpinionForm(Form):
    """What an agent would decide, for a colleague to compare."""

    remedy = RadioField(_l("You would decide"), [InputRequired(_l("Choose a decision."))])
    amount = OptionalMoneyField(_l("Part of the price, for a partial refund"))
    words = TextAreaField(_l("Why, for your colleague to read"), [PlainText(1000, lines=True)])

    def offer_only(self, remedies: list[Remedy]) -> None:
        self.remedy.choices = [(remedy.value, REMEDIES[remedy]) for remedy in remedies]

    @property
    def view(self) -> View:
        """What was chosen."""
        return View(Remedy(self.remedy.data), self.words.data, self.amount.amount)


class AskOpinionForm(OpinionForm):
    """The same, with whom to ask."""

    colleague = SelectField(_l("Colleague"), [InputRequired(_l("Choose a colleague."))])


class PauseForm(Form):
    """Until when a deadline rests, and why."""

    until = DateField(_l("Rests until"), [InputRequired(_l("Choose a day."))])
    reason = StringField(_l("Reason, for both sides to read"), [PlainText(500)])


class ReasonForm(Form):
    """Why, among colleagues."""

    reason = StringField(_l("Reason"), [PlainText(500)])
