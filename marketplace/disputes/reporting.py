"""Reporting a problem, in three screens that need no script: what is wrong, photos of it, what you want (MK-59)."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_wtf.file import FileField

from marketplace import clock
from marketplace.disputes import claims, opening, photos, showing, uploads
from marketplace.disputes.forms import WhatForm, WishForm
from marketplace.disputes.models import Claim
from marketplace.disputes.opening import Report, wishes_for
from marketplace.disputes.permissions import kinds_open_to
from marketplace.disputes.states import Kind, Side, Wish
from marketplace.disputes.words import KINDS, WISHES
from marketplace.form_fields import Form
from marketplace.listings.photo_uploads import make_room
from marketplace.listings.prepared_photos import PreparedPhoto
from marketplace.orders.models import Order
from marketplace.orders.refunding import MoreThanLeft
from marketplace.orders.states import CannotContest
from marketplace.orders.visitors import own_order
from marketplace.permissions import scoped

bp = Blueprint("report", __name__)


@bp.url_value_preprocessor
def _room(_endpoint: str | None, _values: dict[str, Any] | None) -> None:
    make_room(request)


def _open_order(number: str) -> Order:
    """The order, where something may be claimed about it now; else ``CannotContest`` (GAP-03)."""
    order = own_order(number)
    if not kinds_open_to(order, clock.now()):
        raise CannotContest()
    return order


def _claim(number: str) -> tuple[Order, Claim | None]:
    order = _open_order(number)
    return order, claims.claim_of(order)


def _to(endpoint: str, number: str) -> ResponseReturnValue:
    return redirect(url_for(endpoint, number=number), 303)


# What is wrong -------------------------------------------------------------------------------------------------------


def _what_form(order: Order) -> WhatForm:
    claim = claims.claim_of(order)
    form = WhatForm(obj=claim)
    form.kind.choices = [(kind.value, KINDS[kind]) for kind in kinds_open_to(order, clock.now())]
    form.parts.choices = [(part.key, part.label) for part in showing.condition_of(order).parts]
    return form


@bp.get("/orders/<number>/problem")
@scoped("order")
def what(number: str) -> ResponseReturnValue:
    """What is wrong, and with which parts, beside what the listing said of them."""
    order = _open_order(number)
    return _show_what(order, _what_form(order))


def _show_what(order: Order, form: WhatForm, status: int = 200) -> ResponseReturnValue:
    return render_template("disputes/what.html", order=order, form=form, flaws=showing.flaws_as_sold(order)), status


@bp.post("/orders/<number>/problem")
@scoped("order")
def say_what(number: str) -> ResponseReturnValue:
    """Keep it and go on; nothing is reported yet."""
    order = _open_order(number)
    form = _what_form(order)
    if not form.validate_on_submit():
        return _show_what(order, form, 422)
    kind = Kind(form.kind.data)
    parts = form.parts.data if kind is Kind.CONDITION else []
    claims.save(order, kind=kind, parts=parts, words=form.words.data or "", at=clock.now())
    return _to("report.wish" if kind is Kind.NEVER_ARRIVED else "report.show", number)


# Photos of it --------------------------------------------------------------------------------------------------------


def _photo_form(claim: Claim) -> Form:
    order = claim.order
    parts = [*claim.parts, showing.WHOLE]
    fields = {part: FileField(showing.part_label(order, part)) for part in parts}
    form: Form = type("EvidenceForm", (Form,), fields)()
    return form


@bp.get("/orders/<number>/problem/photos")
@scoped("order")
def show(number: str) -> ResponseReturnValue:
    """A photo of each part named, beside the listing's own photo of that part."""
    _order, claim = _claim(number)
    return _to("report.what", number) if claim is None else _show_photos(claim, {})


def _show_photos(claim: Claim, refused: dict[str, str]) -> ResponseReturnValue:
    order, form = claim.order, _photo_form(claim)
    for part, words in refused.items():
        form[part].errors = [words]
    kept: dict[str, list[dict[str, Any]]] = {part: [] for part in (*claim.parts, showing.WHOLE)}
    for photo in photos.shown_by(order, Side.BUYER):
        if photo.dispute_id is None:  # of a part no longer named it goes with the piece as a whole
            kept.get(photo.part, kept[showing.WHOLE]).append(showing.as_shown(photo, order))
    rows = [(form[part], showing.as_listed(order, part), shown) for part, shown in kept.items()]
    page = render_template("disputes/photos.html", order=order, form=form, rows=rows)
    return page, 422 if refused else 200


@bp.post("/orders/<number>/problem/photos")
@scoped("order")
def add_photos(number: str) -> ResponseReturnValue:
    """Take the photos in, as many as were chosen, and go on."""
    _order, claim = _claim(number)
    if claim is None:
        return _to("report.what", number)
    known = {*claim.parts, showing.WHOLE}

    def keep(part: str, ready: PreparedPhoto) -> None:
        mine = _open_order(number)
        named = "" if part == showing.WHOLE else part
        photos.keep(mine, ready, side=Side.BUYER, part=named, by=mine.buyer, at=clock.now())

    files = {part: file for part, file in request.files.items() if part in known}
    refused = uploads.take(files, lambda: _open_order(number), keep)
    if refused:
        _order, again = _claim(number)
        return _to("report.what", number) if again is None else _show_photos(again, refused)
    return _to("report.wish", number)


# What you want -------------------------------------------------------------------------------------------------------


def _wish_form(claim: Claim) -> WishForm:
    form = WishForm()
    form.wish.choices = [(wish.value, WISHES[wish]) for wish in wishes_for(claim.kind)]
    form.asked.currency = claim.order.currency
    return form


@bp.get("/orders/<number>/problem/wish")
@scoped("order")
def wish(number: str) -> ResponseReturnValue:
    """What you want, and what happens then."""
    _order, claim = _claim(number)
    return _to("report.what", number) if claim is None else _show_wish(claim, _wish_form(claim))


def _show_wish(claim: Claim, form: WishForm, status: int = 200) -> ResponseReturnValue:
    can_keep = Wish.KEEP in wishes_for(claim.kind)
    page = render_template(
        "disputes/wish.html", order=claim.order, form=form, claim=KINDS[claim.kind], can_keep=can_keep
    )
    return page, status


@bp.post("/orders/<number>/problem/wish")
@scoped("order")
def report(number: str) -> ResponseReturnValue:
    """Open the case: the payout stops at once."""
    order, claim = _claim(number)
    if claim is None:
        return _to("report.what", number)
    form = _wish_form(claim)
    if not form.validate_on_submit():
        return _show_wish(claim, form, 422)
    said = Report(claim.kind, Wish(form.wish.data), claim.words, tuple(claim.parts), form.asked.amount)
    try:
        dispute = opening.open_dispute(order, said, by=order.buyer, at=clock.now())
    except MoreThanLeft:
        form.asked.errors = [_("Enter less than the price, and more than nothing.")]
        return _show_wish(claim, form, 422)
    flash(_("We have your report. Nothing is paid out until it is settled."))
    return redirect(url_for("disputes.case", number=dispute.number), 303)
