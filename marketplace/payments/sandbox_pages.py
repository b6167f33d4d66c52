"""The sandbox provider's hosted payment page. It answers the shop only through the shop's webhook route."""

from __future__ import annotations

import re

import sqlalchemy as sa
from flask import Blueprint, current_app, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from werkzeug.test import Client

from marketplace import database
from marketplace.database import db
from marketplace.errors import NotFound
from marketplace.money import Money
from marketplace.payments import sandbox, sandbox_chargebacks, signatures
from marketplace.permissions import public

bp = Blueprint("sandbox_payments", __name__)


def _session(ref: str) -> sandbox.SandboxSession:
    row = db.session.scalar(sa.select(sandbox.SandboxSession).where(sandbox.SandboxSession.ref == ref))
    if row is None:
        raise NotFound()
    return row


@bp.get("/sandbox/pay/<ref>")
@public
def page(ref: str) -> ResponseReturnValue:
    """The payment page: amount, card number, and the buttons that play out what can happen."""
    return _show(_session(ref))


def _show(row: sandbox.SandboxSession, **said: object) -> str:
    lines = [(line["name"], Money(line["amount_minor"], row.request["currency"])) for line in row.request["lines"]]
    bank = sandbox_chargebacks.standing(row.payment_ref) if row.payment_ref else None
    shown = {"bank": bank, "card": "", "trouble": None, "challenge": False, **said}
    return render_template("sandbox/pay.html", session=row, session_lines=lines, **shown)


@bp.post("/sandbox/pay/<ref>")
@public
def act(ref: str) -> ResponseReturnValue:
    """``action``: pay, cancel, or close (paid, but the browser never returns). ``webhook``: send, twice, or lose.

    Of a paid session: inquire, charge_back, win or lose, which is what the buyer's bank may do afterwards.
    """
    row = _session(ref)
    action = request.form.get("action", "pay")
    if action == "cancel":
        return redirect(row.request["cancel_url"], 303)
    if action in sandbox_chargebacks.BANK_ACTIONS:
        return _play_bank(row, action)
    card = re.sub(r"[ -]", "", request.form.get("card", "")[:40])
    passed = {"yes": True, "no": False}.get(request.form.get("challenge", ""))
    outcome = sandbox.pay(ref, card, challenge_passed=passed)
    if outcome == "challenge":
        return _show(row, card=card, challenge=True)
    if outcome not in ("paid", "over"):
        return _show(row, card=card, trouble=trouble_in_words(outcome)), 402
    copies = {"lose": 0, "twice": 2}.get(request.form.get("webhook", "send"), 1)
    body = sandbox.notice_of(row)
    back = row.request["success_url"]
    database.finish()
    for _copy in range(copies):
        deliver(body)
    return render_template("sandbox/closed.html") if action == "close" else redirect(back, 303)


def _play_bank(row: sandbox.SandboxSession, action: str) -> ResponseReturnValue:
    """The buyer's bank asks about the payment, takes it back, or decides; ``action`` says which."""
    if row.payment_ref is None:
        raise NotFound()
    told, ref = sandbox_chargebacks.play(action, row.payment_ref, sandbox.left_of(row)), row.ref
    database.finish()
    for body in told:
        deliver(body)
    return redirect(url_for("sandbox_payments.page", ref=ref), 303)


def deliver(body: bytes) -> int:
    """Send a webhook to the shop's own public route, signed; returns the shop's answer. Never inside a transaction."""
    settings = current_app.config["SETTINGS"]
    signature = signatures.sign(body, sandbox.webhook_secret())
    answer = Client(current_app.wsgi_app).post(
        "/webhooks/stripe",
        base_url=settings.public_url,
        data=body,
        content_type="application/json",
        headers={"Stripe-Signature": signature},
    )
    return answer.status_code


def trouble_in_words(code: str) -> str:
    """What a declined card is told."""
    words: dict[str, str] = {
        "card_declined": _("Your card was declined."),
        "insufficient_funds": _("Your card has insufficient funds."),
        "expired_card": _("Your card has expired."),
        "incorrect_cvc": _("Your card's security code is incorrect."),
        "authentication_failed": _("We could not authenticate your card. Choose another one and try again."),
    }
    return words.get(code) or str(_("Your card number is incorrect."))
