"""What the desk does to an order that needs more than a reason: put a deadline off, hold a payout, give goodwill."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import IntegerField, RadioField, StringField
from wtforms.validators import InputRequired

from marketplace import clock, events
from marketplace.desk.order_lookup import order_numbered
from marketplace.desk.orders import NotOffered, check_no_party, further_actions, keep_note
from marketplace.errors import Refusal
from marketplace.form_fields import Form, MoneyField
from marketplace.orders import extending, held_payouts
from marketplace.orders.extending import TooLong
from marketplace.orders.models import Order
from marketplace.payouts import goodwill
from marketplace.payouts.goodwill import TooMuchGoodwill
from marketplace.people.models import Person, Role
from marketplace.permissions import staff, the_person
from marketplace.presentation import money
from marketplace.programme import versions
from marketplace.text import PlainText

bp = Blueprint("order_actions", __name__)


class ReasonForm(Form):
    """Why; it stays on record."""

    reason = StringField(_l("Reason"), [PlainText(500)])


class ExtendForm(ReasonForm):
    """By how many business days."""

    days = IntegerField(_l("Business days more"), [InputRequired(_l("Enter a number."))])


class HoldForm(ReasonForm):
    """For which of the policy's reasons."""

    why = RadioField(_l("What is checked"), [InputRequired(_l("Choose a reason."))])

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.why.choices = [(row.key, row.label) for row in versions.current().policy.desk.hold_reasons]


class GoodwillForm(ReasonForm):
    """To whom, and how much."""

    to = RadioField(_l("Who gets it"), [InputRequired(_l("Choose who gets it."))])
    amount = MoneyField(_l("Amount"))

    def __init__(self, order: Order, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.amount.currency = order.currency
        self.to.choices = [("buyer", _("The buyer"))] + ([("seller", _("The seller"))] if order.seller_id else [])


def offered(number: str, action: str) -> tuple[Order, Person]:
    """The order and the agent, where the page of the order offers this. Raises ``OwnOrder`` and ``NotOffered``."""
    order, agent = order_numbered(number), the_person()
    check_no_party(order, agent)
    if action not in further_actions(order, clock.now()):
        raise NotOffered()
    return order, agent


def on_record(order: Order, action: str, words: str, agent: Person, at: datetime) -> None:
    """Keep why the desk did it."""
    note = keep_note(order, words, agent, at)
    events.record(order, f"desk_{action}", by=agent, at=at, note_id=note.id)


def _page(action: str, order: Order, form: Form, **facts: Any) -> ResponseReturnValue:
    page = render_template("desk/order_action.html", action=action, order=order, form=form, **facts)
    return page, 422 if form.errors else 200


def _done(order: Order, words: str) -> ResponseReturnValue:
    flash(words)
    return redirect(url_for("desk_orders.order", number=order.number), 303)


@bp.route("/desk/orders/<number>/extend", methods=["GET", "POST"])
@staff(Role.AGENT)
def extend(number: str) -> ResponseReturnValue:
    """Put the deadline that runs off; both sides are told."""
    order, agent = offered(number, "extend")
    form, at = ExtendForm(), clock.now()
    if form.validate_on_submit():
        try:
            extending.extend(order, days=form.days.data, by=agent, at=at)
        except TooLong as refusal:
            form.days.errors = [str(refusal)]
        else:
            on_record(order, "extend", form.reason.data, agent, at)
            return _done(order, _("Put off. Both sides are told."))
    which = extending.extendable(order, at)
    return _page("extend", order, form, which=which, left=extending.days_left(order, which) if which else 0)


@bp.route("/desk/orders/<number>/hold", methods=["GET", "POST"])
@staff(Role.AGENT)
def hold(number: str) -> ResponseReturnValue:
    """Keep the payout back; its seller reads why, what clears it and until when at the latest."""
    order, agent = offered(number, "hold")
    form, at = HoldForm(), clock.now()
    if form.validate_on_submit():
        held_payouts.hold_payout(order, reason=form.why.data, by=agent, at=at)
        on_record(order, "hold", form.reason.data, agent, at)
        return _done(order, _("Held. The seller is told."))
    rules = versions.current().policy.desk
    clears = {row.key: row.clears for row in rules.hold_reasons}
    return _page("hold", order, form, clears=clears, days=rules.max_hold_days)


@bp.route("/desk/orders/<number>/goodwill", methods=["GET", "POST"])
@staff(Role.AGENT)
def give_goodwill(number: str) -> ResponseReturnValue:
    """Give a gift card out of our own pocket, within this agent's limit."""
    order, agent = offered(number, "goodwill")
    form, at = GoodwillForm(order), clock.now()
    if form.validate_on_submit():
        try:
            _give(order, form, agent, at)
        except TooMuchGoodwill as refusal:
            form.amount.errors = [str(refusal)]
        else:
            return _done(order, _("Given. The gift card goes out by e-mail."))
    left, given = goodwill.left_for(agent, order.id), goodwill.given_on(order.id)
    return _page("goodwill", order, form, left=money(left), given=given)


def _give(order: Order, form: GoodwillForm, agent: Person, at: datetime) -> None:
    receiver = order.seller if form.to.data == "seller" else order.buyer
    if receiver is None or form.amount.amount is None:
        raise Refusal()
    goodwill.give(order.id, receiver, form.amount.amount, by=agent, at=at)
    on_record(order, "goodwill", form.reason.data, agent, at)
