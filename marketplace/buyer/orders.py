"""The buyer's order: where it stands, what to do by when, confirm or report."""

from __future__ import annotations

import sqlalchemy as sa
from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from marketplace import clock
from marketplace.buybacks.requesting import can_offer
from marketplace.buyer import cards, order_words
from marketplace.buyer.order_forms import ConfirmForm
from marketplace.database import db
from marketplace.disputes.locking import latest_of
from marketplace.errors import NotFound
from marketplace.orders import links, refunding, settling, snapshots, visitors
from marketplace.orders.models import Order
from marketplace.orders.permissions import buyer_can_cancel, can_confirm, can_report_problem
from marketplace.orders.refunding import EndReason
from marketplace.orders.states import CannotCancel, CannotConfirm, OrderState
from marketplace.orders.timeline import tracking_timeline
from marketplace.orders.visitors import own_order
from marketplace.payments import attempts
from marketplace.payments.models import PaymentAttempt
from marketplace.permissions import current_person, scoped, signed_in, the_person
from marketplace.programme import versions
from marketplace.shipping import parcels

bp = Blueprint("orders", __name__)


@bp.get("/orders/link/<token>")
@scoped("order")
def link(token: str) -> ResponseReturnValue:
    """Exchange a mail's link for a cookie of that order alone, and a clean address."""
    order = links.order_of(token)
    if order is None:
        raise NotFound()
    visitors.remember(order)
    case = latest_of(order.id) if request.args.get("to") == "case" else None
    if case is not None:
        return redirect(url_for("disputes.case", number=case.number), 303)
    return redirect(url_for("orders.order", number=order.number), 303)


@bp.get("/account/orders")
@signed_in
def mine() -> ResponseReturnValue:
    """Every order of this account, newest first."""
    rows = db.session.scalars(
        sa.select(Order)
        .where(Order.buyer_id == the_person().id, Order.state != OrderState.EXPIRED)
        .order_by(Order.id.desc())
        .limit(100)
    ).all()
    lines = [(order, order_words.headline(order), snapshots.front(order.as_sold)) for order in rows]
    return render_template("buyer/orders.html", orders=lines)


@bp.get("/orders/<number>")
@scoped("order")
def order(number: str) -> ResponseReturnValue:
    """Where it stands."""
    return _show(own_order(number), ConfirmForm())


def _may_offer(order: Order) -> bool:
    """Whether its buyer, signed in, may offer the piece to us (LUX-77)."""
    person = current_person()
    return person is not None and can_offer(order, versions.current().policy.modes.buyback, person)


def _show(order: Order, form: ConfirmForm, status: int = 200) -> ResponseReturnValue:
    at = clock.now()
    if order.is_supply:
        form.words.label.text = _l("A word to us")
    parcel, case = parcels.parcel_of(order.id), latest_of(order.id)
    policy = versions.published(order.seller_policy_version_id).policy
    page = render_template(
        "buyer/order.html",
        order=order,
        headline=order_words.headline(order),
        next_step=order_words.next_step(order, case, at),
        steps=tracking_timeline(order),
        parcel=parcel,
        photo=snapshots.front(order.as_sold),
        grade=cards.grade(order.as_sold["grade"], policy),
        paid_with=_card(order),
        form=form,
        may_offer=_may_offer(order),
        may_confirm=can_confirm(order, at),
        may_report=can_report_problem(order, at),
        may_cancel=buyer_can_cancel(order, at),
        case=case,
    )
    return page, status


def _card(order: Order) -> PaymentAttempt | None:
    is_by_card = order.paid_at is not None and order.by_card
    return attempts.paid_attempt_of(order.checkout_id) if is_by_card else None


@bp.post("/orders/<number>/confirm")
@scoped("order")
def confirm(number: str) -> ResponseReturnValue:
    """It is as described: stars and words, then the sale is settled."""
    order, form = own_order(number), ConfirmForm()
    if not can_confirm(order, clock.now()):
        raise CannotConfirm()
    if not form.validate_on_submit():
        return _show(order, form, 422)
    settling.confirm(order, stars=int(form.stars.data), words=form.words.data or "", by=order.buyer, at=clock.now())
    flash(
        _("Thank you. The sale is final.")
        if order.is_supply
        else _("Thank you. The sale is final and the seller is being paid.")
    )
    return redirect(url_for("orders.order", number=number), 303)


@bp.post("/orders/<number>/cancel")
@scoped("order")
def cancel(number: str) -> ResponseReturnValue:
    """The seller or the label is late: end it, with a full refund (MK-62, GAP-09)."""
    order = own_order(number)
    if not buyer_can_cancel(order, clock.now()):
        raise CannotCancel()
    late_label = order.state is OrderState.PAID
    reason = EndReason.BUYER_NO_LABEL if late_label else EndReason.BUYER_AFTER_SHIP_BY
    refunding.cancel(order, reason=reason, by=order.buyer, at=clock.now())
    flash(" ".join([_("Cancelled."), order_words.goes_back(order)]))
    return redirect(url_for("orders.order", number=number), 303)
