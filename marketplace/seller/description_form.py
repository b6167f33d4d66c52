"""One piece as its owner describes it, whether we are to sell it for her or to buy it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import RadioField, SelectField, StringField
from wtforms.fields import SelectChoice

from marketplace.custody.taking import PieceNotTaken, Wish
from marketplace.form_fields import Form, MoneyField
from marketplace.programme import Policy
from marketplace.text import PlainText


class DescriptionForm(Form):
    """What every way of selling asks of a piece; ``known`` fills in what is known of it already."""

    title = StringField(_l("What it is"), [PlainText(120)], description=_l("Such as: Greenwich satchel"))
    house = StringField(_l("House"), [PlainText(60)])
    category = SelectField(_l("Kind"), validate_choice=False)
    colour = StringField(_l("Color"), [PlainText(40)])
    grade = RadioField(_l("Condition"), validate_choice=False)
    retail = MoneyField(_l("Price when new"))
    hoped = MoneyField(_l("What you hope to receive"), required=False)
    words = StringField(_l("Anything we should know"), [PlainText(500, required=False)])

    def __init__(self, policy: Policy, known: dict[str, Any], check_piece: Callable[..., None]) -> None:
        super().__init__(data=known)
        self.policy, self.check_piece = policy, check_piece
        groups = {group.key: group for group in policy.eligibility.groups}
        kinds = [SelectChoice(one.key, one.label) for one in policy.eligibility.categories if one.group in groups]
        self.category.choices = [SelectChoice("", _l("Choose one")), *kinds]
        self.grade.choices = [(grade.key, grade.label) for grade in policy.condition.grades]
        self.retail.currency = self.hoped.currency = policy.market.currency
        self.hints = {grade.key: grade.definition for grade in policy.condition.grades}

    def is_taken(self) -> bool:
        """Say at its field why we do not take such a piece; whatever else is wrong is said as well."""
        try:
            asked = {name: self[name].data or "" for name in ("house", "category", "grade")}
            self.check_piece(self.policy, **asked)
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
