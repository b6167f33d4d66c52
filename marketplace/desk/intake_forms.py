"""What intake asks: where a piece goes, and what one is worth after all."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import StringField

from marketplace.form_fields import Form, MoneyField
from marketplace.text import PlainText


class PlaceForm(Form):
    """Where the piece goes, in the house's own words: a shelf, a room, a parcel's number."""

    place = StringField(_l("Place"), [PlainText(60)])


class ReviseForm(Form):
    """What a piece is worth after all, and why."""

    price = MoneyField(_l("Revised quote"))
    reason = StringField(_l("Why"), [PlainText(300)])
