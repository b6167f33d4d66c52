"""Every component of the house on one page, with its states, for designers and for the browser tests."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, EmailField, FileField, RadioField, SelectField, StringField, TextAreaField
from wtforms.fields import SelectChoice
from wtforms.validators import InputRequired

from marketplace import clock
from marketplace.buyer import cards
from marketplace.buyer.browsing import ShownFacet, ShownValue
from marketplace.form_fields import Form, MultiCheckboxField
from marketplace.listings.search import newest
from marketplace.money import Money
from marketplace.permissions import public
from marketplace.programme import versions

bp = Blueprint("styleguide", __name__)


class SampleForm(Form):
    """One field of each kind."""

    email = EmailField(_l("Email"), [InputRequired(_l("Enter your email address."))])
    zip = StringField(_l("ZIP code"), [InputRequired(_l("Enter the ZIP code."))])
    state = SelectField(_l("State"), choices=[SelectChoice("OR", "Oregon"), SelectChoice("WA", "Washington")])
    price = StringField(_l("Your price"), default="245")
    speed = RadioField(
        _l("When it leaves"),
        choices=[SelectChoice("soon", _l("Today")), SelectChoice("later", _l("Tomorrow"))],
        default="soon",
    )
    parts = MultiCheckboxField(
        _l("What comes with it"),
        choices=[SelectChoice("box", _l("Box")), SelectChoice("card", _l("Care card"))],
        default=["box"],
    )
    agree = BooleanField(_l("Keep this address"))
    words = TextAreaField(_l("A word to the buyer"))
    photo = FileField(_l("A photo of it"))
    photo_front = FileField(_l("Front"))
    photo_inside = FileField(_l("Inside"))


@bp.get("/styleguide")
@public
def styleguide() -> ResponseReturnValue:
    """The page; a form that was sent empty shows what errors look like."""
    now, policy = clock.now(), versions.current().policy
    wrong = SampleForm(formdata=None, prefix="wrong-", meta={"csrf": False})
    wrong.validate()
    pieces = newest(4)
    shown = cards.cards(pieces)
    price, received = Money(24500, policy.market.currency), Money(19600, policy.market.currency)
    return render_template(
        "sandbox/styleguide.html",
        sample=SampleForm(formdata=None, meta={"csrf": False}),
        wrong=wrong,
        listings=shown,
        states=[{**one, "state": state} for one, state in zip(shown[2:], ("sold", "held"), strict=False)],
        photos=_photos(shown),
        grades=[cards.grade(grade.key, policy) for grade in policy.condition.accepted_grades],
        facets=_facets(),
        order={"number": "R00000000", "state": "delivered", "as_sold": {"title": _("Marlow tote")}},
        steps=_steps(now),
        due=now + timedelta(days=3),
        time_left=[timedelta(hours=hours, minutes=10) for hours in (-1, 2, 5, 30)],
        split=[(_("Price"), price), (_("Commission"), received - price)],
        received=received,
    )


def _photos(shown: list[cards.Card]) -> list[dict[str, Any]]:
    """Two photos as a piece's page shows them; none before the first piece is listed."""
    found = [one["photo"] for one in shown if one["photo"]][:2]
    captions = (_("Library photo"), _("Photo by the seller"))
    return [{**photo, "caption": caption} for photo, caption in zip(found, captions, strict=False)]


def _facets() -> list[ShownFacet]:
    colours = [("black", _("Black"), 12, True), ("oxblood", _("Oxblood"), 3, False), ("sage", _("Sage"), 0, False)]
    return [ShownFacet("colour", _("Color"), open=True, values=[ShownValue(*colour) for colour in colours])]


def _steps(now: datetime) -> list[dict[str, Any]]:
    return [
        {"title": _("Ordered"), "state": "done", "at": now - timedelta(days=6)},
        {"title": _("No news"), "state": "problem", "at": now - timedelta(days=2), "note": _("No scan for two days.")},
        {"title": _("Delivered"), "state": "now", "at": now, "note": _("Left at the front door.")},
        {"title": _("Confirmed"), "state": "future", "expected": now + timedelta(days=3)},
    ]
