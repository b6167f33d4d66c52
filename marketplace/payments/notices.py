"""Reading the provider's webhook, in Stripe's event shape: the sandbox sends the same."""

from __future__ import annotations

from typing import Any

import msgspec

from marketplace.payments import signatures
from marketplace.payments.gateway import BadSignature, ForeignNotice, Notice

SESSION_EVENTS = frozenset(
    {
        "checkout.session.completed",
        "checkout.session.expired",
        "checkout.session.async_payment_succeeded",
        "checkout.session.async_payment_failed",
    }
)
REFUND_EVENTS = frozenset({"refund.created", "refund.updated", "refund.failed"})


class _Object(msgspec.Struct):
    id: str | None = None
    client_reference_id: str | None = None


class _Data(msgspec.Struct):
    object: _Object


class Event(msgspec.Struct):
    """The parts of an event we read; unknown fields are let through, as the provider may add some any day."""

    id: str
    type: str
    livemode: bool
    data: _Data
    account: str | None = None


def read(payload: bytes, signature: str, *, secret: str, livemode: bool, account: str | None = None) -> Notice:
    """The notice in a verified payload; raises ``BadSignature`` or ``ForeignNotice``."""
    signatures.check(payload, signature, secret)
    event = parse(payload)
    if event.livemode is not livemode or event.account != account:
        raise ForeignNotice(f"{event.id}: livemode {event.livemode}, account {event.account}")
    return notice(event)


def parse(payload: bytes) -> Event:
    """The event in a payload; raises ``BadSignature`` where it is none, as whoever signed that is not the provider."""
    try:
        return msgspec.json.decode(payload, type=Event)
    except (msgspec.DecodeError, RecursionError) as trouble:
        raise BadSignature(f"not an event: {trouble}") from None


def notice(event: Event) -> Notice:
    """What an event tells us, whether it was sent or asked for."""
    about = "session" if event.type in SESSION_EVENTS else "refund" if event.type in REFUND_EVENTS else "other"
    return Notice(event.id, about, event.data.object.id, event.data.object.client_reference_id)


def write(event_id: str, kind: str, thing: dict[str, Any], *, created: int) -> bytes:
    """The body of an event as the sandbox sends it."""
    return msgspec.json.encode(
        {
            "id": event_id,
            "object": "event",
            "type": kind,
            "created": created,
            "livemode": False,
            "pending_webhooks": 1,
            "data": {"object": thing},
        }
    )
