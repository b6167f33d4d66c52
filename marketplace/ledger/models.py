"""The rows of the ledger. Triggers refuse UPDATE and DELETE on all of them (see ``ledger.triggers``)."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.database import Model, enum_column
from marketplace.ledger.accounts import Account


class LedgerTransaction(Model):
    """A balanced posting: one cause, one key, two or more entries that sum to zero."""

    __tablename__ = "ledger_transactions"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(sa.String(120), unique=True)
    kind: Mapped[str] = mapped_column(sa.String(40))
    at: Mapped[datetime]
    event_id: Mapped[int] = mapped_column(sa.ForeignKey("events.id"))
    reference: Mapped[str] = mapped_column(sa.String(40))  # the number people see: the order's, the gift card's

    entries: Mapped[list[LedgerEntry]] = relationship(back_populates="transaction", order_by="LedgerEntry.id")


class LedgerEntry(Model):
    """One line: debits are positive, credits negative, in minor units."""

    __tablename__ = "ledger_entries"
    __table_args__ = (sa.CheckConstraint("amount_minor <> 0", name="not_zero"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    transaction_id: Mapped[int] = mapped_column(sa.ForeignKey("ledger_transactions.id"), index=True)
    account: Mapped[Account] = mapped_column(enum_column(Account))
    amount_minor: Mapped[int] = mapped_column(sa.BigInteger)
    currency: Mapped[str] = mapped_column(sa.String(3))
    order_id: Mapped[int | None] = mapped_column(index=True)
    gift_card_id: Mapped[int | None] = mapped_column(index=True)
    store_credit_id: Mapped[int | None] = mapped_column(index=True)

    transaction: Mapped[LedgerTransaction] = relationship(back_populates="entries")


class LedgerSeal(Model):
    """A batch of transactions closed with a hash over their content and the seal before."""

    __tablename__ = "ledger_seals"

    id: Mapped[int] = mapped_column(primary_key=True)
    sealed_at: Mapped[datetime]
    previous_hash: Mapped[str] = mapped_column(sa.String(64))
    hash: Mapped[str] = mapped_column(sa.String(64), unique=True)


class SealedTransaction(Model):
    """Which seal a transaction belongs to. Membership, not a range of ids, so that no writer waits for another."""

    __tablename__ = "ledger_sealed_transactions"

    transaction_id: Mapped[int] = mapped_column(sa.ForeignKey("ledger_transactions.id"), primary_key=True)
    seal_id: Mapped[int] = mapped_column(sa.ForeignKey("ledger_seals.id"), index=True)


APPEND_ONLY = (
    "events",
    "ledger_transactions",
    "ledger_entries",
    "ledger_seals",
    "ledger_sealed_transactions",
    "readings",
)
