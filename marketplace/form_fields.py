"""Form fields that no library has: an amount of money, some of several choices as boxes."""

from __future__ import annotations

from typing import Any

from wtforms import Form, SelectMultipleField, StringField
from wtforms.validators import StopValidation
from wtforms.widgets import CheckboxInput, ListWidget

from marketplace.money import Money, MoneyError


class MultiCheckboxField(SelectMultipleField):  # type: ignore[misc]
    """Some of several, each with a box of its own."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


class MoneyField(StringField):  # type: ignore[misc]
    """An amount as a person types it; ``amount`` holds it once the form is valid (fault B20).

    ``currency`` may be set after the form is made.
    """

    amount: Money | None = None

    def __init__(self, *args: Any, currency: str = "USD", **more: Any) -> None:
        super().__init__(*args, **more)
        self.currency = currency

    def pre_validate(self, _form: Form) -> None:
        """Read the amount, or stop with what to type."""
        try:
            self.amount = Money.parse(self.data or "", self.currency)
        except MoneyError as refusal:
            raise StopValidation(str(refusal.message)) from refusal
