"""Cash: whose bank account it goes to, what has to be known of them first, and the runs it leaves in."""

from __future__ import annotations

import enum
from datetime import datetime
from typing import Any, ClassVar

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.database import JSONDocument, Model, enum_column
from marketplace.errors import Refusal
from marketplace.events import Machine
from marketplace.jobs import sealing
from marketplace.money import Money
from marketplace.payouts.models import Payout


class TaxStatus(enum.StrEnum):
    """What a seller says of themselves in the tax form (LUX-70)."""

    PRIVATE = "private"
    REGISTERED = "registered"  # for VAT; the number goes along


class BankAccount(Model):
    """Where a person is paid. What could be misused is encrypted; screens show the last four (fault X12)."""

    __tablename__ = "bank_accounts"

    person_id: Mapped[int] = mapped_column(sa.ForeignKey("people.id"), primary_key=True)
    sealed: Mapped[bytes]  # name, account, bank
    last_four: Mapped[str] = mapped_column(sa.String(4))
    changed_at: Mapped[datetime]
    usable_from: Mapped[datetime]  # after the policy's hours of cooling


class BankCode(Model):
    """A code on its way to the mailbox of somebody who wants to change their bank details; kept as its hash."""

    __tablename__ = "bank_codes"

    person_id: Mapped[int] = mapped_column(sa.ForeignKey("people.id"), primary_key=True)
    code_hash: Mapped[str] = mapped_column(sa.String(64))
    made_at: Mapped[datetime]
    tries: Mapped[int] = mapped_column(default=0)


class Wallet(Model):
    """A person's account at a carrier that hosts accounts: its name there, and what is missing in the carrier's words.

    One a person, and of no other: the primary key and the unique name are the promise.
    """

    __tablename__ = "wallets"

    person_id: Mapped[int] = mapped_column(sa.ForeignKey("people.id"), primary_key=True)
    key: Mapped[str] = mapped_column(sa.String(40), unique=True)  # what it was asked for under
    request: Mapped[dict[str, Any]] = mapped_column(JSONDocument)
    wanted_at: Mapped[datetime]  # the database's own time
    was_tried: Mapped[bool] = mapped_column(default=False)
    ref: Mapped[str | None] = mapped_column(sa.String(120), unique=True)
    is_submitted: Mapped[bool] = mapped_column(default=False)
    is_ready: Mapped[bool] = mapped_column(default=False)
    due: Mapped[list[str]] = mapped_column(JSONDocument, default=list)
    pending: Mapped[list[str]] = mapped_column(JSONDocument, default=list)
    disabled: Mapped[str] = mapped_column(sa.String(60), default="")
    bank_ref: Mapped[str | None] = mapped_column(sa.String(120))
    last_four: Mapped[str] = mapped_column(sa.String(4), default="")
    changed_at: Mapped[datetime | None]  # when other bank details were put behind it
    usable_from: Mapped[datetime | None]  # after the policy's hours of cooling
    checked_at: Mapped[datetime | None]

    @property
    def sealed(self) -> bytes:
        """Where money goes, in the shape in which a transfer keeps it."""
        return sealing.seal({"name": "", "account": self.ref or "", "bank": ""})


class PayoutPapers(Model):
    """What has to be known of a person before the first bank transfer (LUX-68, LUX-70)."""

    __tablename__ = "payout_papers"

    person_id: Mapped[int] = mapped_column(sa.ForeignKey("people.id"), primary_key=True)
    tax_status: Mapped[TaxStatus | None] = mapped_column(enum_column(TaxStatus))
    tax_number_sealed: Mapped[bytes | None]
    tax_form_at: Mapped[datetime | None]
    identity_checked_at: Mapped[datetime | None]
    identity_checked_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("people.id"))


class RunState(enum.StrEnum):
    PREPARED = "prepared"
    STARTED = "started"
    CANCELLED = "cancelled"


class RunIsOver(Refusal):
    message = _l("This payout run has been started or cancelled already.")


_R = RunState
RUN = Machine(
    states=RunState,
    table={(_R.PREPARED, "start"): _R.STARTED, (_R.PREPARED, "cancel"): _R.CANCELLED},
    refusals={"start": RunIsOver, "cancel": RunIsOver},
)


class PayoutRun(Model):
    """Bank transfers that leave together, once somebody has looked at them."""

    __tablename__ = "payout_runs"
    machine: ClassVar[Machine] = RUN

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(sa.String(12), unique=True)
    state: Mapped[RunState] = mapped_column(enum_column(RunState), default=RunState.PREPARED)
    currency: Mapped[str] = mapped_column(sa.String(3))
    prepared_by_id: Mapped[int] = mapped_column(sa.ForeignKey("people.id"))
    prepared_at: Mapped[datetime]
    approved_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("people.id"))
    approved_at: Mapped[datetime | None]
    started_at: Mapped[datetime | None]

    transfers: Mapped[list[PayoutTransfer]] = relationship(back_populates="run", order_by="PayoutTransfer.id")

    @property
    def total(self) -> Money:
        return Money(sum(transfer.amount_minor for transfer in self.transfers), self.currency)


class TransferState(enum.StrEnum):
    PLANNED = "planned"  # in a run that has not been started
    SENT = "sent"
    PAID = "paid"
    FAILED = "failed"
    RETURNED = "returned"  # the bank sent it back (LUX-76)
    DROPPED = "dropped"  # the run was cancelled, or its payout has changed since


class TransferIsOver(Refusal):
    message = _l("This transfer is not at that point.")


_T = TransferState
TRANSFER = Machine(
    states=TransferState,
    table={
        (_T.PLANNED, "send"): _T.SENT,
        (_T.PLANNED, "drop"): _T.DROPPED,
        (_T.SENT, "arrive"): _T.PAID,
        (_T.SENT, "fail"): _T.FAILED,
        (_T.PAID, "come_back"): _T.RETURNED,
    },
    refusals=dict.fromkeys(("send", "drop", "arrive", "fail", "come_back"), TransferIsOver),
    owes={"arrive": "transfer_paid", "come_back": "transfer_returned"},
)


class PayoutTransfer(Model):
    """One attempt to pay one payout by bank. The index is the promise that two never run at once."""

    __tablename__ = "payout_transfers"
    machine: ClassVar[Machine] = TRANSFER
    __table_args__ = (
        sa.Index(
            "uq_payout_transfers_open",
            "payout_id",
            unique=True,
            sqlite_where=sa.text("state IN ('planned', 'sent')"),
            postgresql_where=sa.text("state IN ('planned', 'sent')"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(sa.String(12), unique=True)  # also what the bank is told
    run_id: Mapped[int] = mapped_column(sa.ForeignKey("payout_runs.id"), index=True)
    payout_id: Mapped[int] = mapped_column(sa.ForeignKey("payouts.id"), index=True)
    state: Mapped[TransferState] = mapped_column(enum_column(TransferState), default=TransferState.PLANNED)
    amount_minor: Mapped[int] = mapped_column(sa.BigInteger)
    bonus_minor: Mapped[int] = mapped_column(sa.BigInteger, default=0)  # of the amount: what the programme adds
    currency: Mapped[str] = mapped_column(sa.String(3))
    sealed: Mapped[bytes | None]  # the details as they were when it was sent; gone once it has arrived
    last_four: Mapped[str] = mapped_column(sa.String(4))
    provider_ref: Mapped[str | None] = mapped_column(sa.String(120), unique=True)
    sent_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    trouble: Mapped[str | None] = mapped_column(sa.String(200))

    run: Mapped[PayoutRun] = relationship(back_populates="transfers")
    payout: Mapped[Payout] = relationship()

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)


class SandboxTransfer(Model):
    """What the sandbox's bank was asked to do, once a key."""

    __tablename__ = "sandbox_transfers"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(sa.String(40), unique=True)
    amount_minor: Mapped[int] = mapped_column(sa.BigInteger)
    currency: Mapped[str] = mapped_column(sa.String(3))
    last_four: Mapped[str] = mapped_column(sa.String(4))
    is_paid: Mapped[bool]
