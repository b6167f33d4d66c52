"""The form in which the house describes a piece of its own."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import DecimalField, RadioField, TextAreaField
from wtforms.fields import SelectChoice
from wtforms.validators import NumberRange, Optional

from marketplace.form_fields import Form, MoneyField, MultiCheckboxField
from marketplace.listings.forms import LONGEST_WORDS
from marketplace.listings.measuring import MEASURES, can_measure
from marketplace.listings.models import Listing
from marketplace.programme.policy import Policy
from marketplace.text import PlainText

CENTIMETRES = [Optional(), NumberRange(min=Decimal("0.1"), max=300, message=_l("Enter centimeters, from 0.1 to 300."))]


class SupplyForm(Form):
    """Grade, what comes with it, words, price: all at once, as the desk has the piece in hand."""

    grade = RadioField(_l("Condition"), validate_choice=False)
    includes = MultiCheckboxField(_l("What comes with it"), validate_choice=False)
    words = TextAreaField(_l("Description"), [PlainText(LONGEST_WORDS, required=False, lines=True)])
    width = DecimalField(_l("Width in cm"), CENTIMETRES, places=1)
    height = DecimalField(_l("Height in cm"), CENTIMETRES, places=1)
    depth = DecimalField(_l("Depth in cm"), CENTIMETRES, places=1)
    price = MoneyField(_l("Price without shipping"))

    def __init__(self, listing: Listing, policy: Policy, **more: Any) -> None:
        standing: dict[str, Any] = {
            "grade": listing.grade,
            "includes": listing.includes,
            "words": listing.words,
            "price": listing.price.plain if listing.price else "",
        }
        known = listing.item.style.measurements
        standing |= {name: Decimal(known[name]) / 10 for name in MEASURES if name in known}
        super().__init__(data=standing, **more)
        if not can_measure(listing):
            del self.width, self.height, self.depth
        self.grade.choices = [SelectChoice(grade.key, grade.label) for grade in policy.condition.accepted_grades]
        self.hints = {grade.key: grade.definition for grade in policy.condition.accepted_grades}
        self.includes.choices = [SelectChoice(thing.key, thing.label) for thing in policy.condition.comes_with]
        self.price.currency = listing.currency

    @property
    def measured(self) -> dict[str, int | None] | None:
        """What was measured, in millimetres by name; None where there is nothing to measure."""
        if self.width is None:
            return None
        return {name: round(self[name].data * 10) if self[name].data else None for name in MEASURES}
