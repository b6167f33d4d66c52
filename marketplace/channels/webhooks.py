"""The marketplaces' webhook: signed as the payment provider's is, stored once, answered, read afterwards."""

from __future__ import annotations

import logging
from datetime import datetime

from flask import Blueprint, abort, jsonify, request
from flask.typing import ResponseReturnValue

from marketplace import clock
from marketplace.channels import connecting, selling
from marketplace.channels.documents import NotANotice, document, read_notice, read_sale
from marketplace.channels.port import SaleReport
from marketplace.errors import NotFound
from marketplace.jobs import inbox
from marketplace.payments import signatures
from marketplace.payments.gateway import BadSignature
from marketplace.permissions import machine

log = logging.getLogger(__name__)

SOURCE = "channels"
SIGNATURE = "Reprise-Signature"
MOST_BYTES = 64 * 1024

bp = Blueprint("channel_webhooks", __name__)


@bp.post("/webhooks/channels")
@machine
def receive() -> ResponseReturnValue:
    """400 and nothing stored unless it is signed, fresh and a notice; 404 where nothing is connected."""
    if not connecting.is_connected():
        raise NotFound()
    if (request.content_length or 0) > MOST_BYTES:
        abort(413)
    try:
        signatures.check(request.get_data(), request.headers.get(SIGNATURE, ""), connecting.webhook_secret())
        notice = read_notice(request.get_data())
    except (BadSignature, NotANotice) as trouble:
        log.warning("channel webhook refused", extra={"reason": str(trouble)[:200]})
        abort(400)
    return jsonify(received=True, known=not store(notice.id, notice.sale.report, at=clock.now()))


def store(event_id: str, report: SaleReport, *, at: datetime) -> bool:
    """Put news into the inbox, whether it was sent or asked for; False where it was known already."""
    return inbox.receive(SOURCE, event_id, document(report), at=at)


def react(row: inbox.InboxRow, at: datetime) -> None:
    """Bring our sale to where theirs stands."""
    selling.note(read_sale(row.payload), at=at)
