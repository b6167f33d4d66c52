"""Refunds that the sandbox's provider takes back: to one of its test cards no money can be returned."""

from __future__ import annotations

import hashlib

import sqlalchemy as sa

from marketplace import clock
from marketplace.database import unit_of_work
from marketplace.payments import notices
from marketplace.payments.sandbox import REFUND_BOUNCES, SandboxRefund, SandboxSession, fingerprint
from marketplace.payments.sandbox_pages import deliver

_TO_THAT_CARD = sa.exists().where(
    SandboxSession.payment_ref == SandboxRefund.payment_ref,
    SandboxSession.card_fingerprint == fingerprint(REFUND_BOUNCES),
)
_DOOMED = sa.select(SandboxRefund).where(SandboxRefund.status == "succeeded", _TO_THAT_CARD)
IS_DUE = _DOOMED.exists()


def bounce_refunds() -> int:
    """Let each refund to that card fail after all, and tell the shop by webhook; returns how many did.

    By then the provider has said that they succeeded, and the shop has believed it (fault B16).
    """
    with unit_of_work(reading=True) as session:
        refs = session.scalars(_DOOMED.with_only_columns(SandboxRefund.ref)).all()
    return sum(_bounce(ref) for ref in refs)


def _bounce(ref: str) -> bool:
    with unit_of_work() as session:
        row = session.scalar(_DOOMED.where(SandboxRefund.ref == ref).with_for_update())
        if row is None:
            return False
        row.status = "failed"
        body = _notice_of(row)
    deliver(body)
    return True


def _notice_of(row: SandboxRefund) -> bytes:
    thing = {
        "id": row.ref,
        "object": "refund",
        "amount": row.amount_minor,
        "currency": row.currency.lower(),
        "payment_intent": row.payment_ref,
        "status": row.status,
    }
    event_id = "evt_" + hashlib.sha256(f"{row.ref}:{row.status}".encode()).hexdigest()[:24]
    return notices.write(event_id, "refund.failed", thing, created=int(clock.wall().timestamp()))
