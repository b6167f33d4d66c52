"""The forms of selling a piece to us: describing it, answering the quote, how it comes and is paid."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, DateField, RadioField, SelectField, StringField
from wtforms.fields import SelectChoice
from wtforms.validators import Optional

from marketplace.buybacks import requesting, terms
from marketplace.buybacks.models import Buyback
from marketplace.custody.taking import PieceNotTaken, Wish
from marketplace.form_fields import Form, MoneyField, MultiCheckboxField
from marketplace.listings.ship_from import last_address
from marketplace.money import Money, format_money
from marketplace.payouts.models import PayoutForm
from marketplace.payouts.words import PAYOUT_FORMS
from marketplace.people.models import Person
from marketplace.programme import Policy
from marketplace.shipping.address_form import ShipFromForm
from marketplace.shipping.postal import PostalAddress
from marketplace.text import PlainText


class QuoteForm(Form):
    """One piece as its owner describes it."""

    title = StringField(_l("What it is"), [PlainText(120)], description=_l("Such as: Greenwich satchel"))
    house = StringField(_l("House"), [PlainText(60)])
    category = SelectField(_l("Kind"), validate_choice=False)
    colour = StringField(_l("Color"), [PlainText(40)])
    grade = RadioField(_l("Condition"), validate_choice=False)
    includes = MultiCheckboxField(_l("What comes with it"))
    retail = MoneyField(_l("Price when new"))
    hoped = MoneyField(_l("What you had hoped for"), required=False)
    words = StringField(_l("Anything we should know"), [PlainText(500, required=False)])
    is_private = BooleanField(_l("I sell this piece as a private person, not in the course of a business"))

    def __init__(self, policy: Policy, known: dict[str, Any]) -> None:
        super().__init__(data=known)
        groups = {group.key: group for group in policy.eligibility.groups}
        kinds = [SelectChoice(one.key, one.label) for one in policy.eligibility.categories if one.group in groups]
        self.category.choices = [SelectChoice("", _l("Choose one")), *kinds]
        self.grade.choices = [(grade.key, grade.label) for grade in policy.condition.grades]
        self.includes.choices = [(one.key, one.label) for one in policy.condition.comes_with]
        self.retail.currency = self.hoped.currency = policy.market.currency
        self.hints = {grade.key: grade.definition for grade in policy.condition.grades}

    def is_taken(self, policy: Policy) -> bool:
        """Say at its field why we do not buy such a piece; whatever else is wrong is said as well."""
        if policy.modes.buyback.private_only and not self.is_private.data:
            self.is_private.errors = [str(requesting.PrivatePeopleOnly.message)]
            return False
        try:
            asked = {name: self[name].data or "" for name in ("house", "category", "grade")}
            requesting.check_piece(policy, **asked)
        except PieceNotTaken as refusal:
            field = self[refusal.field]
            field.errors = field.errors or [str(refusal.message)]
            return False
        return True

    @property
    def wish(self) -> Wish:
        """What was said; the form is valid."""
        if self.retail.amount is None:
            raise LookupError("the form was not validated")
        return Wish(
            house=self.house.data,
            category=self.category.data,
            title=self.title.data,
            colour=self.colour.data,
            grade=self.grade.data,
            retail=self.retail.amount,
            hoped=self.hoped.amount,
            words=self.words.data or "",
        )


class HopeForm(Form):
    """What its owner had hoped for."""

    price = MoneyField(_l("What you had hoped for"))


class AcceptForm(ShipFromForm):
    """How she is paid, and how the piece comes to us."""

    form = RadioField(_l("How you are paid"))
    way = RadioField(_l("How it comes to us"))
    collect_on = DateField(
        _l("Collect on"), [Optional()], description=_l("Leave it empty to hand the parcel in yourself.")
    )

    def __init__(self, buyback: Buyback, person: Person, **more: Any) -> None:
        known = last_address(person)
        postal = PostalAddress.of(known.postal) if known else PostalAddress(person.name, "", "", "", "")
        super().__init__(address=postal, **more)
        policy = terms.of_owner(buyback)
        self.form.choices = [(form.value, form_words(policy, form, buyback.price)) for form in terms.open_forms(policy)]
        self.way.choices = [("label", _("With a prepaid label")), ("hand_over", _("I bring it to you"))]
        if not self.is_submitted() or more:
            self.form.data, self.way.data = self.form.choices[0][0], "label"

    @property
    def is_sent(self) -> bool:
        """Whether a parcel brings it; an address is asked for then alone."""
        return bool(self.way.data == "label")

    def validate(self, extra_validators: Any = None) -> bool:
        """Check the address only where a label is made out to it."""
        if self.is_sent:
            return super().validate(extra_validators)
        return bool(Form.validate(self, extra_validators))


def form_words(policy: Policy, form: PayoutForm, price: Money | None) -> str:
    """A form of payment with what arrives in it."""
    label = str(PAYOUT_FORMS[form])
    if price is None:
        return label
    total = terms.total(policy, form, price)
    return f"{label}: {format_money(total, whole=True)}"
