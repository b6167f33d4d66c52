"""The page of a case: for its buyer, its seller and staff, each with what they may see and do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_wtf.file import FileField
from wtforms import SelectField

from marketplace import clock
from marketplace.disputes import (
    answering,
    appealing,
    closing,
    opening,
    outcomes,
    photos,
    returning,
    showing,
    thread,
    uploads,
)
from marketplace.disputes.access import own_case, reader
from marketplace.disputes.forms import OfferForm, QuietForm, SayForm
from marketplace.disputes.models import Dispute
from marketplace.disputes.permissions import can_appeal, can_offer, can_withdraw, verdict
from marketplace.disputes.standing import standing
from marketplace.disputes.states import DisputeState, Side, Wish
from marketplace.disputes.waiting import rules
from marketplace.disputes.words import APPEALED, KINDS, LINES, REMEDIES, STATES, WISHES
from marketplace.errors import NotFound
from marketplace.form_fields import Form
from marketplace.listings.photo_uploads import make_room
from marketplace.listings.prepared_photos import PreparedPhoto
from marketplace.listings.relisting import can_relist
from marketplace.orders.refunding import MoreThanLeft
from marketplace.permissions import ask_to_sign_in, current_visitor, scoped
from marketplace.shipping import parcels
from marketplace.shipping.models import ParcelState

bp = Blueprint("disputes", __name__)


class PhotoForm(Form):
    """One photo of one part."""

    part = SelectField()
    photo = FileField()


def verbs(dispute: Dispute, side: Side) -> dict[str, type[Form]]:
    """What this side may do now, and the form it takes. A button asks this, and so does its view."""
    at = clock.now()
    offered: dict[str, type[Form]] = {}
    if side is Side.BUYER:
        if dispute.state is DisputeState.AWAITING_BUYER:
            offered |= {"take-offer": Form, "decline-offer": Form}
        if can_withdraw(dispute):
            offered["withdraw"] = Form
    if side is Side.SELLER:
        if dispute.state is DisputeState.AWAITING_SELLER:
            offered |= {"accept": Form, "contest": SayForm}
        if can_offer(dispute):
            offered["offer"] = OfferForm
        if dispute.state is DisputeState.RETURNED and not dispute.goes_to_house:
            offered |= {"receive": Form, "report-swap": SayForm}
    if can_appeal(dispute, side, at):
        offered["appeal"] = SayForm
    if side is not Side.STAFF and not dispute.is_over:  # staff write from the desk
        offered["write"] = SayForm
    return offered


def _act(dispute: Dispute, verb: str, side: Side, form: Form) -> None:
    by, at = reader(dispute, side), clock.now()
    words = form.words.data if isinstance(form, (SayForm, QuietForm)) else ""
    moves: dict[str, Callable[[], object]] = {
        "take-offer": lambda: answering.take_offer(dispute, by=by, at=at),
        "decline-offer": lambda: answering.decline_offer(dispute, by=by, at=at),
        "withdraw": lambda: opening.withdraw(dispute, by=by, at=at),
        "accept": lambda: answering.accept(dispute, by=by, at=at),
        "contest": lambda: answering.contest(dispute, words=words, by=by, at=at),
        "offer": lambda: answering.offer(dispute, form.amount.amount, words=words, by=by, at=at),
        "receive": lambda: returning.receive(dispute, by=by, at=at),
        "report-swap": lambda: returning.report_swap(dispute, words=words, by=by, at=at),
        "appeal": lambda: appealing.appeal(dispute, side=side, words=words, by=by, at=at),
        "write": lambda: thread.write(dispute, words, side=side, by=by, at=at),
    }
    moves[verb]()


# The page ------------------------------------------------------------------------------------------------------------


@bp.get("/disputes/<number>")
@scoped("dispute")
def case(number: str) -> ResponseReturnValue:
    """What is claimed, who must act by when, what happens if nobody does; the piece as sold beside what arrived.

    The seller's letters lead here: who is not signed in is asked to, whether there is such a case or not.
    """
    try:
        dispute, side = own_case(number)
    except NotFound:
        if current_visitor() is None:
            return ask_to_sign_in()
        raise
    return _show(dispute, side)


def _show(dispute: Dispute, side: Side, sent: tuple[str, Form] | None = None) -> ResponseReturnValue:
    forms: dict[str, Form] = {}
    for verb, kind in verbs(dispute, side).items():
        forms[verb] = sent[1] if sent and sent[0] == verb else kind(formdata=None, prefix=f"{verb}-")
        if isinstance(forms[verb], OfferForm):
            forms[verb].amount.currency = dispute.order.currency
    page = render_template("disputes/case.html", **facts(dispute, side), forms=forms, sent=sent[1] if sent else None)
    return page, 422 if sent else 200


def facts(dispute: Dispute, side: Side) -> dict[str, Any]:
    """What every page of a case shows, the desk's too."""
    order, decision = dispute.order, dispute.decision
    money = []
    if decision is not None and order.refunded:
        money = [(_("Refunded to the buyer"), order.refunded)]
    return {
        "dispute": dispute,
        "order": order,
        "side": side,
        "state": APPEALED if dispute.hears_appeal and not dispute.is_over else STATES[dispute.state],
        "claim": KINDS[dispute.kind],
        "wish": WISHES[dispute.wish],
        "claimed": showing.claimed(dispute),
        "standing": standing(dispute, side),
        "parts": [showing.part_label(order, part) for part in dispute.parts],
        "flaws": showing.flaws_as_sold(order),
        "grade": showing.grade_as_sold(order),
        "with_bank": not dispute.is_over and closing.is_with_bank(order),
        "beside": showing.beside(dispute),
        "thread": showing.thread(dispute, side),
        "decision": decision,
        "remedy": REMEDIES[decision.remedy] if decision else None,
        "clause": showing.clause_of(decision) if decision else None,
        "clauses": rules(dispute).clauses,
        "money": money,
        "lines": LINES,
        "photo_form": None if dispute.is_over or side is Side.STAFF else _photo_form(dispute),
        "has_label": dispute.state is DisputeState.RETURN_LABEL and side is Side.BUYER and _label(dispute) is not None,
        "parcel": parcels.parcel_of(order.id),
        "is_return_agreed": dispute.wish is Wish.RETURN and verdict(dispute) is None,
        "shows": outcomes.lines,
        "may_relist": side is Side.SELLER and can_relist(order.listing, reader(dispute, side)),
    }


@bp.post("/disputes/<number>/<verb>")
@scoped("dispute")
def act(number: str, verb: str) -> ResponseReturnValue:
    """Carry out one move of this side, where it is offered."""
    dispute, side = own_case(number)
    kind = verbs(dispute, side).get(verb)
    if kind is None:
        if side is Side.STAFF or verb not in ACTIONS:
            raise NotFound()
        Dispute.machine.next_state(dispute.state, ACTIONS[verb])  # raises the move's own refusal
        raise NotFound()
    form = kind(prefix=f"{verb}-")
    if isinstance(form, OfferForm):
        form.amount.currency = dispute.order.currency
    if not form.validate_on_submit():
        return _show(dispute, side, (verb, form))
    try:
        _act(dispute, verb, side, form)
    except MoreThanLeft as refusal:
        form.amount.errors = [str(refusal.message)]
        return _show(dispute, side, (verb, form))
    flash(_("Done. Both sides see it here and by e-mail."))
    return redirect(url_for("disputes.case", number=number), 303)


# The move of the case's table that each verb makes, for its refusal where it is made out of turn.
ACTIONS = {
    "take-offer": "agree",
    "decline-offer": "review",
    "withdraw": "withdraw",
    "accept": "agree_return",
    "contest": "review",
    "offer": "offer",
    "receive": "receive",
    "report-swap": "report_swap",
    "appeal": "appeal",
}


# Photos and the label ------------------------------------------------------------------------------------------------

evidence = Blueprint("evidence", __name__)


@evidence.url_value_preprocessor
def _room(_endpoint: str | None, _values: dict[str, Any] | None) -> None:
    make_room(request)


def _photo_form(dispute: Dispute) -> PhotoForm:
    form = PhotoForm(prefix="photo-")
    parts = [(part.key, part.label) for part in showing.condition_of(dispute.order).parts]
    form.part.choices = [(showing.WHOLE, _("The whole piece")), *parts]
    form.part.label.text, form.photo.label.text = _("What it shows"), _("Photo")
    return form


@evidence.post("/disputes/<number>/photos")
@scoped("dispute")
def add_photo(number: str) -> ResponseReturnValue:
    """Show a photo to the others: private to the parties and staff."""
    dispute, side = own_case(number)
    form = _photo_form(dispute)
    if side is Side.STAFF or not form.validate_on_submit():
        raise NotFound()
    part = "" if form.part.data == showing.WHOLE else form.part.data

    def keep(_field: str, ready: PreparedPhoto) -> None:
        again, mine = own_case(number)
        by = reader(again, mine)
        photos.keep(again.order, ready, side=mine, part=part, by=by, at=clock.now(), dispute=again)

    refused = uploads.take({"photo": request.files[form.photo.name]}, lambda: own_case(number), keep)
    for words in refused.values():
        flash(words)
    if not refused:
        flash(_("Your photo is in the case."))
    return redirect(url_for("disputes.case", number=number), 303)


def _label(dispute: Dispute) -> bytes | None:
    parcel = parcels.return_parcel_of(dispute.order_id)
    if parcel is None or parcel.state is ParcelState.CANCELLED:
        return None
    return parcel.label_pdf


@bp.get("/disputes/<number>/label.pdf")
@scoped("dispute")
def label(number: str) -> ResponseReturnValue:
    """The prepaid label of the way back, for the buyer and staff: it carries the seller's address (P04, X16)."""
    dispute, side = own_case(number)
    drawn = None if side is Side.SELLER else _label(dispute)
    if drawn is None:
        raise NotFound()
    answer = Response(drawn, mimetype="application/pdf")
    answer.headers["Content-Disposition"] = 'attachment; filename="return-label.pdf"'
    answer.headers["Cache-Control"] = "no-store"
    return answer
