"""The page of the sandbox's marketplaces: buying there, and what becomes of a sale; told by webhook alone."""

from __future__ import annotations

import sqlalchemy as sa
from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from werkzeug.test import Client

from marketplace import database
from marketplace.channels import connecting, sandbox
from marketplace.channels.webhooks import SIGNATURE
from marketplace.database import db
from marketplace.errors import NotFound
from marketplace.listings.models import Listing
from marketplace.listings.states import ListingState
from marketplace.payments import signatures
from marketplace.permissions import public
from marketplace.programme import versions

bp = Blueprint("sandbox_channels", __name__)

MOST_SHOWN = 50


@bp.get("/sandbox/channels")
@public
def shelves() -> ResponseReturnValue:
    """What can be bought there, and what was."""
    on_offer = sa.select(Listing).where(Listing.state == ListingState.LIVE, Listing.seller_id.is_(None))
    sold = sa.select(sandbox.SandboxSale).order_by(sandbox.SandboxSale.id.desc())
    return render_template(
        "sandbox/channels.html",
        offers=db.session.scalars(on_offer.order_by(Listing.id.desc()).limit(MOST_SHOWN)).all(),
        sales=db.session.scalars(sold.limit(MOST_SHOWN)).all(),
        outlets={one.key: one.name for one in versions.current().policy.channels.outlets},
    )


@bp.post("/sandbox/channels")
@public
def buy() -> ResponseReturnValue:
    """``listing`` is bought at its price on ``outlet``; the shop is told."""
    listing = db.session.scalar(sa.select(Listing).where(Listing.number == request.form.get("listing", "")[:20]))
    outlet = versions.current().policy.channels.outlet(request.form.get("outlet", ""))
    if listing is None or listing.price is None or outlet is None:
        raise NotFound()
    what = (outlet.key, listing.number, listing.price)
    database.finish()
    return _told(sandbox.notice_of(sandbox.sell(*what)))


@bp.post("/sandbox/channels/<outlet>/<ref>")
@public
def act(outlet: str, ref: str) -> ResponseReturnValue:
    """``action``: complete, cancel, lose (cancelled, the parcel lost), or tell (the same news once more)."""
    database.finish()
    found = sandbox.SandboxChannel().find(outlet, ref)
    action = request.form.get("action", "tell")
    if found is None or action not in ("complete", "cancel", "lose", "tell"):
        raise NotFound()
    if action == "complete":
        found = sandbox.complete(outlet, ref)
    elif action != "tell":
        found = sandbox.take_back(outlet, ref, "lost" if action == "lose" else "buyer")
    return _told(sandbox.notice_of(found))


def _told(body: bytes) -> ResponseReturnValue:
    flash(_("Done. The shop answered %(status)s.", status=deliver(body)), "ok")
    return redirect(url_for("sandbox_channels.shelves"), 303)


def deliver(body: bytes) -> int:
    """Send a webhook to the shop's own public route, signed; returns the shop's answer. Never inside a transaction."""
    answer = Client(current_app.wsgi_app).post(
        "/webhooks/channels",
        base_url=current_app.config["SETTINGS"].public_url,
        data=body,
        content_type="application/json",
        headers={SIGNATURE: signatures.sign(body, connecting.webhook_secret())},
    )
    return answer.status_code
