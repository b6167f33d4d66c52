"""How a piece comes to us, as its owner chooses it: fields that a form of either mode of selling has.

class AcceptForm(InboundForm): ...

form = AcceptForm(address=known)
if form.validate_on_submit() and form.carrier_accepts():
    accept(form.arrangement)
"""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import DateField, RadioField, SelectField
from wtforms.fields import SelectChoice
from wtforms.validators import Optional

from marketplace import clock
from marketplace.custody.arranging import Arrangement, CannotArrange, check, open_ways
from marketplace.custody.models import Way
from marketplace.form_fields import Form
from marketplace.listings.ship_from import last_address
from marketplace.people.models import Person
from marketplace.programme import versions
from marketplace.programme.wording import clock_time, opening
from marketplace.shipping.address_form import ShipFromForm
from marketplace.shipping.postal import PostalAddress

WAYS = {
    Way.COLLECTION: _l("A driver collects it at my door"),
    Way.DROP_OFF: _l("I hand a parcel in, with a prepaid label"),
    Way.STORE: _l("I bring it to a store"),
}


class InboundForm(ShipFromForm):
    """The way, what each way needs, and for a label the address; what the programme does not offer is no field."""

    way = RadioField(_l("How it comes to us"), validate_choice=False)
    collect_on = DateField(_l("Collect on"), [Optional()], description=_l("A business day from tomorrow on."))
    slot = SelectField(_l("Between"), validate_choice=False)
    point = SelectField(_l("Where you hand it in"), validate_choice=False)
    store = RadioField(_l("Which store"), validate_choice=False)

    def __init__(self, person: Person, **more: Any) -> None:
        known = last_address(person)
        postal = PostalAddress.of(known.postal) if known else PostalAddress(person.name, "", "", "", "")
        super().__init__(address=postal, **more)
        policy = versions.current().policy
        ways = open_ways(policy)
        self.way.choices = [(way.value, WAYS[way]) for way in ways]
        if not self.is_submitted() or "formdata" in more:
            self.way.data = Way.DROP_OFF.value
        if Way.COLLECTION in ways:
            self.slot.choices = [
                (slot.key, f"{clock_time(slot.begins)} – {clock_time(slot.ends)}") for slot in policy.inbound.slots
            ]
        else:
            del self.collect_on, self.slot
        if policy.inbound.points:
            points = [SelectChoice(one.key, f"{one.name}, {one.address}") for one in policy.inbound.points]
            self.point.choices = [SelectChoice("", _l("Any point of the carrier's")), *points]
        else:
            del self.point
        self.hours = {one.key: opening(one.hours, policy.market.time_zone) for one in policy.inbound.stores}
        if policy.inbound.stores:
            self.store.choices = [(one.key, f"{one.name}, {one.address}") for one in policy.inbound.stores]
        else:
            del self.store

    @property
    def arrangement(self) -> Arrangement:
        """What was chosen; its address only where a label is made out to it."""
        way = Way(self.way.data) if self.way.data in list(Way) else None
        if way is None:
            raise CannotArrange("way", _("Choose one of these."))
        place = {Way.STORE: "store", Way.DROP_OFF: "point"}.get(way, "")
        return Arrangement(
            ships_from=None if way is Way.STORE else self.postal,
            way=way,
            collect_on=self.collect_on.data if self.collect_on is not None else None,
            slot=self.slot.data or "" if self.slot is not None else "",
            place=self[place].data or "" if place in self else "",
        )

    @property
    def is_parcel(self) -> bool:
        """Whether a parcel brings it; an address is asked for then alone."""
        return bool(self.way.data != Way.STORE)

    def validate(self, extra_validators: Any = None) -> bool:
        """Check every field there is, the address only of a parcel; what cannot be agreed on is said at its field."""
        is_valid = super().validate(extra_validators) if self.is_parcel else bool(Form.validate(self, extra_validators))
        try:
            check(versions.current().policy, self.arrangement, clock.now())
        except CannotArrange as refusal:
            field = self[refusal.field]
            field.errors = field.errors or [str(refusal.message)]
            return False
        return is_valid

    def carrier_accepts(self) -> bool:
        """As for every address, where there is a parcel."""
        return super().carrier_accepts() if self.is_parcel else True
