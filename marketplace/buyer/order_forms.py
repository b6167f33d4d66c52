"""What a buyer says about an order."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import RadioField, TextAreaField
from wtforms.fields import SelectChoice
from wtforms.validators import InputRequired

from marketplace.form_fields import Form
from marketplace.text import PlainText

STARS = [
    SelectChoice("5", _l("5 stars: better than described")),
    SelectChoice("4", _l("4 stars: as described")),
    SelectChoice("3", _l("3 stars: nearly as described")),
    SelectChoice("2", _l("2 stars: worse than described")),
    SelectChoice("1", _l("1 star: much worse")),
]


class ConfirmForm(Form):
    """Stars for the condition, words about the seller."""

    stars = RadioField(_l("How is its condition?"), [InputRequired(_l("Choose how its condition is."))], choices=STARS)
    words = TextAreaField(_l("A word about the seller"), [PlainText(500, required=False, lines=True)])
