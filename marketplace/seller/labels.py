"""The prepaid label for whoever packs the parcel: the seller of that order, or the warehouse for the brand's own."""

from __future__ import annotations

import sqlalchemy as sa
from flask import Blueprint, Response
from flask.typing import ResponseReturnValue

from marketplace.database import db
from marketplace.errors import NotFound
from marketplace.orders.models import Order
from marketplace.people.models import Person, Role
from marketplace.permissions import current_visitor, has_second_factor, signed_in
from marketplace.shipping import parcels
from marketplace.shipping.models import Parcel, ParcelState

bp = Blueprint("labels", __name__)

FILE_NAME = "shipping-label.pdf"  # fixed: no text of anybody's goes into a header (fault X06)


@bp.get("/sell/sales/<number>/label.pdf")
@signed_in
def label(number: str) -> ResponseReturnValue:
    """The 4 by 6 inch PDF. It carries the buyer's address, so no cache keeps it (MK-34, faults P04, X16)."""
    order = db.session.scalar(sa.select(Order).where(Order.number == number))
    if order is None or not _packs(order):
        raise NotFound()
    return as_label(parcels.parcel_of(order.id))


def as_label(parcel: Parcel | None) -> Response:
    """The parcel's label as a download that no cache keeps; else ``NotFound``."""
    if parcel is None or parcel.label_pdf is None or parcel.state is ParcelState.CANCELLED:
        raise NotFound()
    answer = Response(parcel.label_pdf, mimetype="application/pdf")
    answer.headers["Content-Disposition"] = f'attachment; filename="{FILE_NAME}"'
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _packs(order: Order) -> bool:
    """Whether the reader hands this order's parcel over, or is staff who may see it for them."""
    visitor = current_visitor()
    if visitor is None:
        return False
    if order.seller_id == visitor.person.id:
        return True
    return has_second_factor(visitor.sign_in) and _is_staff_for(order, visitor.person)


def _is_staff_for(order: Order, person: Person) -> bool:
    return person.has_role(Role.AGENT) or (order.is_supply and person.has_role(Role.WAREHOUSE))
