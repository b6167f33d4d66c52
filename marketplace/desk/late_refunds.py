"""The desk refunds a sale that is settled: the money is shown first, and above one agent's amount it takes two."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import LazyString
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, HiddenField
from wtforms.validators import Optional

from marketplace import clock
from marketplace.desk.order_actions import ReasonForm, offered, on_record
from marketplace.desk.orders import keep_note
from marketplace.disputes.forms import OptionalMoneyField
from marketplace.money import Money
from marketplace.orders import late_refunds, two_people
from marketplace.orders.late_refunds import LateRefund, MoneyMoved
from marketplace.orders.models import Order
from marketplace.orders.refunding import MoreThanLeft
from marketplace.people.models import Person, Role
from marketplace.permissions import staff

bp = Blueprint("late_refunds", __name__)

VERB = "late-refund"
LINES: dict[str, LazyString] = {
    "of_price": _l("To the buyer, of the price"),
    "of_shipping": _l("To the buyer, of the shipping"),
    "of_tax": _l("To the buyer, of the tax"),
    "from_payout": _l("Not handed to the seller any more"),
    "unspent": _l("Unspent of the seller's card or credit, which ends"),
    "owed_by_seller": _l("Spent, and owed by the seller"),
    "from_programme": _l("Our loss"),
}


class LateRefundForm(ReasonForm):
    """A part of the price, or everything; ``seen`` is the money the preview showed."""

    amount = OptionalMoneyField(_l("Part of the price; leave it empty for a refund in full"))
    is_fraud = BooleanField(_l("The seller committed fraud"))
    seen = HiddenField(validators=[Optional()])


@bp.route("/desk/orders/<number>/refund-late", methods=["GET", "POST"])
@staff(Role.AGENT)
def refund(number: str) -> ResponseReturnValue:
    """Show the money first; what was seen is then refunded, or proposed to a colleague, and nothing else."""
    order, agent = offered(number, VERB)
    form = LateRefundForm()
    form.amount.currency = order.currency
    if not form.validate_on_submit():
        return _page(order, form)
    part, is_fraud = form.amount.amount, form.is_fraud.data
    if part is not None and is_fraud:
        form.is_fraud.errors = [_("Fraud goes with a refund in full.")]
        return _page(order, form)
    try:
        shown = late_refunds.preview(order, of_price=part, is_fraud=is_fraud)
    except MoreThanLeft:
        form.amount.errors = [_("Enter less than what is left of the price, and more than nothing.")]
        return _page(order, form)
    seen, mark = form.seen.data, _mark(shown, is_fraud=is_fraud)
    if not seen or request.form.get("step") == "preview":
        form.seen.data = mark
        return _page(order, form, shown)
    if seen != mark:
        raise MoneyMoved()
    flash(_act(order, part, form, shown, agent, clock.now()))
    return redirect(url_for("desk_orders.order", number=order.number), 303)


def _mark(shown: LateRefund, *, is_fraud: bool) -> str:
    """What a preview showed, as one value: another finding or amount is another mark."""
    return ":".join([str(int(is_fraud)), *(str(getattr(shown, name).minor) for name in LINES)])


def _act(order: Order, part: Money | None, form: LateRefundForm, shown: LateRefund, agent: Person, at: datetime) -> str:
    verb = _named(part, is_fraud=form.is_fraud.data)
    if two_people.needs_two(shown.to_buyer) and not two_people.is_seconded(order, verb, by=agent):
        note = keep_note(order, form.reason.data, agent, at)
        two_people.propose(order, verb, note_id=note.id, by=agent, at=at)
        return str(_("This takes two people. A colleague has to do the same."))
    late_refunds.refund(order, of_price=part, is_fraud=form.is_fraud.data, by=agent, at=at)
    on_record(order, "late_refund", form.reason.data, agent, at)
    return str(_("Refunded. Both sides are told."))


def _named(part: Money | None, *, is_fraud: bool) -> str:
    """A proposal of this very refund: a colleague has to want the same."""
    return f"{VERB}:{part.minor if part else 'all'}:{int(is_fraud)}"


def _page(order: Order, form: LateRefundForm, shown: LateRefund | None = None) -> ResponseReturnValue:
    page = render_template(
        "desk/late_refund.html",
        order=order,
        form=form,
        lines=[(label, amount) for name, label in LINES.items() if (amount := getattr(shown, name))] if shown else [],
        needs_two=shown is not None and two_people.needs_two(shown.to_buyer),
        proposed=_proposals(order),
    )
    return page, 422 if form.errors else 200


def _proposals(order: Order) -> list[dict[str, Any]]:
    """What colleagues have proposed: how much (None: everything), and whether for fraud."""
    said = [event.detail["verb"].split(":") for event in two_people.standing(order)]
    return [
        {"part": None if rest[0] == "all" else Money(int(rest[0]), order.currency), "is_fraud": rest[1] == "1"}
        for verb, *rest in said
        if verb == VERB
    ]
