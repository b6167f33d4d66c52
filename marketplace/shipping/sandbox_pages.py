"""The sandbox carrier's pages: each button is something a carrier does to a parcel.

What it does reaches the shop through the shop's public webhook route alone, or not at all where the box says so: then
the shop must ask.
"""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa
from flask import Blueprint, current_app, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import selectinload
from werkzeug.test import Client
from wtforms import BooleanField, IntegerField, StringField
from wtforms.validators import AnyOf, NumberRange, Optional

from marketplace import clock, database
from marketplace.database import db
from marketplace.errors import NotFound
from marketplace.form_fields import Form
from marketplace.permissions import public
from marketplace.shipping import sandbox_tracking
from marketplace.shipping.sandbox_books import SandboxParcel
from marketplace.shipping.webhooks import webhook_token

bp = Blueprint("sandbox_carrier", __name__)

MOST_SHOWN = 100
SILENT = ("lose",)  # a carrier that mislays a parcel does not say so

ACTIONS = {
    "scan": _l("Accept it at the post office"),
    "move": _l("Move it on"),
    "deliver": _l("Deliver it"),
    "return": _l("Return it to its sender"),
    "fail": _l("Fail to deliver it"),
    "lose": _l("Mislay it"),
    "repeat": _l("Send the last webhook again"),
}


class ParcelForm(Form):
    """What the carrier does, when it did it, and whether it tells."""

    action = StringField(validators=[AnyOf(ACTIONS, _l("Choose what happens to the parcel."))])
    hours_ago = IntegerField(
        _l("Hours ago"),
        [Optional(), NumberRange(0, 1000, _l("Enter a number of hours from 0 to 1000."))],
        description=_l("The carrier's own time. Empty means now."),
    )
    quiet = BooleanField(
        _l("Do not send the webhook"), description=_l("The shop then has to ask, as flask reconcile makes it do.")
    )


@bp.get("/sandbox/parcels")
@public
def parcels() -> ResponseReturnValue:
    """Every label sold, newest first."""
    sold = sa.select(SandboxParcel).where(SandboxParcel.tracking_number.is_not(None))
    sold = sold.options(selectinload(SandboxParcel.scans)).order_by(SandboxParcel.id.desc())
    newest = db.session.scalars(sold.limit(MOST_SHOWN)).all()
    return render_template("sandbox/parcels.html", parcels=newest, where=sandbox_tracking)


@bp.get("/sandbox/parcels/<tracking>")
@public
def parcel(tracking: str) -> ResponseReturnValue:
    """One parcel: where it was and what can happen to it next."""
    return _show(_parcel(tracking), ParcelForm(formdata=None))


@bp.post("/sandbox/parcels/<tracking>")
@public
def act(tracking: str) -> ResponseReturnValue:
    """``action``: scan, move, deliver, return, fail, lose, repeat. ``quiet``: no webhook. ``hours_ago``: when."""
    row, form = _parcel(tracking), ParcelForm()
    if not form.validate_on_submit():
        return _show(row, form), 422
    action = form.action.data
    _carry_out(row, action, hours_ago=form.hours_ago.data or 0)
    body = sandbox_tracking.track_updated(row)
    database.finish()
    if form.quiet.data or action in SILENT:
        flash(_("Done. The shop was not told."))
    else:
        flash(_("Done. The shop answered %(status)s.", status=deliver(body)), "ok")
    return redirect(url_for("sandbox_carrier.parcel", tracking=tracking), 303)


def _parcel(tracking: str) -> SandboxParcel:
    row = db.session.scalar(sa.select(SandboxParcel).where(SandboxParcel.tracking_number == tracking))
    if row is None:
        raise NotFound()
    return row


def _carry_out(row: SandboxParcel, action: str, *, hours_ago: int) -> None:
    at = clock.now()
    if action == "lose":
        row.mislaid_at = at
    elif action != "repeat":
        sandbox_tracking.add_scan(row, action, at=at, scanned_at=at - timedelta(hours=hours_ago))
    db.session.flush()


def _show(row: SandboxParcel, form: ParcelForm) -> str:
    origin, destination = sandbox_tracking.ends_of(row)
    return render_template(
        "sandbox/parcel.html",
        parcel=row,
        scans=sandbox_tracking.story(row),
        form=form,
        actions=ACTIONS,
        origin=origin.town,
        destination=destination.town,
        title=sandbox_tracking.title(row),
    )


def deliver(body: bytes) -> int:
    """Send a webhook to the shop's own public route; returns the shop's answer. Never inside a transaction."""
    answer = Client(current_app.wsgi_app).post(
        f"/webhooks/shippo/{webhook_token()}",
        base_url=current_app.config["SETTINGS"].public_url,
        data=body,
        content_type="application/json",
    )
    return answer.status_code
