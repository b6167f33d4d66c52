"""``/sell/payouts/account``: to the payout partner's page, where bank details and identity are entered, and back."""

from __future__ import annotations

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from marketplace import clock
from marketplace.limits import limiter
from marketplace.payouts import gates, wallets
from marketplace.payouts.words import STEPS
from marketplace.permissions import member, the_person
from marketplace.seller.payout_details import cash_is_open

bp = Blueprint("payout_account", __name__)


def _whose() -> str:
    return f"payout account of {the_person().id}"


def _open() -> None:
    cash_is_open()
    wallets.host()


def _address(query: str = "") -> str:
    return str(current_app.config["SETTINGS"].public_url) + url_for("payout_account.account") + query


@bp.get("/sell/payouts/account")
@member
def account() -> ResponseReturnValue:
    """Where the account stands, and what is missing by name; also where the partner's page leads back to."""
    _open()
    person = the_person()
    return render_template(
        "seller/payout_account.html",
        wallet=wallets.wallet_of(person.id),
        missing=gates.missing(person.id, at=clock.now()),
        step_words=STEPS,
        partner=wallets.host().title,
        was_too_late="again" in request.args,
    )


@bp.post("/sell/payouts/account")
@member
@limiter.limit("20 per hour", key_func=_whose, methods=["POST"])
def start() -> ResponseReturnValue:
    """To the partner's page."""
    _open()
    page = wallets.page_for(the_person(), again_url=_address("?again=1"), back_url=_address(), at=clock.now())
    return redirect(page, 303)


@bp.post("/sell/payouts/account/check")
@member
@limiter.limit("60 per hour", key_func=_whose, methods=["POST"])
def check() -> ResponseReturnValue:
    """Ask the partner how the account stands now; it tells us by itself too."""
    _open()
    wallets.look(the_person(), at=clock.now())
    flash(_("This is how your account stands now."), "ok")
    return redirect(url_for("payout_account.account"), 303)
