"""Payment attempts and refunds: what we asked of the payment provider, and what came of it."""

from __future__ import annotations

import enum
from datetime import datetime
from typing import Any, ClassVar

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.database import JSONDocument, Model, enum_column
from marketplace.errors import Refusal
from marketplace.events import Machine
from marketplace.money import Money


class AttemptState(enum.StrEnum):
    CREATED = "created"  # our row is there; the provider may or may not have heard of it
    OPEN = "open"
    PAID = "paid"
    EXPIRED = "expired"


class CannotUseAttempt(Refusal):
    message = _l("This payment is no longer open.")


_A = AttemptState
ATTEMPT = Machine(
    states=AttemptState,
    table={
        (_A.CREATED, "open"): _A.OPEN,
        (_A.CREATED, "pay"): _A.PAID,
        (_A.OPEN, "pay"): _A.PAID,
        (_A.EXPIRED, "pay"): _A.PAID,  # the provider's word that money arrived outweighs ours that it would not
        (_A.CREATED, "expire"): _A.EXPIRED,
        (_A.OPEN, "expire"): _A.EXPIRED,
    },
    refusals={"open": CannotUseAttempt, "pay": CannotUseAttempt, "expire": CannotUseAttempt},
)


class PaymentAttempt(Model):
    """One payment session of a checkout, or of a bill. At most one stands open; its request is stored before a call."""

    __tablename__ = "payment_attempts"
    machine: ClassVar[Machine] = ATTEMPT
    __table_args__ = (
        sa.Index(
            "uq_payment_attempts_open",
            "checkout_id",
            unique=True,
            sqlite_where=sa.text("state IN ('created', 'open')"),
            postgresql_where=sa.text("state IN ('created', 'open')"),
        ),
        sa.Index(
            "uq_payment_attempts_open_bill",
            "fee_bill_id",
            unique=True,
            sqlite_where=sa.text("state IN ('created', 'open')"),
            postgresql_where=sa.text("state IN ('created', 'open')"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(sa.String(40), unique=True)  # idempotency key, also the client reference
    checkout_id: Mapped[int | None] = mapped_column(sa.ForeignKey("checkouts.id"), index=True)  # empty: it is for a fee
    fee_bill_id: Mapped[int | None] = mapped_column(sa.ForeignKey("fee_bills.id"))
    state: Mapped[AttemptState] = mapped_column(enum_column(AttemptState), default=AttemptState.CREATED)
    request: Mapped[dict[str, Any]] = mapped_column(JSONDocument)
    amount_minor: Mapped[int] = mapped_column(sa.BigInteger)
    currency: Mapped[str] = mapped_column(sa.String(3))
    started_at: Mapped[datetime]
    expires_at: Mapped[datetime]  # the provider's clock: wall time
    session_ref: Mapped[str | None] = mapped_column(sa.String(120), unique=True)
    payment_ref: Mapped[str | None] = mapped_column(sa.String(120), index=True)
    page_url: Mapped[str | None] = mapped_column(sa.String(2000))
    paid_at: Mapped[datetime | None]
    card_brand: Mapped[str | None] = mapped_column(sa.String(20))
    card_last_four: Mapped[str | None] = mapped_column(sa.String(4))
    card_fingerprint: Mapped[str | None] = mapped_column(sa.String(64), index=True)

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)


class RefundState(enum.StrEnum):
    REQUESTED = "requested"
    DONE = "done"
    FAILED = "failed"


class CannotEndRefund(Refusal):
    message = _l("This refund has ended already.")


_R = RefundState
REFUND = Machine(
    states=RefundState,
    table={
        (_R.REQUESTED, "complete"): _R.DONE,
        (_R.REQUESTED, "fail"): _R.FAILED,
        (_R.DONE, "bounce"): _R.FAILED,  # a provider's refund can come back days later
    },
    refusals={"complete": CannotEndRefund, "fail": CannotEndRefund, "bounce": CannotEndRefund},
    owes={"complete": "refund_paid", "bounce": "refund_bounced"},
)


class Refund(Model):
    """Money on its way back to the buyer. Several may exist for one payment; together they never exceed it.

    A failed refund stays failed; trying again is another refund.
    """

    __tablename__ = "refunds"
    machine: ClassVar[Machine] = REFUND

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(sa.String(60), unique=True)
    attempt_id: Mapped[int] = mapped_column(sa.ForeignKey("payment_attempts.id"), index=True)
    order_id: Mapped[int | None] = mapped_column(sa.ForeignKey("orders.id"), index=True)  # empty: the whole payment
    state: Mapped[RefundState] = mapped_column(enum_column(RefundState), default=RefundState.REQUESTED)
    amount_minor: Mapped[int] = mapped_column(sa.BigInteger)
    currency: Mapped[str] = mapped_column(sa.String(3))
    reason: Mapped[str] = mapped_column(sa.String(40))
    requested_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    provider_ref: Mapped[str | None] = mapped_column(sa.String(120), unique=True)

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)


class ProviderLook(Model):
    """How far we have looked at what the provider says has happened."""

    __tablename__ = "provider_looks"

    source: Mapped[str] = mapped_column(sa.String(20), primary_key=True)
    looked_at: Mapped[datetime]  # the database's own time


class UnknownMoney(Model):
    """A payment or a refund at the provider that nobody here asked for: a person must find out whose it is."""

    __tablename__ = "unknown_money"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(sa.String(20))  # payment, refund
    ref: Mapped[str] = mapped_column(sa.String(120), unique=True)
    amount_minor: Mapped[int] = mapped_column(sa.BigInteger)
    currency: Mapped[str] = mapped_column(sa.String(3))
    found_at: Mapped[datetime]
