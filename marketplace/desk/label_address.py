"""After the carrier refused a label: the desk corrects an address, and the label is asked for again (fault L10).

Once a label is bought its addresses stand: whoever wants the parcel elsewhere cancels the order while nobody has
scanned it, which gives the label back.
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import StringField

from marketplace import clock, events
from marketplace.desk.order_lookup import order_numbered
from marketplace.desk.orders import check_no_party, keep_note
from marketplace.desk.reading import noted
from marketplace.errors import NotFound
from marketplace.orders.models import Order
from marketplace.people.models import Role
from marketplace.permissions import staff, the_person
from marketplace.programme.policy.market import Market
from marketplace.shipping import parcels
from marketplace.shipping.address_form import AddressForm, ShipFromForm
from marketplace.shipping.addresses import AddressRefused
from marketplace.shipping.models import AddressIsFixed, Parcel, ParcelState
from marketplace.shipping.postal import PostalAddress
from marketplace.text import PlainText

bp = Blueprint("desk_label_address", __name__)


class WithReason:
    """Why an address is corrected, beside its fields."""

    reason = StringField(_l("Reason"), [PlainText(500)])


class RecipientForm(WithReason, AddressForm):
    """Where the parcel goes to. Its region stays: the tax was quoted for it, and paid."""

    def __init__(self, *args: Any, address: PostalAddress, **more: Any) -> None:
        self._taxed_in = address.region
        super().__init__(*args, address=address, **more)

    def checked(self, address: PostalAddress, market: Market) -> PostalAddress:
        if address.region != self._taxed_in:
            taxed = {"region": self._taxed_in}
            words = _("The tax was paid for %(region)s. To send it to another state, cancel the order.", **taxed)
            raise AddressRefused("region", words)
        return super().checked(address, market)


class SenderForm(WithReason, ShipFromForm):
    """Where the parcel comes from."""


FORMS: dict[str, type[RecipientForm] | type[SenderForm]] = {"to": RecipientForm, "from": SenderForm}


@bp.route("/desk/orders/<number>/address/<end>", methods=["GET", "POST"])
@staff(Role.AGENT)
def correct(number: str, end: str) -> ResponseReturnValue:
    """Correct one end of a refused label. 409 where a label stands or none was refused."""
    if end not in FORMS:
        raise NotFound()
    order, agent = order_numbered(number), the_person()
    if request.method == "GET":
        noted(order)
    check_no_party(order, agent)
    parcel = _refused_parcel(order)
    known = PostalAddress.of(parcel.ship_to if end == "to" else parcel.ship_from)
    form = FORMS[end](address=known)
    if form.validate_on_submit() and form.carrier_accepts() and form.postal is not None:
        at = clock.now()
        note = keep_note(order, form.reason.data, agent, at)
        events.record(order, "desk_correct_address", by=agent, at=at, note_id=note.id)
        mended = {"ship_to" if end == "to" else "ship_from": form.postal}
        parcels.correct_address(parcel, by=agent, at=at, **mended)
        flash(_("Corrected. The label is asked for again."))
        return redirect(url_for("desk_orders.order", number=number), 303)
    shown = {"order": order, "form": form, "end": end, "refusal": parcels.refusal_of(parcel)}
    return render_template("desk/label_address.html", **shown), 422 if form.errors else 200


def _refused_parcel(order: Order) -> Parcel:
    parcel = parcels.parcel_of(order.id)
    if parcel is None or parcel.state is not ParcelState.LABEL_REFUSED:
        raise AddressIsFixed()
    return parcel
