"""Quotes at the desk: the queue by time left, and one quote a screen with the model's proposal."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import StringField

from marketplace import clock
from marketplace.buybacks import finding, quoting, terms
from marketplace.buybacks.labels import LABELS, PARTIES, said, tone
from marketplace.buybacks.models import Buyback
from marketplace.buybacks.pricing import Estimate
from marketplace.buybacks.states import ACTS_NEXT, BuybackState
from marketplace.custody import log
from marketplace.database import db
from marketplace.desk.story import happenings
from marketplace.errors import Refusal
from marketplace.form_fields import Form, MoneyField
from marketplace.listings.showing import photo
from marketplace.orders.models import Order
from marketplace.payouts.words import PAYOUT_FORMS
from marketplace.people.models import Role
from marketplace.permissions import staff, the_person
from marketplace.text import PlainText

bp = Blueprint("desk_quotes", __name__)

_S = BuybackState

# The views of the queue: what we owe an answer, what waits for others, what is over soonest first.
VIEWS = {
    "to-answer": (_l("To answer"), (_S.SUBMITTED, _S.HOPED)),
    "with-owners": (_l("With their owners"), (_S.QUOTED, _S.REVISED, _S.FAILED)),
    "coming": (_l("Coming or here"), (_S.ACCEPTED, _S.INBOUND, _S.RECEIVED, _S.INSPECTING, _S.GOING_BACK)),
    "to-pay": (_l("To be paid"), (_S.BOUGHT, _S.LOST, _S.UNPAID)),
    "over": (_l("Over"), (_S.PAID, _S.RETURNED, _S.DECLINED, _S.REFUSED, _S.LAPSED, _S.WITHDRAWN)),
}


class PriceForm(Form):
    """Our price, and why it is not the model's."""

    price = MoneyField(_l("Our quote"))
    reason = StringField(_l("Why"), [PlainText(300, required=False)])


@bp.get("/desk/quotes")
@staff(Role.REVIEWER)
def quotes() -> ResponseReturnValue:
    """The queue: whose deadline comes first stands first."""
    chosen = request.args.get("view", "to-answer")
    chosen = chosen if chosen in VIEWS else "to-answer"
    counted = {name: len(finding.waiting_in(*states)) for name, (_label, states) in VIEWS.items()}
    views = [
        {
            "href": url_for("desk_quotes.quotes", view=name),
            "label": label,
            "count": counted[name],
            "now": name == chosen,
        }
        for name, (label, _states) in VIEWS.items()
    ]
    rows = [_row(one) for one in finding.waiting_in(*VIEWS[chosen][1])]
    return render_template("desk/quotes.html", rows=rows, views=views, labels=LABELS, tone=tone, now=clock.now())


def _row(buyback: Buyback) -> dict[str, Any]:
    return {
        "buyback": buyback,
        "href": url_for("desk_quotes.quote", number=buyback.number),
        "acts_next": PARTIES[ACTS_NEXT[buyback.state]] if buyback.state in ACTS_NEXT else None,
    }


@bp.get("/desk/quotes/<number>")
@staff(Role.REVIEWER)
def quote(number: str) -> ResponseReturnValue:
    """One piece: its photos, what its owner says, the model's proposal, and the answer."""
    return _page(finding.numbered(number))


def _page(buyback: Buyback, *, form: PriceForm | None = None) -> ResponseReturnValue:
    policy = terms.of_owner(buyback)
    proposal = quoting.proposal(buyback, at=clock.now())
    if form is None:
        form = PriceForm(formdata=None)
        form.price.data = _first_price(buyback, proposal).plain
    form.price.currency = buyback.currency
    waits_for_us = buyback.state in (_S.SUBMITTED, _S.HOPED)
    body = render_template(
        "desk/quote.html",
        buyback=buyback,
        label=LABELS[buyback.state],
        tone=tone(buyback.state),
        acts_next=PARTIES[ACTS_NEXT[buyback.state]] if buyback.state in ACTS_NEXT else None,
        policy=policy,
        grade=policy.condition.grade(buyback.grade).label,
        category=policy.eligibility.category(buyback.category),
        includes=[one.label for one in policy.condition.comes_with if one.key in buyback.includes],
        proposal=proposal,
        factors=said(proposal.rows if waits_for_us or not buyback.factors else buyback.factors, policy),
        reasons=policy.review.decline_reasons,
        decline_reason=policy.review.decline_reason(buyback.decline_reason) if buyback.decline_reason else None,
        form=form,
        form_label=PAYOUT_FORMS[buyback.form] if buyback.form else None,
        photos=[photo(one, alt=buyback.title) for one in finding.photos_of_owner(buyback)],
        order=db.session.get(Order, buyback.order_id) if buyback.order_id else None,
        custody=log.told(buyback.tag),
        story=happenings([buyback], {buyback.owner_id: _("its owner")}),
        now=clock.now(),
    )
    return body, 422 if form.errors else 200


def _first_price(buyback: Buyback, proposal: Estimate) -> Any:
    """What stands in the field: the model's price, or in answer to a wish what its owner had hoped for."""
    return buyback.wished or buyback.quoted or proposal.price


def _done(words: str) -> ResponseReturnValue:
    """On to the next that waits for us; back to the queue where none does."""
    flash(words, "ok")
    following = finding.waiting_in(*VIEWS["to-answer"][1], most=1)
    if following:
        return redirect(url_for("desk_quotes.quote", number=following[0].number), 303)
    return redirect(url_for("desk_quotes.quotes"), 303)


@bp.post("/desk/quotes/<number>/quote")
@staff(Role.REVIEWER)
def make(number: str) -> ResponseReturnValue:
    """Make the quote, or answer what its owner had hoped for."""
    found, form = finding.numbered(number), PriceForm()
    found.machine.next_state(found.state, "answer" if found.state is _S.HOPED else "quote")
    form.price.currency = found.currency
    if not form.validate_on_submit() or form.price.amount is None:
        return _page(found, form=form)
    by, at = the_person(), clock.now()
    try:
        if found.state is _S.HOPED:
            quoting.answer(found, form.price.amount, by=by, at=at)
        else:
            quoting.quote(found, form.price.amount, reason=form.reason.data or "", by=by, at=at)
    except Refusal as refusal:
        if refusal.status != 422:
            raise
        field = form.reason if isinstance(refusal, quoting.NeedsReason) else form.price
        field.errors = [str(refusal.message)]
        return _page(found, form=form)
    return _done(_("Quoted. Its owner has been told."))


@bp.post("/desk/quotes/<number>/decline")
@staff(Role.REVIEWER)
def decline(number: str) -> ResponseReturnValue:
    """No quote, and why."""
    found = finding.numbered(number)
    quoting.decline(found, request.form.get("reason", "")[:40], by=the_person(), at=clock.now())
    return _done(_("Declined. Its owner has been told."))
