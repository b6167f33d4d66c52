"""Chargebacks at the sandbox's provider: what a card's bank may do to a payment, and the evidence it is sent."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from marketplace import clock
from marketplace.database import JSONDocument, Model, db, enum_column, unit_of_work
from marketplace.money import Money
from marketplace.payments import notices
from marketplace.payments.chargeback_models import ASKED, OPEN, ChargebackState
from marketplace.payments.gateway import ChargebackReport, EvidenceRefused, Upload

FEE_MINOR = 1_500
ANSWER_WITHIN = timedelta(days=7)
DECISIONS = ("win", "lose")
BANK_ACTIONS = ("inquire", "charge_back", *DECISIONS)


class SandboxChargeback(Model):
    """A chargeback or inquiry as the sandbox's provider keeps it."""

    __tablename__ = "sandbox_chargebacks"

    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(sa.String(80), unique=True)
    payment_ref: Mapped[str] = mapped_column(sa.String(80), index=True)
    status: Mapped[ChargebackState] = mapped_column(enum_column(ChargebackState))
    amount_minor: Mapped[int] = mapped_column(sa.BigInteger)
    currency: Mapped[str] = mapped_column(sa.String(3))
    withdrawn_minor: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    fee_minor: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    created_at: Mapped[datetime]  # wall time, as the deadline
    due_by: Mapped[datetime]
    evidence: Mapped[dict[str, Any]] = mapped_column(JSONDocument, default=dict)
    answers: Mapped[int] = mapped_column(default=0)

    def report(self) -> ChargebackReport:
        return ChargebackReport(
            ref=self.ref,
            payment_ref=self.payment_ref,
            status=self.status,
            reason="product_not_received",
            amount=Money(self.amount_minor, self.currency),
            withdrawn=Money(self.withdrawn_minor, self.currency),
            fee=Money(self.fee_minor, self.currency),
            due_by=self.due_by,
            answers=self.answers,
        )


class SandboxFile(Model):
    """A file that was handed in as evidence."""

    __tablename__ = "sandbox_files"

    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(sa.String(80), unique=True)
    key: Mapped[str] = mapped_column(sa.String(120), unique=True)
    name: Mapped[str] = mapped_column(sa.String(120))
    bytes_count: Mapped[int]


class SandboxChargebacks:
    """The part of the port that speaks of chargebacks."""

    def retrieve_chargeback(self, ref: str) -> ChargebackReport:
        with unit_of_work(reading=True):
            row = _by_ref(ref)
            if row is None:
                raise LookupError(f"no chargeback {ref}")
            return row.report()

    def chargebacks(self, since: datetime) -> list[ChargebackReport]:
        with unit_of_work(reading=True) as session:
            opened = sa.select(SandboxChargeback).where(SandboxChargeback.created_at >= since)
            return [row.report() for row in session.scalars(opened.order_by(SandboxChargeback.id))]

    def upload_evidence(self, upload: Upload, key: str) -> str:
        with unit_of_work() as session:
            known = session.scalar(sa.select(SandboxFile).where(SandboxFile.key == key))
            if known is not None:
                return known.ref
            ref = "file_" + secrets.token_hex(12)
            session.add(SandboxFile(ref=ref, key=key, name=upload.name, bytes_count=len(upload.content)))
            return ref

    def send_evidence(self, ref: str, evidence: dict[str, str], key: str) -> ChargebackReport:
        with unit_of_work():
            row = _by_ref(ref, lock=True)
            if row is None or row.status not in ASKED:
                raise EvidenceRefused("dispute_not_open")
            is_inquiry = row.status is ChargebackState.INQUIRY
            row.status = ChargebackState.INQUIRY_ANSWERED if is_inquiry else ChargebackState.ANSWERED
            row.evidence, row.answers = evidence, row.answers + 1
            return row.report()


def _by_ref(ref: str, *, lock: bool = False) -> SandboxChargeback | None:
    query = sa.select(SandboxChargeback).where(SandboxChargeback.ref == ref)
    return db.session.scalar(query.with_for_update() if lock else query)


def standing(payment_ref: str | None, *, lock: bool = False) -> SandboxChargeback | None:
    """The one about a payment that the bank has not decided."""
    query = sa.select(SandboxChargeback).where(
        SandboxChargeback.payment_ref == payment_ref, SandboxChargeback.status.in_(OPEN)
    )
    return db.session.scalar(query.with_for_update() if lock else query)


def withdrawn_of(payment_ref: str | None) -> int:
    """What banks have taken of a payment and not given back, in minor units."""
    total = sa.func.coalesce(sa.func.sum(SandboxChargeback.withdrawn_minor), 0)
    return int(db.session.scalar(sa.select(total).where(SandboxChargeback.payment_ref == payment_ref)) or 0)


# What the buyer's bank does ------------------------------------------------------------------------------------------


def play(action: str, payment_ref: str, left: Money) -> list[bytes]:
    """Let the bank ask, take back or decide; returns the webhooks that tell of it, none where it does not fit.

    ``left`` is what is left of the payment: a bank takes no more than that.
    """
    row = standing(payment_ref, lock=True)
    if action in DECISIONS:
        return [] if row is None else _decide(row, action)
    if action == "charge_back" and row is not None and row.status is not ChargebackState.NEEDS_ANSWER:
        return _take(row)
    if row is not None or not left:
        return []
    row = _opened(payment_ref, left)
    told = [notice_of(row, "charge.dispute.created")]
    return told + _take(row) if action == "charge_back" else told


def _opened(payment_ref: str, left: Money) -> SandboxChargeback:
    now = clock.wall().replace(microsecond=0)
    row = SandboxChargeback(
        ref="dp_" + secrets.token_hex(12),
        payment_ref=payment_ref,
        status=ChargebackState.INQUIRY,
        amount_minor=left.minor,
        currency=left.currency,
        withdrawn_minor=0,
        fee_minor=0,
        created_at=now,
        due_by=now + ANSWER_WITHIN,
        evidence={},
        answers=0,
    )
    db.session.add(row)
    db.session.flush()
    return row


def _take(row: SandboxChargeback) -> list[bytes]:
    row.status, row.withdrawn_minor, row.fee_minor = ChargebackState.NEEDS_ANSWER, row.amount_minor, FEE_MINOR
    db.session.flush()
    return [notice_of(row, "charge.dispute.funds_withdrawn"), notice_of(row, "charge.dispute.updated")]


def _decide(row: SandboxChargeback, action: str) -> list[bytes]:
    """An inquiry closes without money; a chargeback is given back, or kept for good. The fee stays with the bank."""
    is_inquiry = row.withdrawn_minor == 0
    if action == "lose":
        told = _take(row) if is_inquiry else []
        row.status = ChargebackState.LOST
    elif is_inquiry:
        row.status, told = ChargebackState.INQUIRY_CLOSED, []
    else:
        row.status, row.withdrawn_minor = ChargebackState.WON, 0
        told = [notice_of(row, "charge.dispute.funds_reinstated")]
    db.session.flush()
    return [*told, notice_of(row, "charge.dispute.closed")]


def notice_of(row: SandboxChargeback, kind: str) -> bytes:
    """The body of a webhook about a chargeback as it stands; the same state of it has the same event id."""
    thing = {
        "id": row.ref,
        "object": "dispute",
        "amount": row.amount_minor,
        "currency": row.currency.lower(),
        "payment_intent": row.payment_ref,
        "status": row.status.value,
    }
    said = f"{row.ref}:{kind}:{row.status}:{row.withdrawn_minor}"
    event_id = "evt_" + hashlib.sha256(said.encode()).hexdigest()[:24]
    return notices.write(event_id, kind, thing, created=int(clock.wall().timestamp()))
