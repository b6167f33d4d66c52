"""The form in which the house describes a piece of its own."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import RadioField, TextAreaField
from wtforms.fields import SelectChoice

from marketplace.form_fields import Form, MoneyField, MultiCheckboxField
from marketplace.listings.forms import LONGEST_WORDS
from marketplace.listings.models import Listing
from marketplace.programme.policy import Policy
from marketplace.text import PlainText


class SupplyForm(Form):
    """Grade, what comes with it, words, price: all at once, as the desk has the piece in hand."""

    grade = RadioField(_l("Condition"), validate_choice=False)
    includes = MultiCheckboxField(_l("What comes with it"), validate_choice=False)
    words = TextAreaField(_l("Description"), [PlainText(LONGEST_WORDS, required=False, lines=True)])
    price = MoneyField(_l("Price without shipping"))

    def __init__(self, listing: Listing, policy: Policy, **more: Any) -> None:
        standing = {
            "grade": listing.grade,
            "includes": listing.includes,
            "words": listing.words,
            "price": listing.price.plain if listing.price else "",
        }
        super().__init__(data=standing, **more)
        self.grade.choices = [SelectChoice(grade.key, grade.label) for grade in policy.condition.accepted_grades]
        self.hints = {grade.key: grade.definition for grade in policy.condition.accepted_grades}
        self.includes.choices = [SelectChoice(thing.key, thing.label) for thing in policy.condition.comes_with]
        self.price.currency = listing.currency
