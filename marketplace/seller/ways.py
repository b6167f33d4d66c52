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
from wtforms.fields import SelectChoice
from wtforms.validators import InputRequired

from marketplace import clock
from marketplace.buybacks import comparing, finding
from marketplace.buybacks.comparing import Mode, Piece
from marketplace.buybacks.states import BuybackState
from marketplace.catalogue.styles import style_by_number
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
from marketplace.programme.wording import days
from marketplace.text import PlainText

bp = Blueprint("ways", __name__)

NAMED = ("quote", "order", "purchase")  # what a piece that is known here is named by


class PieceForm(Form):
    """A piece that is not known here. It asks, and changes nothing: it is sent by GET, without a token."""

    class Meta(Form.Meta):
        csrf = False

    house = StringField(_l("House"), [PlainText(60)])
    category = SelectField(_l("Kind"), [InputRequired(_l("Choose one of these."))])
    grade = SelectField(_l("Condition"), [InputRequired(_l("Choose one of these."))])
    retail = MoneyField(_l("Price when new"))

    def __init__(self, policy: Policy) -> None:
        super().__init__(formdata=request.args)
        kinds, grades = policy.eligibility.accepted_categories, policy.condition.grades
        self.category.choices = [
            SelectChoice("", _l("Choose one")),
            *(SelectChoice(one.key, one.label) for one in kinds),
        ]
        self.grade.choices = [SelectChoice("", _l("Choose one")), *(SelectChoice(one.key, one.label) for one in grades)]
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


def _piece(person: Person, policy: Policy, grade: str) -> tuple[str, Piece | None, dict[str, str]]:
    """Which piece is meant, through its owner; else ``NotFound``. Last, what names it in this page's address.

    Its condition is for its owner to say: without one there is nothing to reckon with yet.
    """
    chosen = grade if grade in {one.key for one in policy.condition.grades} else ""
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
            style_id=quote.item.style_id if quote.item else None,
        )
        return quote.title, found, {"quote": number}
    if number := request.args.get("order", "")[:12]:
        order = db.session.scalar(sa.select(Order).where(Order.number == number, Order.buyer_id == person.id))
        if order is None:
            raise NotFound()
        sold = order.listing
        found = Piece(
            sold.house,
            sold.category,
            chosen,
            sold.original_price,
            bought_on=sold.purchased_on,
            style_id=order.item.style_id,
        )
        return sold.title, found if chosen else None, {"order": number}
    named = request.args.get("purchase", "")
    bought = purchase_of(person, int(named)) if named.isascii() and named.isdigit() and len(named) < 10 else None
    if bought is None or bought.currency != policy.market.currency:
        raise NotFound()
    category = policy.eligibility.category(bought.category)
    new = Money(bought.list_price_minor, bought.currency)
    key = category.key if category else ""
    style = style_by_number(bought.style_number)
    style_id = style.id if style else None
    found = Piece(bought.house, key, chosen, new, bought_on=bought.purchased_on, style_id=style_id)
    return bought.title, found if chosen else None, {"purchase": named}


def _row(way: comparing.Way, policy: Policy) -> dict[str, Any]:
    return {
        "mode": way.mode.value,
        "label": MODES[way.mode],
        "refusal": way.refusal,
        "forms": [{"label": PAYOUT_FORMS[form], "total": total} for form, total in way.forms],
        "is_fixed": way.is_fixed,
        "odds": _odds(way),
        "when": _when(way.mode, policy),
        "change": _change(way.mode, policy),
        "href": _href(way.mode),
    }


def _odds(way: comparing.Way) -> str:
    """How pieces like it sold, and how many that says it of."""
    if way.mode is Mode.BUYBACK:
        return str(_("Nothing has to be sold first."))
    if way.odds is None:
        return str(_("Too few such pieces have been sold here to say."))
    told = {"sold": way.odds.sold, "offered": way.odds.offered, "days": days(way.odds.days)}
    if way.odds.is_of_style:
        return str(_("Of this style %(sold)s of %(offered)s offered in the last %(days)s sold.", **told))
    return str(_("Of this house and kind %(sold)s of %(offered)s offered in the last %(days)s sold.", **told))


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
        told = {"fee": fee, "days": days(rule.min_days)}
        return str(_("%(fee)s before it has been on sale for %(days)s, nothing after.", **told))
    return str(_("Nothing, until somebody has bought it."))
