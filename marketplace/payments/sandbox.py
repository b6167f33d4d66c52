"""The sandbox's payment provider: a Stripe lookalike with books of its own and clickable pages.

It remembers sessions by our key, knows Stripe's well-known test numbers, and tells the shop anything only through
the shop's own public webhook route, signed. Its tables stand for another company's: nothing else reads them.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from flask import current_app
from sqlalchemy.orm import Mapped, mapped_column

from marketplace import clock
from marketplace.database import JSONDocument, Model, db, queue_behind, unit_of_work
from marketplace.money import Money
from marketplace.payments import notices
from marketplace.payments.gateway import Notice, PaymentPage, RefundRefused, RefundReport, SessionReport
from marketplace.payments.sandbox_chargebacks import SandboxChargebacks, standing, withdrawn_of

# Stripe's published test numbers and what each does.
ACCEPTED = {"4242424242424242": "visa", "5555555555554444": "mastercard", "378282246310005": "amex"}
DECLINED = {
    "4000000000000002": "card_declined",
    "4000000000009995": "insufficient_funds",
    "4000000000000069": "expired_card",
    "4000000000000127": "incorrect_cvc",
}
CHALLENGED = {"4000002760003184": "visa", "4000002500003155": "visa"}
REFUND_BOUNCES = "4000000000007726"  # accepted; its refunds succeed and fail later
ACCEPTED_TOO = {REFUND_BOUNCES: "visa"}


class SandboxSession(Model):
    """A payment page as the sandbox's provider keeps it."""

    __tablename__ = "sandbox_payment_sessions"

    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(sa.String(80), unique=True)
    key: Mapped[str] = mapped_column(sa.String(80), unique=True)
    request: Mapped[dict[str, Any]] = mapped_column(JSONDocument)
    status: Mapped[str] = mapped_column(sa.String(20), default="open")
    paid: Mapped[bool] = mapped_column(default=False)
    expires_at: Mapped[datetime]  # wall time
    payment_ref: Mapped[str | None] = mapped_column(sa.String(80), unique=True)
    card_brand: Mapped[str | None] = mapped_column(sa.String(20))
    card_last_four: Mapped[str | None] = mapped_column(sa.String(4))
    card_fingerprint: Mapped[str | None] = mapped_column(sa.String(64))

    @property
    def amount(self) -> Money:
        return Money(self.request["amount_minor"], self.request["currency"])

    def report(self) -> SessionReport:
        return SessionReport(
            session_ref=self.ref,
            key=self.request["reference"],
            status=self.status,
            paid=self.paid,
            amount=self.amount,
            page_url=page_url(self.ref),
            payment_ref=self.payment_ref,
            card_brand=self.card_brand,
            card_last_four=self.card_last_four,
            card_fingerprint=self.card_fingerprint,
        )


class SandboxRefund(Model):
    """A refund as the sandbox's provider keeps it."""

    __tablename__ = "sandbox_refunds"

    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(sa.String(80), unique=True)
    key: Mapped[str] = mapped_column(sa.String(120), unique=True)
    payment_ref: Mapped[str] = mapped_column(sa.String(80), index=True)
    amount_minor: Mapped[int] = mapped_column(sa.BigInteger)
    currency: Mapped[str] = mapped_column(sa.String(3))
    status: Mapped[str] = mapped_column(sa.String(20))

    def report(self) -> RefundReport:
        return RefundReport(self.ref, self.status, Money(self.amount_minor, self.currency), self.key)


def webhook_secret() -> str:
    """The secret the sandbox's provider shares with the shop."""
    key = current_app.config["SECRET_KEY"].encode()
    return "whsec_" + hmac.new(key, b"sandbox payment webhooks", hashlib.sha256).hexdigest()


def page_url(ref: str) -> str:
    """Where the buyer pays."""
    return f"{current_app.config['SETTINGS'].payment_origin}/sandbox/pay/{ref}"


def _by_ref(ref: str) -> SandboxSession | None:
    return db.session.scalar(sa.select(SandboxSession).where(SandboxSession.ref == ref).with_for_update())


def _opened_since(moment: datetime) -> sa.Select[SandboxSession]:
    """Sessions that may have been opened since a moment: none of them lives longer than half an hour."""
    return sa.select(SandboxSession).where(SandboxSession.expires_at >= moment).order_by(SandboxSession.id)


def _lapse(row: SandboxSession) -> None:
    if row.status == "open" and row.expires_at <= clock.wall():
        row.status = "expired"


class SandboxGateway(SandboxChargebacks):
    """The port's sandbox implementation. Each call is a unit of work of its own, as a call abroad would be."""

    def open_page(self, request: dict[str, Any], key: str) -> PaymentPage:
        with unit_of_work() as session:
            queue_behind(key)
            row = session.scalar(sa.select(SandboxSession).where(SandboxSession.key == key))
            if row is None:
                row = SandboxSession(
                    ref="cs_test_" + secrets.token_hex(16),
                    key=key,
                    request=request,
                    status="open",
                    paid=False,
                    expires_at=datetime.fromtimestamp(request["expires_at"], clock.wall().tzinfo),
                )
                session.add(row)
            return PaymentPage(row.ref, page_url(row.ref))

    def retrieve(self, session_ref: str) -> SessionReport:
        with unit_of_work():
            row = _by_ref(session_ref)
            if row is None:
                raise LookupError(f"no session {session_ref}")
            _lapse(row)
            return row.report()

    def find(self, key: str, *, expires_at: datetime) -> SessionReport | None:
        with unit_of_work() as session:
            row = session.scalar(sa.select(SandboxSession).where(SandboxSession.key == key))
            return None if row is None else row.report()

    def expire(self, session_ref: str) -> SessionReport:
        with unit_of_work():
            row = _by_ref(session_ref)
            if row is None:
                raise LookupError(f"no session {session_ref}")
            if row.status == "open":
                row.status = "expired"
            return row.report()

    def refund(self, payment_ref: str, amount: Money, key: str) -> RefundReport:
        with unit_of_work() as session:
            known = session.scalar(sa.select(SandboxRefund).where(SandboxRefund.key == key))
            if known is not None:
                return known.report()
            paid = session.scalar(
                sa.select(SandboxSession).where(SandboxSession.payment_ref == payment_ref).with_for_update()
            )
            if standing(payment_ref, lock=True) is not None:
                raise RefundRefused("charge_disputed")
            if paid is None or amount.minor > left_of(paid).minor:
                raise RefundRefused("charge_already_refunded")
            row = SandboxRefund(
                ref="re_" + secrets.token_hex(12),
                key=key,
                payment_ref=payment_ref,
                amount_minor=amount.minor,
                currency=amount.currency,
                status="succeeded",
            )
            session.add(row)
            return row.report()

    def retrieve_refund(self, ref: str) -> RefundReport:
        with unit_of_work(reading=True) as session:
            return session.scalars(sa.select(SandboxRefund).where(SandboxRefund.ref == ref)).one().report()

    def find_refund(self, payment_ref: str, key: str) -> RefundReport | None:
        with unit_of_work(reading=True) as session:
            row = session.scalar(sa.select(SandboxRefund).where(SandboxRefund.key == key))
            return None if row is None else row.report()

    def news(self, since: datetime) -> list[Notice]:
        with unit_of_work(reading=True) as session:
            ended = _opened_since(since).where(SandboxSession.status != "open")
            return [notices.notice(notices.parse(notice_of(row))) for row in session.scalars(ended)]

    def payments(self, since: datetime) -> list[SessionReport]:
        with unit_of_work(reading=True) as session:
            return [row.report() for row in session.scalars(_opened_since(since))]

    def refunds(self, since: datetime) -> list[RefundReport]:
        """The sandbox keeps no dates of refunds: those of the payments it was asked for of late."""
        with unit_of_work(reading=True) as session:
            paid = _opened_since(since).with_only_columns(SandboxSession.payment_ref)
            rows = session.scalars(sa.select(SandboxRefund).where(SandboxRefund.payment_ref.in_(paid)))
            return [row.report() for row in rows]

    def read_notice(self, payload: bytes, signature: str) -> Notice:
        return notices.read(payload, signature, secret=webhook_secret(), livemode=False)

    def trouble(self) -> str:
        return ""


def fingerprint(card: str) -> str:
    return hashlib.sha256(card.encode()).hexdigest()[:16]


# What happens on the provider's page ---------------------------------------------------------------------------------


def pay(ref: str, card: str, *, challenge_passed: bool | None = None) -> str:
    """Try to pay a session with a card; returns ``paid``, ``challenge``, ``over``, or the reason of the decline."""
    row = _by_ref(ref)
    if row is None:
        return "over"
    _lapse(row)
    if row.status != "open":
        return "over"
    if card in DECLINED:
        return DECLINED[card]
    if card in CHALLENGED and challenge_passed is None:
        return "challenge"
    if card in CHALLENGED and not challenge_passed:
        return "authentication_failed"
    brand = (ACCEPTED | CHALLENGED | ACCEPTED_TOO).get(card)
    if brand is None:
        return "incorrect_number"
    row.status, row.paid, row.payment_ref = "complete", True, "pi_" + secrets.token_hex(12)
    row.card_brand, row.card_last_four = brand, card[-4:]
    row.card_fingerprint = fingerprint(card)
    return "paid"


def left_of(row: SandboxSession) -> Money:
    """What of a payment has neither been refunded nor kept by a bank."""
    total = sa.func.coalesce(sa.func.sum(SandboxRefund.amount_minor), 0)
    back = sa.select(total).where(SandboxRefund.payment_ref == row.payment_ref, SandboxRefund.status != "failed")
    gone = int(db.session.scalar(back) or 0) + withdrawn_of(row.payment_ref)
    return row.amount - Money(gone, row.amount.currency)


def notice_of(row: SandboxSession) -> bytes:
    """The webhook's body that tells of a session's present state; the same state has the same event id."""
    kind = "checkout.session.completed" if row.status == "complete" else "checkout.session.expired"
    thing = {
        "id": row.ref,
        "object": "checkout.session",
        "client_reference_id": row.request["reference"],
        "amount_total": row.amount.minor,
        "currency": row.amount.currency.lower(),
        "payment_status": "paid" if row.paid else "unpaid",
        "status": row.status,
        "payment_intent": row.payment_ref,
    }
    event_id = "evt_" + hashlib.sha256(f"{row.ref}:{row.status}".encode()).hexdigest()[:24]
    return notices.write(event_id, kind, thing, created=int(clock.wall().timestamp()))
