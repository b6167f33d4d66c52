"""``/sell/fees/<number>``: a fee that is owed for a piece, paid by the link that was mailed (GAP-19)."""

from __future__ import annotations

import logging

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from marketplace import clock, database
from marketplace.consignments.selling import payout_is_coming
from marketplace.custody import billing
from marketplace.custody.models import BillState, FeeBill
from marketplace.database import db
from marketplace.errors import NotFound
from marketplace.jobs.outbox import Misused, NotDone, OutcomeUnknown
from marketplace.payments import attempts, opening
from marketplace.payments.gateway import PageRefused
from marketplace.payments.models import PaymentAttempt
from marketplace.permissions import signed_in, the_person

log = logging.getLogger(__name__)

bp = Blueprint("fees", __name__)


def _own(number: str) -> FeeBill:
    found = billing.own(number, the_person())
    if found is None:
        raise NotFound()
    return found


@bp.get("/sell/fees/<number>")
@signed_in
def fee(number: str) -> ResponseReturnValue:
    """What is owed, for what, and whether it has been paid; also where the provider leads back to."""
    asked = _own(number)
    is_waiting = "back" in request.args and attempts.open_attempt_of_bill(asked.id) is not None
    page = render_template(
        "seller/fee.html",
        bill=asked,
        is_open=asked.state is BillState.OPEN,
        is_waiting=is_waiting,
        payout_is_coming=payout_is_coming(asked.owner_id),
    )
    # Without script the page asks again by itself until the provider's word has arrived.
    return page, 200, {"Refresh": "3"} if is_waiting else {}


@bp.post("/sell/fees/<number>")
@signed_in
def pay(number: str) -> ResponseReturnValue:
    """To the provider's page; a second press leads to the same one."""
    here = url_for("fees.fee", number=number)
    return_url = f"{current_app.config['SETTINGS'].public_url}{here}?back=1"
    attempt = billing.start_payment(_own(number), return_url=return_url, by=the_person(), at=clock.now())
    if attempt.page_url:
        return redirect(attempt.page_url, 303)
    attempt_id, was_tried = attempt.id, attempt.started_at < clock.now()
    wanted = (attempt.request, attempt.key, attempt.expires_at)
    database.finish()
    try:
        page = opening.page_of(*wanted, was_tried=was_tried)
    except (NotDone, OutcomeUnknown, Misused, PageRefused) as trouble:
        why = f"{type(trouble).__name__}: {trouble}"[:200]
        log.error("no payment page", extra={"attempt": attempt_id, "reason": why})
        if isinstance(trouble, Misused):
            attempts.report_misuse(attempt_id, at=clock.now())
        elif isinstance(trouble, PageRefused):  # there is none under its key: the next press begins anew
            attempts.close(db.session.get_one(PaymentAttempt, attempt_id), key="refused", at=clock.now())
        flash(_("The payment page cannot be reached right now. Nothing was charged; try again in a minute."))
        return redirect(here, 303)
    attempts.record_page(attempt_id, page, at=clock.now())
    return redirect(page.url, 303)
