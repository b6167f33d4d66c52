"""The desk's orders: look one up, see why everything is as it is, act with a reason."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import StringField

from marketplace import clock, events
from marketplace.database import db
from marketplace.desk import labels
from marketplace.desk.labels import ORDERS
from marketplace.desk.letter_words import LETTERS
from marketplace.desk.order_lookup import find_orders, order_numbered, story
from marketplace.desk.reading import noted
from marketplace.disputes.locking import case_of
from marketplace.errors import NotFound, Refusal
from marketplace.form_fields import Form
from marketplace.money import Money
from marketplace.orders import (
    accounting,
    extending,
    held_payouts,
    late_refunds,
    lost_parcels,
    refunding,
    settling,
    two_people,
)
from marketplace.orders.models import Order
from marketplace.orders.notes import DeskNote
from marketplace.orders.permissions import can_reissue_label, desk_can_cancel
from marketplace.orders.refunding import EndReason
from marketplace.orders.states import OrderState
from marketplace.payments import chargebacks
from marketplace.payouts import debts, holding
from marketplace.people.models import Person, Role
from marketplace.permissions import staff, the_person
from marketplace.shipping import parcels
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


def _lost(order: Order, by: Person, at: datetime) -> None:
    lost_parcels.declare_lost(order, by=by, at=at)


def _reissue(order: Order, by: Person, at: datetime) -> None:
    parcel = parcels.parcel_of(order.id)
    if parcel is not None:
        parcels.reissue_label(parcel, by=by, at=at)


def _release(order: Order, by: Person, at: datetime) -> None:
    held_payouts.release_payout(order, by=by, at=at)


def _is_held(order: Order) -> bool:
    return holding.hold_of(order.id) is not None


def _still_owed(order: Order) -> Money:
    return sum((debt.open for debt in debts.of_order(order.id)), Money.zero(order.currency))


def _forgive(order: Order, by: Person, at: datetime) -> None:
    for debt in debts.of_order(order.id):
        if debt.seller_id == by.id:
            raise OwnOrder()
        if debt.open:
            debts.forgive(debt, by=by, at=at)


def _is_disputed_without_a_case(order: Order) -> bool:
    """The carrier took a delivery back: nobody claims anything, so the desk decides here and not in a case.

    What a bank has in its hands is the bank's to decide, and then its own page's (fault B18).
    """
    is_free = order.state is OrderState.DISPUTED and case_of(order.id) is None
    return is_free and not chargebacks.stopping_among([order.checkout_id])


@dataclass(frozen=True)
class Verb:
    """When it is offered, what it does, and what of the money one agent decides with it (None: no money is decided)."""

    is_offered: Callable[[Order], bool]
    perform: Callable[[Order, Person, datetime], None]
    weight: Callable[[Order], Money] | None = None


VERBS: dict[str, Verb] = {
    "cancel": Verb(desk_can_cancel, _cancel),
    "refund": Verb(_is_disputed_without_a_case, _refund, lambda order: order.total - order.refunded),
    "settle": Verb(_is_disputed_without_a_case, _settle, lambda order: order.total - order.refunded),
    "told": Verb(settling.waits_for_delivery_mail, _told),
    "pay-lost": Verb(lost_parcels.seller_is_unpaid, _pay_lost, accounting.reduced_price),
    "lost": Verb(lost_parcels.can_declare_lost, _lost, lambda order: order.total - order.refunded),
    "reissue": Verb(can_reissue_label, _reissue),
    "release": Verb(_is_held, _release),
    "forgive": Verb(lambda order: bool(_still_owed(order)), _forgive, _still_owed),
}


WORDS = {
    "labels": ORDERS,
    "ends": labels.ENDS,
    "parcel_states": labels.PARCELS,
    "payment_states": labels.PAYMENTS,
    "refund_states": labels.REFUNDS,
    "payout_states": labels.PAYOUTS,
    "deadline_kinds": labels.DEADLINES,
    "deadline_states": labels.DEADLINE_STATES,
    "letter_kinds": LETTERS,
    "sending": labels.SENDING,
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
    return _show(noted(order_numbered(number)), ActForm())


def further_actions(order: Order, at: datetime) -> list[str]:
    """The actions with a page of their own that the order's state offers (``desk.order_actions``)."""
    offered = {
        "extend": extending.extendable(order, at) is not None,
        "hold": held_payouts.can_hold(order),
        "goodwill": order.paid_at is not None,
        "late-refund": late_refunds.can_refund(order),
    }
    return [name for name, is_offered in offered.items() if is_offered]


def _show(order: Order, form: ActForm, status: int = 200) -> ResponseReturnValue:
    agent = the_person()
    is_agent = agent.has_role(Role.AGENT)
    offered = [name for name, verb in VERBS.items() if is_agent and verb.is_offered(order)]
    shown = {
        "form": form,
        "verbs": offered,
        "waits": [name for name in offered if two_people.proposal_of(order, name)],
        "further": further_actions(order, clock.now()) if is_agent else [],
        "is_agent": is_agent,
    }
    return render_template("desk/order.html", **story(order), **WORDS, **shown), status


@bp.post("/desk/orders/<number>/<verb>")
@staff(Role.AGENT)
def act(number: str, verb: str) -> ResponseReturnValue:
    """Carry out one verb, with its reason on record. Nobody acts on an order of their own (fault P06)."""
    if verb not in VERBS:
        raise NotFound()
    order, form, agent = order_numbered(number), ActForm(), the_person()
    check_no_party(order, agent)
    if not VERBS[verb].is_offered(order):
        raise NotOffered()
    form.reason.id = f"reason-{verb}"
    if not form.validate_on_submit():
        return _show(order, form, 422)
    flash(_act(order, verb, form.reason.data, agent))
    return redirect(url_for("desk_orders.order", number=number), 303)


def _act(order: Order, verb: str, words: str, agent: Person) -> str:
    """Do it, or propose what takes two people; what to tell the agent."""
    at, weight = clock.now(), VERBS[verb].weight
    note = keep_note(order, words, agent, at)
    is_alone = not two_people.is_seconded(order, verb, by=agent)
    if weight is not None and two_people.needs_two(weight(order)) and is_alone:
        two_people.propose(order, verb, note_id=note.id, by=agent, at=at)
        return str(_("This takes two people. A colleague has to do the same."))
    events.record(order, f"desk_{verb.replace('-', '_')}", by=agent, at=at, note_id=note.id)
    VERBS[verb].perform(order, agent, at)
    return str(_("Done, and on record."))


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
