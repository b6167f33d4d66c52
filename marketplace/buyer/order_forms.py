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

PROBLEMS = [
    SelectChoice("condition", _l("Its condition is not as described")),
    SelectChoice("wrong_item", _l("It is another piece")),
    SelectChoice("damaged", _l("It was damaged on the way")),
    SelectChoice("not_authentic", _l("I doubt that it is authentic")),
    SelectChoice("incomplete", _l("Something that should come with it is missing")),
    SelectChoice("never_arrived", _l("It has not arrived")),
]


class ConfirmForm(Form):
    """Stars for the condition, words about the seller."""

    stars = RadioField(_l("How is its condition?"), [InputRequired(_l("Choose how its condition is."))], choices=STARS)
    words = TextAreaField(_l("A word about the seller"), [PlainText(500, required=False, lines=True)])


class ProblemForm(Form):
    """What is wrong."""

    reason = RadioField(_l("What is wrong?"), [InputRequired(_l("Choose what is wrong."))], choices=PROBLEMS)
