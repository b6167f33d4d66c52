"""Shippo's tracking webhook. It is not signed: a token in the address stands for the signature (fault L08)."""

from __future__ import annotations

import hashlib
import hmac
import logging
from datetime import datetime

from flask import Blueprint, abort, current_app, jsonify, request
from flask.typing import ResponseReturnValue

from marketplace import clock
from marketplace.errors import NotFound
from marketplace.jobs import inbox
from marketplace.permissions import machine
from marketplace.shipping import tracking
from marketplace.shipping.track_objects import NotATrack, Track, read_event

log = logging.getLogger(__name__)

SOURCE = "shippo"
MOST_BYTES = 256 * 1024

bp = Blueprint("shipping_webhooks", __name__)


def webhook_token() -> str:
    """The token in the webhook's address: ``SHIPPO_WEBHOOK_TOKEN``, or one of our own making for the sandbox."""
    settings = current_app.config["SETTINGS"]
    if settings.shippo_webhook_token:
        return str(settings.shippo_webhook_token)
    return hmac.new(settings.secret_key.encode(), b"tracking webhooks", hashlib.sha256).hexdigest()


@bp.post("/webhooks/shippo/<token>")
@machine
def receive(token: str) -> ResponseReturnValue:
    """Store the event once and answer; 404 for a wrong token, 400 for what is no event. Other kinds are let go."""
    if not hmac.compare_digest(token.encode(), webhook_token().encode()):
        raise NotFound()
    if (request.content_length or 0) > MOST_BYTES:
        abort(413)
    try:
        track = read_event(request.get_data())
    except NotATrack as trouble:
        log.warning("tracking webhook refused", extra={"reason": str(trouble)})
        abort(400)
    if track is None:
        return jsonify(received=True, known=True)
    fresh = inbox.receive(SOURCE, track.digest, track.document, at=clock.now())
    return jsonify(received=True, known=not fresh)


def react(row: inbox.InboxRow, at: datetime) -> None:
    """Record what the event says of a parcel of ours; a number that is none of ours is let go (fault L07)."""
    track = Track.of(row.payload)
    parcel = tracking.find_parcel(track.carrier, track.tracking_number)
    if parcel is None:
        log.warning("tracking of a parcel that is not ours", extra={"carrier": track.carrier, "event_id": row.event_id})
        return
    tracking.record_reports(parcel, track.reports, at=at)
