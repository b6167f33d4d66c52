"""What comes with the piece, and where it will be sent from."""

from __future__ import annotations

from flask import Blueprint
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l
from wtforms.fields import SelectChoice

from marketplace import clock
from marketplace.form_fields import MultiCheckboxField
from marketplace.listings.drafting import save_details
from marketplace.listings.models import Listing
from marketplace.listings.passports import is_resale
from marketplace.listings.ship_from import last_address
from marketplace.listings.terms import of_seller
from marketplace.people.models import Person
from marketplace.permissions import member, the_person
from marketplace.seller.wizard import steps
from marketplace.shipping.address_form import ShipFromForm
from marketplace.shipping.postal import PostalAddress

bp = Blueprint("details", __name__)


class DetailsForm(ShipFromForm):
    """What comes with the piece, and the sender's address as the carrier needs it."""

    phone = None  # not asked for here: the carrier needs none
    includes = MultiCheckboxField(_l("What comes with it"), validate_choice=False)

    def __init__(self, listing: Listing, person: Person) -> None:
        known = listing.ships_from or last_address(person)
        postal = PostalAddress.of(known.postal) if known else PostalAddress(person.name, "", "", "", "")
        super().__init__(data={**postal.mapping, "includes": listing.includes})
        accessories = of_seller(listing).condition.comes_with
        self.includes.choices = [SelectChoice(accessory.key, accessory.label) for accessory in accessories]


@bp.route("/sell/listings/<number>/details", methods=["GET", "POST"])
@member
def details(number: str) -> ResponseReturnValue:
    """Keep the details and go on."""
    listing, person = steps.draft(number), the_person()
    form = DetailsForm(listing, person)
    if form.validate_on_submit() and form.carrier_accepts() and form.postal:
        save_details(listing, includes=form.includes.data or [], ships_from=form.postal, by=person, at=clock.now())
        return steps.go("condition", listing)
    asks_name = not person.name or bool(form.name.errors)
    body = steps.page("details", listing, form=form, asks_name=asks_name, is_resale=is_resale(listing))
    return body, 422 if form.errors else 200
