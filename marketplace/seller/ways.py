"""All ways of selling one piece, side by side: reached from a purchase, an order, a quote, or the page of selling."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from wtforms import SelectField, StringField

from marketplace import clock
from marketplace.buybacks import comparing, finding
from marketplace.buybacks.comparing import Mode, Piece
from marketplace.buybacks.states import BuybackState
from marketplace.database import db
from marketplace.errors import NotFound
from marketplace.form_fields import Form, MoneyField
from marketplace.listings.eligibility import person_refusal
from marketplace.money import Money, format_money
from marketplace.orders.models import Order
from marketplace.payouts import forms
from marketplace.payouts.models import PayoutForm, PayoutReason
from marketplace.payouts.words import PAYOUT_FORMS
from marketplace.people.history import purchase_of
from marketplace.people.models import Person
from marketplace.permissions import signed_in, the_person
from marketplace.programme import Policy, versions
from marketplace.text import PlainText

bp = Blueprint("ways", __name__)

NAMED = ("quote", "order", "purchase")  # what a piece that is known here is named by


class PieceForm(Form):
    """A piece that is not known here. It asks, and changes nothing: it is sent by GET, without a token."""

    class Meta(Form.Meta):
        csrf = False

    house = StringField(_l("House"), [PlainText(60)])
    category = SelectField(_l("Kind"))
    grade = SelectField(_l("Condition"))
    retail = MoneyField(_l("Price when new"))

    def __init__(self, policy: Policy) -> None:
        super().__init__(formdata=request.args)
        self.category.choices = [(one.key, one.label) for one in policy.eligibility.accepted_categories]
        self.grade.choices = [(one.key, one.label) for one in policy.condition.grades]
        self.retail.currency = policy.market.currency


MODES = {
    Mode.YOURSELF: _l("Sell it yourself"),
    Mode.CONSIGNMENT: _l("Let us sell it for you"),
    Mode.BUYBACK: _l("Sell it to us"),
}


@bp.get("/sell/ways")
@signed_in
def ways() -> ResponseReturnValue:
    """One piece, each way with its net, its forms, its time, its odds, and the price of another mind."""
    policy, person = versions.current().policy, the_person()
    grade = request.args.get("grade", "")[:40]
    if not any(name in request.args for name in NAMED):
        return _typed(policy)
    title, piece, again = _piece(person, policy, grade)
    may_list = "purchase" in request.args and person_refusal(person, policy) is None
    return _page(policy, title=title, piece=piece, again=again, may_list=may_list)


def _page(
    policy: Policy, *, title: str, piece: Piece | None, again: dict[str, str] | None = None, **more: Any
) -> ResponseReturnValue:
    may_list, form = more.get("may_list", False), more.get("form")
    found = comparing.ways(piece, policy, may_list=may_list, at=clock.now()) if piece is not None else []
    body = render_template(
        "seller/ways.html",
        title=title,
        piece=piece,
        form=form,
        grades=[(one.key, one.label) for one in policy.condition.grades],
        again=again,
        rows=[_row(way, policy) for way in found],
        policy=policy,
    )
    return body, 422 if form is not None and form.errors else 200


def _typed(policy: Policy) -> ResponseReturnValue:
    """A piece that is not known here: its kind, house, grade and price when new are asked for, and change nothing."""
    form = PieceForm(policy)
    if not request.args:
        return _page(policy, title=str(_("A piece of yours")), piece=None, form=form)
    if not form.validate() or form.retail.amount is None:
        return _page(policy, title=str(_("A piece of yours")), piece=None, form=form)
    said = (form.house.data, form.category.data, form.grade.data)
    return _page(policy, title=form.house.data, piece=Piece(*said, form.retail.amount), form=form)


def _piece(person: Person, policy: Policy, grade: str) -> tuple[str, Piece, dict[str, str]]:
    """Which piece is meant, through its owner; else ``NotFound``. Last, what names it in this page's address."""
    known = {one.key for one in policy.condition.grades}
    chosen = grade if grade in known else policy.condition.accepted_grades[0].key
    if number := request.args.get("quote", "")[:12]:
        quote = finding.own(number, person)
        stands = quote.state is BuybackState.QUOTED and quote.consigned_piece_id is None
        found = Piece(
            quote.house,
            quote.category,
            quote.grade,
            quote.retail,
            includes=list(quote.includes),
            quoted=quote.quoted if stands else None,
        )
        return quote.title, found, {"quote": number}
    if number := request.args.get("order", "")[:12]:
        order = db.session.scalar(sa.select(Order).where(Order.number == number, Order.buyer_id == person.id))
        if order is None:
            raise NotFound()
        sold = order.listing
        graded = chosen if grade else sold.grade or chosen
        found = Piece(sold.house, sold.category, graded, sold.original_price, bought_on=sold.purchased_on)
        return sold.title, found, {"order": number}
    named = request.args.get("purchase", "")
    bought = purchase_of(person, int(named)) if named.isascii() and named.isdigit() and len(named) < 10 else None
    if bought is None or bought.currency != policy.market.currency:
        raise NotFound()
    category = policy.eligibility.category(bought.category)
    new = Money(bought.list_price_minor, bought.currency)
    key = category.key if category else ""
    return bought.title, Piece(bought.house, key, chosen, new, bought_on=bought.purchased_on), {"purchase": named}


def _row(way: comparing.Way, policy: Policy) -> dict[str, Any]:
    return {
        "mode": way.mode.value,
        "label": MODES[way.mode],
        "refusal": way.refusal,
        "forms": [{"label": PAYOUT_FORMS[form], "total": total} for form, total in way.forms],
        "is_fixed": way.is_fixed,
        "odds": way.odds,
        "when": _when(way.mode, policy),
        "change": _change(way.mode, policy),
        "href": _href(way.mode),
    }


def _href(mode: Mode) -> str:
    named: dict[str, Any] = {key: request.args[key] for key in ("purchase", "unit", "order") if key in request.args}
    if mode is Mode.CONSIGNMENT:
        return url_for("consign.consign")
    if mode is Mode.BUYBACK:
        number = request.args.get("quote")
        return url_for("quote.quote", number=number) if number else url_for("ask_quote.ask", **named)
    return url_for("wizard.start.piece", **named)


def _days(number: int) -> str:
    return str(ngettext("%(num)s business day", "%(num)s business days", number))


def _when(mode: Mode, policy: Policy) -> str:
    if mode is Mode.BUYBACK:
        rule = policy.modes.buyback
        form = forms.forms_for(policy, PayoutReason.BUYBACK)[0]
        days = {"days": _days(rule.examine_business_days), "paid": _days(form.promised_business_days)}
        return str(_("Inspected within %(days)s of its arrival, paid within %(paid)s of that.", **days))
    promised = forms.of_form(policy, PayoutForm(policy.payout.forms[0].form)).promised_business_days
    if mode is Mode.CONSIGNMENT:
        promised += policy.modes.consignment.pay_business_days
    return str(_("Once somebody has bought and kept it, within %(days)s.", days=_days(promised)))


def _change(mode: Mode, policy: Policy) -> str:
    if mode is Mode.YOURSELF:
        return str(_("Nothing, until somebody has bought it."))
    if mode is Mode.BUYBACK:
        return str(_("Nothing, until it is ours: refuse the quote, or have the piece back if we revise it."))
    rule = policy.modes.consignment
    if rule.min_days and rule.early_fee_minor:
        fee = format_money(Money(rule.early_fee_minor, policy.market.currency), whole=True)
        told = {"fee": fee, "days": rule.min_days}
        return str(_("%(fee)s before it has been on sale for %(days)s days, nothing after.", **told))
    return str(_("Nothing, until somebody has bought it."))
