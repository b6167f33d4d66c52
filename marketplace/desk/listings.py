"""One listing at the desk, whatever its state: what it is, what happened to it, what it was sold as."""

from __future__ import annotations

import sqlalchemy as sa
from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from marketplace import events
from marketplace.database import db
from marketplace.desk.event_words import what
from marketplace.desk.labels import ORDERS
from marketplace.desk.reading import noted
from marketplace.desk.story import ACTORS, names_of
from marketplace.listings.finding import any_listing
from marketplace.listings.labels import LABELS, tone
from marketplace.listings.showing import detail
from marketplace.orders.models import Order
from marketplace.people.models import Role
from marketplace.permissions import staff

bp = Blueprint("desk_listings", __name__)


@bp.get("/desk/listings/<number>")
@staff(Role.AGENT, Role.REVIEWER)
def listing(number: str) -> ResponseReturnValue:
    """Its state, its seller, its orders and its history."""
    shown = noted(any_listing(number))
    history = events.history(shown)
    orders = db.session.scalars(sa.select(Order).where(Order.listing_id == shown.id).order_by(Order.id.desc())).all()
    return render_template(
        "desk/listing.html",
        listing=shown,
        detail=detail(shown),
        state=LABELS[shown.state],
        tone=tone(shown.state),
        orders=orders,
        order_states=ORDERS,
        history=list(reversed(history)),
        names=names_of(history),
        actors=ACTORS,
        what=what,
    )
