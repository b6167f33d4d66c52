"""What every form here is, and fields that no library has: an amount of money, some of several choices as boxes."""

from __future__ import annotations

from typing import Any

import wtforms
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import SelectMultipleField, StringField
from wtforms.validators import StopValidation
from wtforms.widgets import CheckboxInput, ListWidget

from marketplace.money import Money, MoneyError

# What the library says in its own words, in ours.
WORDS = {
    "Not a valid choice.": _l("Choose one of these."),
    "Invalid Choice: could not coerce.": _l("Choose one of these."),
    "Invalid choice(s): one or more data inputs could not be coerced.": _l("Choose from these only."),
    "'%(value)s' is not a valid choice for this field.": _l("Choose from these only."),
    "'%(value)s' are not valid choices for this field.": _l("Choose from these only."),
    "This field is required.": _l("Enter an answer."),
    "Not a valid integer value.": _l("Enter a whole number."),
    "Not a valid decimal value.": _l("Enter a number, such as 23.5."),
}


class _OurWords:
    """The translations a form asks for, in the shape WTForms expects."""

    def gettext(self, text: str) -> str:
        return str(WORDS.get(text, text))

    def ngettext(self, one: str, many: str, count: int) -> str:
        return self.gettext(one if count == 1 else many)


class Form(FlaskForm):  # type: ignore[misc]
    """A form of this shop: every word on it is ours and can be translated."""

    class Meta(FlaskForm.Meta):  # type: ignore[misc]
        def get_translations(self, _form: Any) -> _OurWords:
            return _OurWords()


class MultiCheckboxField(SelectMultipleField):  # type: ignore[misc]
    """Some of several, each with a box of its own."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


class MoneyField(StringField):  # type: ignore[misc]
    """An amount as a person types it; ``amount`` holds it once the form is valid (fault B20).

    ``currency`` may be set after the form is made. With ``required=False`` an empty answer is no amount.
    """

    amount: Money | None = None

    def __init__(self, *args: Any, currency: str = "USD", required: bool = True, **more: Any) -> None:
        super().__init__(*args, **more)
        self.currency, self.is_required = currency, required

    def pre_validate(self, _form: wtforms.Form) -> None:
        """Read the amount, or stop with what to type."""
        if not self.is_required and not (self.data or "").strip():
            return
        try:
            self.amount = Money.parse(self.data or "", self.currency)
        except MoneyError as refusal:
            raise StopValidation(str(refusal.message)) from refusal
