"""The forms in which a piece is described, for sellers and for the house's own supply alike."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import RadioField, SelectField, StringField, TextAreaField
from wtforms.fields import SelectChoice

from marketplace.form_fields import Form, MoneyField
from marketplace.listings.models import Listing
from marketplace.programme.policy import Policy
from marketplace.text import PlainText

LONGEST_WORDS = 1000
LONGEST_NOTE = 200


class ConditionForm(Form):
    """The grade, of the whole scale (GAP-12), and the seller's own words."""

    grade = RadioField(_l("Condition"), validate_choice=False)
    words = TextAreaField(
        _l("In your own words"),
        [PlainText(LONGEST_WORDS, required=False, lines=True)],
        description=_l("How it was carried and what a photo cannot show. No names, numbers or addresses."),
    )

    def __init__(self, listing: Listing, policy: Policy) -> None:
        super().__init__(data={"grade": listing.grade, "words": listing.words})
        self.grade.choices = [SelectChoice(grade.key, grade.label) for grade in policy.condition.grades]
        self.hints = {grade.key: grade.definition for grade in policy.condition.grades}


class FlawForm(Form):
    """One flaw: what and where in one choice, how clearly it shows, a note."""

    what = SelectField(_l("Part and flaw"), validate_choice=False)
    severity = RadioField(_l("How clearly it shows"), validate_choice=False)
    note = StringField(
        _l("Where exactly"),
        [PlainText(LONGEST_NOTE, required=False)],
        description=_l("Such as: front right corner, 1 cm."),
    )

    def __init__(self, policy: Policy, **more: Any) -> None:
        super().__init__(**more)
        condition = policy.condition
        self.what.choices = [
            SelectChoice("", _l("Choose one")),
            *(
                SelectChoice(f"{part.key}:{kind.key}", kind.label, optgroup=part.label)
                for part in condition.parts
                for kind in condition.flaw_kinds
                if part.key in kind.parts
            ),
        ]
        self.severity.choices = [SelectChoice(severity.key, severity.label) for severity in condition.severities]
        self.hints = {severity.key: severity.definition for severity in condition.severities}

    @property
    def part(self) -> str:
        return (self.what.data or "").partition(":")[0]

    @property
    def kind(self) -> str:
        return (self.what.data or "").partition(":")[2]


class PriceForm(Form):
    """A price."""

    price = MoneyField(_l("Your price"))

    def __init__(self, listing: Listing, price: str = "", **more: Any) -> None:
        super().__init__(data={"price": price}, **more)
        self.price.currency = listing.currency
