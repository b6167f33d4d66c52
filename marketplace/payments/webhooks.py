"""The payment provider's webhook: verify, store once, answer. What it says is a hint; the provider is asked."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from flask import Blueprint, abort, jsonify, request
from flask.typing import ResponseReturnValue

from marketplace import clock
from marketplace.jobs import inbox
from marketplace.jobs.alarms import AlarmKind, raise_alarm
from marketplace.payments import attempts, chargebacks, refunds
from marketplace.payments.gateway import BadSignature, ForeignNotice, Notice, gateway
from marketplace.payouts import returns, wallets
from marketplace.permissions import machine

log = logging.getLogger(__name__)

SOURCE = "stripe"
MOST_BYTES = 256 * 1024

bp = Blueprint("payment_webhooks", __name__)


@dataclass(frozen=True)
class Endpoint:
    """Where news comes in, as the subject of an alarm: there is one, so it has no table."""

    id: int
    __tablename__: ClassVar[str] = "stripe webhook"


ENDPOINT = Endpoint(1)


@bp.post("/webhooks/stripe")
@machine
def receive() -> ResponseReturnValue:
    """400 and no event stored unless the signature is the provider's, fresh, and for us (faults B11–B13)."""
    if (request.content_length or 0) > MOST_BYTES:
        abort(413)
    try:
        notice = gateway().read_notice(request.get_data(), request.headers.get("Stripe-Signature", ""))
    except BadSignature as trouble:
        log.warning("webhook refused", extra={"reason": str(trouble)[:200]})
        abort(400)
    except ForeignNotice as trouble:
        log.error("webhook of a foreign account or mode", extra={"reason": str(trouble)[:200]})
        raise_alarm(AlarmKind.FOREIGN_WEBHOOK, ENDPOINT, at=clock.now(), reason=str(trouble)[:200])
        return jsonify(received=False), 400  # an answer, not an error: what the desk was told is kept
    return jsonify(received=True, known=not store(notice, at=clock.now()))


def store(notice: Notice, *, at: datetime) -> bool:
    """Put news into the inbox, whether it was sent or asked for; False where it was known already."""
    told = {"about": notice.about, "ref": notice.ref, "key": notice.key, "payment": notice.payment_ref}
    return inbox.receive(SOURCE, notice.id, told, at=at)


def react(row: inbox.InboxRow, at: datetime) -> None:
    """Ask the provider about whatever the event names; unknown kinds and objects are let go."""
    ref, key, about = row.payload.get("ref"), row.payload.get("key"), row.payload.get("about")
    payment = row.payload.get("payment")
    if about == "session" and (attempt := attempts.by_session(ref, key)):
        attempts.ask(attempt, key=f"event-{row.id}", at=at)
    elif about == "refund" and ref and (refund := refunds.by_provider_ref(ref)):
        refunds.ask(refund, key=f"event-{row.id}", at=at)
    elif about == "chargeback" and ref and payment and (paid := chargebacks.attempt_of(payment)):
        chargebacks.ask(ref, paid, key=f"event-{row.id}", at=at)
    elif about == "transfer" and ref and (transfer := returns.by_ref(ref)):
        returns.ask(transfer, key=f"event-{row.id}", at=at)
    elif about == "account" and ref and (wallet := wallets.by_ref(ref)):
        wallets.ask(wallet, key=f"event-{row.id}", at=at)
    else:
        log.info("event of nothing we know", extra={"event_id": row.event_id, "about": about})
