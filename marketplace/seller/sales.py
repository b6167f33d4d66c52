"""A member's sale: what to do by when, the label, where the parcel is, what she receives."""

from __future__ import annotations

import sqlalchemy as sa
from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from marketplace import clock
from marketplace.database import db
from marketplace.disputes.locking import latest_of
from marketplace.disputes.standing import standing
from marketplace.disputes.states import Side
from marketplace.errors import NotFound
from marketplace.listings.showing import grade
from marketplace.orders import accounting, refunding, snapshots, terms
from marketplace.orders.models import Order
from marketplace.orders.permissions import seller_can_cancel
from marketplace.orders.refunding import EndReason
from marketplace.orders.states import CannotCancel, OrderState
from marketplace.orders.timeline import tracking_timeline
from marketplace.payouts import holding
from marketplace.payouts.models import PayoutForm
from marketplace.payouts.paying import payout_of
from marketplace.payouts.words import PAYOUT_FORMS, PAYOUT_STATES
from marketplace.permissions import member, the_person
from marketplace.presentation import deadline
from marketplace.seller.sale_words import headline
from marketplace.shipping import parcels

bp = Blueprint("sales", __name__)

# Neither over nor stopped: the seller is paid if nothing comes in between.
RUNNING = (OrderState.PAID, OrderState.LABEL_ISSUED, OrderState.IN_TRANSIT, OrderState.DELIVERED)


def own_sale(number: str) -> Order:
    """The order of that number, where this member is its seller and it was paid; else ``NotFound``."""
    order = db.session.scalar(
        sa.select(Order).where(Order.number == number, Order.seller_id == the_person().id, Order.paid_at.is_not(None))
    )
    if order is None:
        raise NotFound()
    return order


@bp.get("/sell/sales")
@member
def sales() -> ResponseReturnValue:
    """Every sale, newest first."""
    rows = db.session.scalars(
        sa.select(Order)
        .where(Order.seller_id == the_person().id, Order.paid_at.is_not(None))
        .order_by(Order.id.desc())
        .limit(200)
    ).all()
    lines = [(order, headline(order), snapshots.front(order.as_sold)) for order in rows]
    return render_template("seller/sales.html", sales=lines)


@bp.get("/sell/sales/<number>")
@member
def sale(number: str) -> ResponseReturnValue:
    """One sale. The buyer's name and address are the label's alone."""
    order = own_sale(number)
    payout, case = payout_of(order.id), latest_of(order.id)
    return render_template(
        "seller/sale.html",
        order=order,
        headline=headline(order),
        steps=tracking_timeline(order, for_seller=True),
        parcel=parcels.parcel_of(order.id),
        split=accounting.split(order),
        payout=payout,
        is_card=(payout.form if payout else terms.of_seller(order).payout.forms[0].form) == PayoutForm.GIFT_CARD,
        form_words=PAYOUT_FORMS,
        state_words=PAYOUT_STATES,
        hold=holding.hold_of(order.id),
        policy=terms.of_seller(order),
        ship_by=deadline(order.ship_by_at) if order.ship_by_at else None,
        is_running=order.state in RUNNING,
        must_ship=order.state is OrderState.LABEL_ISSUED,
        may_cancel=seller_can_cancel(order),
        case=case,
        stands=standing(case, Side.SELLER) if case else None,
    )


@bp.get("/sell/sales/<number>/slip")
@member
def slip(number: str) -> ResponseReturnValue:
    """The slip for the parcel, made for paper."""
    order = own_sale(number)
    return render_template(
        "seller/slip.html",
        order=order,
        grade=grade(order.as_sold["grade"], terms.of_seller(order)),
        window=terms.of_buyer(order).limits.confirmation_window_hours,
    )


@bp.post("/sell/sales/<number>/cancel")
@member
def cancel(number: str) -> ResponseReturnValue:
    """The seller cannot ship: the buyer is refunded in full."""
    order = own_sale(number)
    if not seller_can_cancel(order):
        raise CannotCancel()
    refunding.cancel(order, reason=EndReason.SELLER_CANCELLED, by=the_person(), at=clock.now())
    flash(_("Cancelled. The buyer is refunded; do not ship the piece."))
    return redirect(url_for("sales.sale", number=number), 303)
