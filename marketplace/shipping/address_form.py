"""The fields of a postal address, for every form that asks for one.

class CheckoutForm(AddressForm):
    email = StringField(_l("E-mail"), [EmailAddress()])

form = CheckoutForm(address=known)
if form.validate_on_submit() and form.carrier_accepts():
    order_to(form.postal)  # in the spelling we keep
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import SelectField, StringField, TelField
from wtforms.fields import SelectChoice

from marketplace import database
from marketplace.form_fields import Form
from marketplace.programme import versions
from marketplace.programme.policy.market import Market
from marketplace.programme.regions import is_one_region
from marketplace.shipping.addresses import (
    LONGEST,
    AddressRefused,
    carrier_objection,
    check_ship_from,
    check_ship_to,
)
from marketplace.shipping.postal import PostalAddress
from marketplace.shipping.regions import region_choices

PARTS = ("name", "line1", "line2", "city", "region", "postcode", "phone")


def _attributes(part: str, autocomplete: str, **more: str) -> dict[str, Any]:
    return {"autocomplete": autocomplete, "maxlength": LONGEST[part], **more}


class AddressForm(Form):
    """Where a parcel goes to: seven fields, two of them optional. A valid form has its ``postal``."""

    name = StringField(_l("Full name"), render_kw=_attributes("name", "name"))
    line1 = StringField(_l("Address"), render_kw=_attributes("line1", "address-line1"))
    line2 = StringField(_l("Apartment, suite, floor"), render_kw=_attributes("line2", "address-line2"))
    city = StringField(_l("City"), render_kw=_attributes("city", "address-level2"))
    region = SelectField(_l("State"), validate_choice=False, render_kw={"autocomplete": "address-level1"})
    postcode = StringField(_l("ZIP code"), render_kw=_attributes("postcode", "postal-code", inputmode="numeric"))
    phone = TelField(_l("Phone"), render_kw=_attributes("phone", "tel", inputmode="tel"))

    postal: PostalAddress | None = None

    def __init__(self, *args: Any, address: PostalAddress | None = None, **more: Any) -> None:
        super().__init__(*args, **{"data": address.mapping if address else None, **more})
        market = versions.current().policy.market
        if is_one_region(market.country):  # an address names none there
            del self.region
            self.postcode.label.text = _l("Postcode")
            self.postcode.render_kw = _attributes("postcode", "postal-code")
            return
        regions = region_choices(market.country, self.served_by(market))
        self.region.choices = [SelectChoice("", _l("Choose a state")), *(SelectChoice(*pair) for pair in regions)]

    def served_by(self, market: Market) -> Sequence[str]:
        """The regions an address may lie in."""
        return market.ship_to_regions

    def checked(self, address: PostalAddress, market: Market) -> PostalAddress:
        """The address in the spelling we keep; raises ``AddressRefused``."""
        return check_ship_to(address, market)

    def validate(self, extra_validators: Any = None) -> bool:
        """Check the fields each alone, then what they say together."""
        fields_are_valid = bool(super().validate(extra_validators))
        market = versions.current().policy.market
        parts = {part: self[part].data or "" for part in PARTS if part in self}
        typed = PostalAddress(**{"region": market.country, **parts}, country=market.country)
        try:
            self.postal = self.checked(typed, market)
        except AddressRefused as refusal:
            for part, words in refusal.errors.items():
                field = self[part if part in self else "postcode"]
                field.errors = [*field.errors, words]
            return False
        return fields_are_valid

    def carrier_accepts(self) -> bool:
        """Ask the carrier too, once the form is valid; where it objects, the street's field says so.

        A call abroad: what the request has written so far is finished first.
        """
        if self.postal is None:
            return False
        database.finish()
        objection = carrier_objection(self.postal)
        if objection:
            self.line1.errors = [*self.line1.errors, objection]
        return not objection


class ShipFromForm(AddressForm):
    """Where a parcel comes from."""

    def served_by(self, market: Market) -> Sequence[str]:
        return market.ship_from_regions

    def checked(self, address: PostalAddress, market: Market) -> PostalAddress:
        return check_ship_from(address, market)
