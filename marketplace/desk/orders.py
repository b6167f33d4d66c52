"""The desk's orders: look one up, see why everything is as it is, act with a reason."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import StringField

from marketplace import clock, events
from marketplace.database import db
from marketplace.desk.labels import ORDERS
from marketplace.desk.order_lookup import find_orders, order_numbered, story
from marketplace.disputes.locking import case_of, latest_of
from marketplace.errors import NotFound, Refusal
from marketplace.form_fields import Form
from marketplace.orders import lost_parcels, refunding, settling
from marketplace.orders.models import Order
from marketplace.orders.notes import DeskNote
from marketplace.orders.permissions import desk_can_cancel
from marketplace.orders.refunding import EndReason
from marketplace.orders.states import OrderState
from marketplace.people.models import Person, Role
from marketplace.permissions import staff, the_person
from marketplace.text import PlainText

bp = Blueprint("desk_orders", __name__)


class OwnOrder(Refusal):
    message = _l("You are a party to this order: a colleague must act on it.")
    status = 403


class NotOffered(Refusal):
    message = _l("This cannot be done with the order as it stands now.")


class ActForm(Form):
    """Why."""

    reason = StringField(_l("Reason"), [PlainText(500)])


def _cancel(order: Order, by: Person, at: datetime) -> None:
    refunding.cancel(order, reason=EndReason.DESK_CANCELLED, by=by, at=at)


def _refund(order: Order, by: Person, at: datetime) -> None:
    refunding.refund_contested(order, by=by, at=at)


def _settle(order: Order, by: Person, at: datetime) -> None:
    settling.settle_contested(order, by=by, at=at)


def _told(order: Order, _by: Person, at: datetime) -> None:
    settling.note_delivery_mail(order, at=at)


def _pay_lost(order: Order, by: Person, at: datetime) -> None:
    lost_parcels.pay_seller(order, by=by, at=at)


def _is_disputed_without_a_case(order: Order) -> bool:
    """The carrier took a delivery back: nobody claims anything, so the desk decides here and not in a case."""
    return order.state is OrderState.DISPUTED and case_of(order.id) is None


# Each verb: when it is offered, and what it does.
VERBS: dict[str, tuple[Callable[[Order], bool], Callable[[Order, Person, datetime], None]]] = {
    "cancel": (desk_can_cancel, _cancel),
    "refund": (_is_disputed_without_a_case, _refund),
    "settle": (_is_disputed_without_a_case, _settle),
    "told": (settling.waits_for_delivery_mail, _told),
    "pay-lost": (lost_parcels.seller_is_unpaid, _pay_lost),
}


@bp.get("/desk/orders")
@staff(Role.AGENT, Role.WAREHOUSE)
def search() -> ResponseReturnValue:
    """Look up by order number, tracking number or e-mail."""
    words = request.args.get("q", "")[:254]
    return render_template("desk/orders.html", words=words, orders=find_orders(words), labels=ORDERS)


@bp.get("/desk/orders/<number>")
@staff(Role.AGENT, Role.WAREHOUSE)
def order(number: str) -> ResponseReturnValue:
    """The whole story of one order."""
    return _show(order_numbered(number), ActForm())


def _show(order: Order, form: ActForm, status: int = 200) -> ResponseReturnValue:
    is_agent = the_person().has_role(Role.AGENT)
    offered = [verb for verb, (when, _act) in VERBS.items() if is_agent and when(order)]
    shown = {"form": form, "verbs": offered, "can_correct": is_agent}
    return render_template("desk/order.html", **story(order), case=latest_of(order.id), labels=ORDERS, **shown), status


@bp.post("/desk/orders/<number>/<verb>")
@staff(Role.AGENT)
def act(number: str, verb: str) -> ResponseReturnValue:
    """Carry out one verb, with its reason on record. Nobody acts on an order of their own (fault P06)."""
    if verb not in VERBS:
        raise NotFound()
    order, form, agent = order_numbered(number), ActForm(), the_person()
    offered, perform = VERBS[verb]
    check_no_party(order, agent)
    if not offered(order):
        raise NotOffered()
    form.reason.id = f"reason-{verb}"
    if not form.validate_on_submit():
        return _show(order, form, 422)
    at = clock.now()
    note = keep_note(order, form.reason.data, agent, at)
    events.record(order, f"desk_{verb.replace('-', '_')}", by=agent, at=at, note_id=note.id)
    perform(order, agent, at)
    flash(_("Done, and on record."))
    return redirect(url_for("desk_orders.order", number=number), 303)


def check_no_party(order: Order, agent: Person) -> None:
    """Raise ``OwnOrder`` where the agent buys or sells here (fault P06)."""
    if agent.id in (order.buyer_id, order.seller_id):
        raise OwnOrder()


def keep_note(order: Order, words: str, agent: Person, at: datetime) -> DeskNote:
    """Keep an agent's words; the event that names their id is the caller's."""
    note = DeskNote(order_id=order.id, author_id=agent.id, written_at=at, words=words)
    db.session.add(note)
    db.session.flush()
    return note
