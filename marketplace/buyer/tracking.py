"""Finding an order again: its number and e-mail bring a fresh link by mail, never onto the page."""

from __future__ import annotations

import sqlalchemy as sa
from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import EmailField, StringField

from marketplace import clock, events
from marketplace.buyer import tries
from marketplace.database import db
from marketplace.form_fields import Form
from marketplace.orders.facts import OrderLinkWanted
from marketplace.orders.models import Checkout, Order
from marketplace.people.emails import EmailAddress
from marketplace.permissions import public
from marketplace.text import PlainText

bp = Blueprint("tracking", __name__)


class TrackForm(Form):
    """What a buyer without an account still knows."""

    number = StringField(
        _l("Order number"),
        [PlainText(20)],
        description=_l("It begins with R and stands in every mail about the order."),
        render_kw={"autocapitalize": "characters", "spellcheck": "false"},
    )
    email = EmailField(_l("E-mail"), [EmailAddress()], render_kw={"autocomplete": "email"})


@bp.get("/track")
@public
def track() -> ResponseReturnValue:
    """Ask for the order."""
    return render_template("buyer/track.html", form=TrackForm(formdata=None))


@bp.post("/track")
@public
@tries.asking
def send_link() -> ResponseReturnValue:
    """Mail a fresh link to the order's own address; the answer is the same whether there is such an order or not."""
    form = TrackForm()
    if not form.validate_on_submit():
        return render_template("buyer/track.html", form=form), 422
    order = _order_of(form.number.data or "", form.email.data or "")
    if order is not None:
        events.announce(OrderLinkWanted(order.id, clock.now()))
    flash(_("If the number and the e-mail belong together, a link to the order is on its way to that address."), "ok")
    return redirect(url_for("tracking.track"), 303)


def _order_of(number: str, email: str) -> Order | None:
    """The paid order of that number that was placed with that e-mail."""
    placed = sa.select(Order).join(Checkout, Checkout.id == Order.checkout_id)
    known = placed.where(Order.number == number.upper(), Checkout.email == email, Order.paid_at.is_not(None))
    return db.session.scalar(known)
