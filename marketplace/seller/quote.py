"""A piece offered to us: its quote with every factor, and what its owner may do with it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from marketplace import clock
from marketplace.buybacks import finding, inspecting, quoting, requesting, switching, terms
from marketplace.buybacks.labels import LABELS, TURNS, WAYS_BACK, said, silence, tone
from marketplace.buybacks.models import Buyback
from marketplace.buybacks.states import ACTS_NEXT, ENDED, BuybackState, WayBack
from marketplace.custody import arranged_words, billing, fees, log
from marketplace.errors import NotFound, Refusal
from marketplace.listings.showing import any_photo, photo
from marketplace.payouts import gates
from marketplace.payouts.models import PayoutForm
from marketplace.payouts.words import PAYOUT_FORMS
from marketplace.permissions import signed_in, the_person
from marketplace.programme import Policy, versions
from marketplace.seller.labels import as_label
from marketplace.seller.quote_forms import AcceptForm, HopeForm
from marketplace.shipping import parcels

bp = Blueprint("quote", __name__)

_S = BuybackState
_HERS = (_S.QUOTED, _S.ACCEPTED, _S.REVISED, _S.FAILED, _S.UNPAID)  # her turn


def _own(number: str) -> Buyback:
    return finding.own(number, the_person())


@bp.get("/sell/quotes")
@signed_in
def all_quotes() -> ResponseReturnValue:
    """Everything this person offered us, what waits for her first."""
    rows, takes_more = [_row(one) for one in finding.of(the_person())], versions.current().policy.modes.buyback.is_on
    if not rows and not takes_more:
        raise NotFound()
    rows.sort(key=lambda row: (not row["is_mine"], row["buyback"].is_over))
    return render_template("seller/quotes.html", rows=rows, labels=LABELS, tone=tone, takes_more=takes_more)


def _row(buyback: Buyback) -> dict[str, Any]:
    may_switch = buyback.state is _S.QUOTED and buyback.consigned_piece_id is not None
    hers = finding.photos_of_owner(buyback)
    library = any_photo(buyback.listing) if buyback.listing is not None else None
    return {
        "buyback": buyback,
        "photo": photo(hers[0], alt=buyback.title) if hers else library,
        "is_mine": buyback.state in _HERS and not may_switch,
        "may_switch": may_switch,
    }


@bp.get("/sell/quote/<number>")
@signed_in
def quote(number: str) -> ResponseReturnValue:
    """Its state, who acts next and by when, the quote with its factors, and every verb there is."""
    return _page(_own(number))


def _page(buyback: Buyback, *, hope: HopeForm | None = None, accept: AcceptForm | None = None) -> ResponseReturnValue:
    policy = terms.of_owner(buyback)
    parcel = parcels.inbound_parcel(buyback.number)
    forms: dict[str, Any] = {"hope": hope or HopeForm(formdata=None), "accept": accept}
    forms["hope"].price.currency = buyback.currency
    takes_quote = buyback.state is _S.QUOTED and buyback.consigned_piece_id is None
    if takes_quote and accept is None:
        forms["accept"] = AcceptForm(buyback, the_person(), formdata=None)
    reason = policy.review.decline_reason(buyback.decline_reason) if buyback.decline_reason else None
    body = render_template(
        "seller/quote.html",
        buyback=buyback,
        label=LABELS[buyback.state],
        tone=tone(buyback.state),
        stands=buyback.state not in ENDED,
        turn=TURNS[ACTS_NEXT[buyback.state]] if buyback.state in ACTS_NEXT else None,
        silence=silence(buyback.state),
        rule=policy.modes.buyback,
        grade=policy.condition.grade(buyback.grade).label,
        factors=said(buyback.factors, policy),
        in_forms=_in_forms(buyback, policy),
        form_label=PAYOUT_FORMS[buyback.form] if buyback.form else None,
        reason=reason,
        can_hope=quoting.can_hope(buyback),
        can_call_off=buyback.machine.allows(buyback.state, "withdraw"),
        switch_fee=switching.fee(buyback) if switching.can_switch(buyback) else None,
        early=arranged_words.early(versions.current().policy),
        comes=arranged_words.told(buyback, versions.current().policy) if buyback.state is _S.ACCEPTED else None,
        has_label=parcel is not None and parcel.tracking_number is not None and buyback.state is _S.ACCEPTED,
        ways_back=[(way.value, WAYS_BACK[way]) for way in (WayBack.COLLECT, WayBack.COURIER)],
        way_back=WAYS_BACK[buyback.way_back] if buyback.way_back else None,
        photos=[photo(one, alt=buyback.title) for one in finding.photos_of_owner(buyback)],
        fee_bill=billing.bill_of(buyback),
        fee_back=fees.given_back(buyback),
        lacks_papers=buyback.form is PayoutForm.CASH and bool(gates.missing(buyback.owner_id, at=clock.now())),
        custody=log.told(buyback.tag, until=buyback.bought_at),
        policy=policy,
        **forms,
    )
    return body, 422 if any(form is not None and form.errors for form in forms.values()) else 200


def _in_forms(buyback: Buyback, policy: Policy) -> list[dict[str, Any]]:
    """What the price comes to in each form it may be paid in."""
    if buyback.price is None:
        return []
    return [
        {
            "form": form.value,
            "label": PAYOUT_FORMS[form],
            "total": terms.total(policy, form, buyback.price),
            "bonus": terms.bonus(policy, form, buyback.price),
        }
        for form in terms.open_forms(policy)
    ]


def _done(number: str, words: str) -> ResponseReturnValue:
    flash(words, "ok")
    return redirect(url_for("quote.quote", number=number), 303)


@bp.post("/sell/quote/<number>/accept")
@signed_in
def accept(number: str) -> ResponseReturnValue:
    """The quote is fine: how to be paid, and how the piece comes."""
    found, person = _own(number), the_person()
    found.machine.next_state(found.state, "accept")
    if found.consigned_piece_id is not None:
        raise quoting.ConsignedHere()
    form = AcceptForm(found, person)
    if not form.validate() or not form.carrier_accepts():
        return _page(_own(number), accept=form)
    quoting.accept(_own(number), PayoutForm(form.form.data), form.arrangement, by=the_person(), at=clock.now())
    return _done(number, _("Accepted. Here is what comes next."))


@bp.post("/sell/quote/<number>/refuse")
@signed_in
def refuse(number: str) -> ResponseReturnValue:
    """She keeps it."""
    quoting.refuse(_own(number), by=the_person(), at=clock.now())
    return _done(number, _("Noted. You keep your piece."))


@bp.post("/sell/quote/<number>/hope")
@signed_in
def hope(number: str) -> ResponseReturnValue:
    """She had hoped for more, and says so once."""
    found, form = _own(number), HopeForm()
    if not quoting.can_hope(found):
        found.machine.next_state(found.state, "hope")
        raise quoting.NoMoreWishes()
    form.price.currency = found.currency
    if not form.validate_on_submit() or form.price.amount is None:
        return _page(found, hope=form)
    try:
        quoting.hope(found, form.price.amount, by=the_person(), at=clock.now())
    except Refusal as refusal:
        if refusal.status != 422:
            raise
        form.price.errors = [str(refusal.message)]
        return _page(found, hope=form)
    return _done(number, _("We have heard you, and answer."))


def _verb(number: str, verb: Callable[..., object], words: str, *sent: Any) -> ResponseReturnValue:
    verb(_own(number), *sent, by=the_person(), at=clock.now())
    return _done(number, words)


@bp.post("/sell/quote/<number>/call-off")
@signed_in
def call_off(number: str) -> ResponseReturnValue:
    """She keeps it after all."""
    return _verb(number, requesting.withdraw, _("Called off. You keep your piece."))


@bp.post("/sell/quote/<number>/take")
@signed_in
def take(number: str) -> ResponseReturnValue:
    """The revised quote is fine."""
    return _verb(number, inspecting.take, _("Accepted. The piece is ours, and you are paid."))


@bp.post("/sell/quote/<number>/give-up")
@signed_in
def give_up(number: str) -> ResponseReturnValue:
    """She would rather have it back."""
    return _verb(number, inspecting.give_up, _("We send it back to you."))


@bp.post("/sell/quote/<number>/fetch")
@signed_in
def fetch(number: str) -> ResponseReturnValue:
    """How a piece comes back whose quote was revoked (LUX-75)."""
    _own(number)
    wanted = request.form.get("way", "")
    if wanted not in list(WayBack):
        raise inspecting.NoSuchWayBack()
    return _verb(number, inspecting.fetch, _("Noted."), WayBack(wanted))


@bp.post("/sell/quote/<number>/switch")
@signed_in
def switch(number: str) -> ResponseReturnValue:
    """Sell a consigned piece to us at the offer that stands (LUX-74)."""
    wanted = request.form.get("form", "")
    if wanted not in list(PayoutForm):
        raise NotFound()
    as_declared = partial(switching.switch, is_private=request.form.get("is_private") == "y")
    return _verb(number, as_declared, _("Sold to us. You are paid."), PayoutForm(wanted))


@bp.get("/sell/quote/<number>/label.pdf")
@signed_in
def label(number: str) -> ResponseReturnValue:
    """The label of the piece's parcel, for its owner alone (NAP-21)."""
    return as_label(parcels.inbound_parcel(_own(number).number))
