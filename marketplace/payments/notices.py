"""Reading the provider's webhook, in Stripe's event shape: the sandbox sends the same."""

from __future__ import annotations

from typing import Any

import msgspec

from marketplace import shapes
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
CHARGEBACK_EVENTS = frozenset(
    {
        "charge.dispute.created",
        "charge.dispute.updated",
        "charge.dispute.closed",
        "charge.dispute.funds_withdrawn",
        "charge.dispute.funds_reinstated",
    }
)
TRANSFER_EVENTS = frozenset({"transfer.reversed"})
HEARD = SESSION_EVENTS | REFUND_EVENTS | CHARGEBACK_EVENTS | TRANSFER_EVENTS
ACCOUNT_EVENTS = frozenset({"account.updated", "payout.failed"})  # of accounts that sellers have with the provider


class _Object(msgspec.Struct):
    id: str | None = None
    client_reference_id: str | None = None
    payment_intent: str | None = None


class _Data(msgspec.Struct):
    object: _Object


class Event(msgspec.Struct):
    """The parts of an event we read; unknown fields are let through, as the provider may add some any day."""

    id: str
    type: str
    livemode: bool
    data: _Data
    account: str | None = None


def read(
    payload: bytes,
    signature: str,
    *,
    secret: str,
    livemode: bool,
    account: str | None = None,
    accounts_secret: str = "",
) -> Notice:
    """The notice in a verified payload; raises ``BadSignature`` or ``ForeignNotice``.

    News of sellers' accounts has a secret of its own, and names the account. Where none is given we host none, and
    another account is foreign. The provider sends those of its other mode along: they are let go.
    """
    signatures.check(payload, signature, *filter(None, (secret, accounts_secret)))
    event = parse(payload)
    if accounts_secret and event.account and event.type in ACCOUNT_EVENTS:
        about = "account" if event.livemode is livemode else "other"
        return Notice(event.id, about, event.account)
    if event.livemode is not livemode or event.account != account:
        raise ForeignNotice(f"{event.id}: livemode {event.livemode}, account {event.account}")
    return notice(event)


def parse(payload: bytes) -> Event:
    """The event in a payload; raises ``BadSignature`` where it is none, as whoever signed that is not the provider."""
    try:
        return shapes.decode(payload, Event)
    except (msgspec.DecodeError, RecursionError) as trouble:
        raise BadSignature(f"not an event: {trouble}") from None


def notice(event: Event) -> Notice:
    """What an event tells us, whether it was sent or asked for."""
    thing = event.data.object
    return Notice(event.id, _about(event.type), thing.id, thing.client_reference_id, thing.payment_intent)


def _about(kind: str) -> str:
    if kind in SESSION_EVENTS:
        return "session"
    if kind in REFUND_EVENTS:
        return "refund"
    if kind in TRANSFER_EVENTS:
        return "transfer"
    return "chargeback" if kind in CHARGEBACK_EVENTS else "other"


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
