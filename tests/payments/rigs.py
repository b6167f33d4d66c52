"""Each payment provider with what buyer and bank can do there: the sandbox, and Stripe on a double of Stripe."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from marketplace import clock
from marketplace.database import db, unit_of_work
from marketplace.payments import sandbox, sandbox_chargebacks, signatures
from marketplace.payments.gateway import Gateway
from marketplace.payments.sandbox import SandboxGateway, SandboxRefund
from marketplace.payments.stripe import StripeGateway
from marketplace.payments.stripe_api import StripeAPI
from tests.doubles.stripe import KEY, SECRET, StripeDouble

VISA = "4242424242424242"
STATUS = {"inquire": "warning_needs_response", "charge_back": "needs_response", "win": "won", "lose": "lost"}


@dataclass(frozen=True)
class Rig:
    """A gateway; ``pay`` presses the button, ``bounce`` fails a refund later, ``news_of`` is a signed webhook.

    ``bank`` lets the bank of a payment act: inquire, charge_back, win or lose.
    """

    gateway: Gateway
    pay: Callable[[str], Any]
    bounce: Callable[[str], None]
    news_of: Callable[[str], tuple[bytes, str]]
    bank: Callable[[str, str], None]


def request_for(key: str, minor: int = 25_000, *, minutes: float = 31) -> dict[str, Any]:
    """What an attempt stores before it calls."""
    back = "http://localhost/checkout/C1/return"
    return {
        "reference": key,
        "amount_minor": minor,
        "currency": "USD",
        "lines": [{"name": "Marlow tote", "amount_minor": minor - 100}, {"name": "Små sak £", "amount_minor": 100}],
        "email": "grace@example.com",
        "success_url": back,
        "cancel_url": back,
        "expires_at": int(time.time() + minutes * 60),
    }


def a_key() -> str:
    return "PA-" + secrets.token_hex(12)


def expiry() -> datetime:
    return clock.wall() + timedelta(minutes=31)


def sandbox_rig() -> Iterator[Rig]:
    def pay(ref: str) -> None:
        with unit_of_work():
            assert sandbox.pay(ref, VISA) == "paid"

    def bounce(ref: str) -> None:
        with unit_of_work():
            db.session.execute(sa.update(SandboxRefund).where(SandboxRefund.ref == ref).values(status="failed"))

    def news_of(ref: str) -> tuple[bytes, str]:
        with unit_of_work(reading=True) as session:
            rows = sa.select(sandbox.SandboxSession).where(sandbox.SandboxSession.ref == ref)
            body = sandbox.notice_of(session.scalars(rows).one())
        return body, signatures.sign(body, sandbox.webhook_secret())

    def bank(payment: str, action: str) -> None:
        with unit_of_work() as session:
            row = session.scalars(sa.select(sandbox.SandboxSession).filter_by(payment_ref=payment)).one()
            assert sandbox_chargebacks.play(action, payment, sandbox.left_of(row))

    yield Rig(SandboxGateway(), pay, bounce, news_of, bank)


def stripe_gateway(double: StripeDouble, *, key: str = KEY, silence: float = 0.5) -> StripeGateway:
    """The real adapter in front of a double, with a test's patience: ``silence`` in seconds."""
    api = StripeAPI(key, api_base=double.url, files_base=double.url, timeout=(1.0, silence), pauses=(0.01, 0.01))
    return StripeGateway(api, SECRET)


def stripe_rig() -> Iterator[Rig]:
    with StripeDouble() as double:

        def news_of(ref: str) -> tuple[bytes, str]:
            body = next(one for one in reversed(double.postbox.sent) if ref.encode() in one)
            return body, double.postbox.signature(body)

        def bounce(ref: str) -> None:
            double.end_refund(ref, "failed")

        def bank(payment: str, action: str) -> None:
            known = [one["id"] for one in double.disputes.values() if one["payment_intent"] == payment]
            if not known:
                double.dispute(payment, STATUS[action])
            else:
                double.move_dispute(known[-1], STATUS[action])

        yield Rig(stripe_gateway(double), double.pay, bounce, news_of, bank)
        assert double.violations == []


RIGS: dict[str, Callable[[], Iterator[Rig]]] = {"sandbox": sandbox_rig, "stripe": stripe_rig}
