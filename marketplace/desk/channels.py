"""``/desk/channels``: what outside marketplaces sold, what is to be sent, what was cancelled there, what they owe."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from flask import Blueprint, Response, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from marketplace import clock, database
from marketplace.channels import connecting, paying, selling
from marketplace.channels.labels import LABELS, REASONS, tone
from marketplace.channels.models import ChannelSale
from marketplace.channels.port import NoLabel, channel
from marketplace.channels.states import SaleState
from marketplace.consignments.models import ConsignedPiece
from marketplace.database import db
from marketplace.errors import NotFound, Refusal
from marketplace.form_fields import Form, MoneyField
from marketplace.listings.relisting import can_relist_ours
from marketplace.people.models import Role
from marketplace.permissions import staff, the_person
from marketplace.programme import versions

bp = Blueprint("desk_channels", __name__)

MOST_SHOWN = 100


class LabelNotHad(Refusal):
    message = _l("The marketplace gave no label just now. Try again, or look there.")


class PaidForm(Form):
    """What arrived from a marketplace; the sales it is for are ticked beside it."""

    amount = MoneyField(_l("What arrived"))


@bp.get("/desk/channels")
@staff(Role.WAREHOUSE, Role.MANAGER)
def sales() -> ResponseReturnValue:
    """Every sale elsewhere, what waits for a person first."""
    return _page(PaidForm(formdata=None))


def _page(form: PaidForm) -> ResponseReturnValue:
    policy, person = versions.current().policy, the_person()
    form.amount.currency = policy.market.currency
    newest = sa.select(ChannelSale).order_by(ChannelSale.id.desc()).limit(MOST_SHOWN)
    found = db.session.scalars(newest).all()
    is_manager = person.has_role(Role.MANAGER)
    body = render_template(
        "desk/channels.html",
        sales=sorted(found, key=lambda sale: sale.state is not SaleState.TAKEN),
        tags=_tags(found),
        owing=paying.owing() if is_manager else [],
        outlets={one.key: one.name for one in policy.channels.outlets},
        labels=LABELS,
        reasons={why.value: words for why, words in REASONS.items()},
        tone=tone,
        form=form,
        feeds=_feeds() if is_manager and connecting.is_open() else [],
        may_send=person.has_role(Role.WAREHOUSE),
        back={sale.id for sale in found if sale.listing is not None and can_relist_ours(sale.listing)},
    )
    return body, 422 if form.errors else 200


def _feeds() -> list[str]:
    token, shop = connecting.feed_token(), current_app.config["SETTINGS"].public_url
    return [shop + url_for(f"feeds.channels_{kind}", token=token, part=0) for kind in ("xml", "json")]


def _tags(sales: Sequence[ChannelSale]) -> dict[int, str]:
    """What the tag on each piece says that we sell for its owner, by the sale's id."""
    ids = [sale.id for sale in sales]
    pieces = db.session.scalars(sa.select(ConsignedPiece).where(ConsignedPiece.channel_sale_id.in_(ids)))
    return {piece.channel_sale_id: piece.number for piece in pieces if piece.channel_sale_id is not None}


def _sale(number: str) -> ChannelSale:
    found = db.session.scalar(sa.select(ChannelSale).where(ChannelSale.number == number))
    if found is None:
        raise NotFound()
    return found


def _back(said: str) -> ResponseReturnValue:
    flash(said, "ok")
    return redirect(url_for("desk_channels.sales"), 303)


@bp.get("/desk/channels/<number>/label.pdf")
@staff(Role.WAREHOUSE)
def label(number: str) -> ResponseReturnValue:
    """The marketplace's own label, fetched now and not kept: who bought the piece stands there and nowhere here."""
    sale = _sale(number)
    where: dict[str, Any] = {"outlet": sale.outlet, "ref": sale.ref}
    database.finish()
    try:
        document = channel().label(**where)
    except NoLabel:
        raise LabelNotHad() from None
    headers = {"Content-Disposition": f'inline; filename="{number}.pdf"', "Cache-Control": "no-store"}
    return Response(document, mimetype="application/pdf", headers=headers)


@bp.post("/desk/channels/<number>/send")
@staff(Role.WAREHOUSE)
def send(number: str) -> ResponseReturnValue:
    """It was handed over."""
    selling.send(_sale(number), by=the_person(), at=clock.now())
    return _back(_("Noted: it is on its way."))


@bp.post("/desk/channels/<number>/give-up")
@staff(Role.WAREHOUSE)
def give_up(number: str) -> ResponseReturnValue:
    """It is not to be found."""
    selling.give_up(_sale(number), by=the_person(), at=clock.now())
    return _back(_("Given up. The sale is being cancelled there."))


@bp.post("/desk/channels/payments")
@staff(Role.MANAGER)
def paid() -> ResponseReturnValue:
    """A marketplace has paid for some sales, or kept what we owed it for others."""
    form = PaidForm()
    form.amount.currency = versions.current().policy.market.currency
    if not form.validate_on_submit() or form.amount.amount is None:
        return _page(form)
    try:
        paying.receive(request.form.getlist("sale"), form.amount.amount, by=the_person(), at=clock.now())
    except (paying.NothingDue, paying.SumDiffers) as trouble:
        form.amount.errors = [trouble.message]
        return _page(form)
    return _back(_("Booked."))
