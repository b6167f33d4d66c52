"""Transfers that come back by themselves, and those that are taken back because they were paid wrongly (LUX-76)."""

from __future__ import annotations

from datetime import datetime
from typing import cast

import sqlalchemy as sa

from marketplace import events
from marketplace.database import db
from marketplace.events import PROVIDER
from marketplace.jobs import outbox
from marketplace.jobs.alarms import AlarmKind, raise_alarm
from marketplace.jobs.outbox import Done, OutboxRow, Refused
from marketplace.money import Money
from marketplace.payouts import runs
from marketplace.payouts.cash import AccountHost, NotTaken, TransferReport, carrier
from marketplace.payouts.cash_models import PayoutTransfer, TransferState
from marketplace.people.models import Person

CHECK = "transfer_check"
TAKE_BACK = "transfer_take_back"


def _host() -> AccountHost:
    return cast("AccountHost", carrier())


def can_take_back(transfer: PayoutTransfer) -> bool:
    """Whether the carrier can be asked to take it back: one without accounts of its own is told by a person."""
    return carrier().hosts_accounts and transfer.state is TransferState.PAID


def take_back(transfer: PayoutTransfer, *, by: Person, at: datetime) -> None:
    """Ask the carrier to take back what was paid; while it has not answered, asking again is the same question."""
    db.session.refresh(transfer, with_for_update=True)
    PayoutTransfer.machine.next_state(transfer.state, "come_back")  # raises where it has come back, or never arrived
    asked = outbox.rows_of(transfer, TAKE_BACK)
    if any(row.state in outbox.OPEN for row in asked):
        return
    events.record(transfer, "take_back", by=by, at=at)
    request = {"ref": transfer.provider_ref, "amount_minor": transfer.amount_minor, "currency": transfer.currency}
    again = f":{len(asked)}" if asked else ""
    outbox.enqueue(TAKE_BACK, key=f"take-back:{transfer.number}{again}", subject=transfer, request=request, at=at)


class TakingBack:
    """Carries out ``transfer_take_back``: what is no longer there cannot be taken back, and the desk is told."""

    def perform(self, row: OutboxRow) -> Done | Refused:
        amount = Money(row.request["amount_minor"], row.request["currency"])
        try:
            return _answer(_host().take_back(row.request["ref"], amount, row.key))
        except NotTaken as no:
            return Refused(str(no))

    def look_up(self, row: OutboxRow) -> Done | None:
        report = _host().transfer(row.request["ref"])
        return _answer(report) if report.status == "returned" else None

    def record(self, row: OutboxRow, outcome: Done | Refused, *, at: datetime) -> None:
        if isinstance(outcome, Refused):
            transfer = db.session.get_one(PayoutTransfer, row.subject_id)
            raise_alarm(AlarmKind.PAYOUT_REFUSED, transfer.payout, at=at, reason=outcome.reason[:200])
        else:
            _apply(row.subject_id, "returned", at)


def by_ref(ref: str) -> PayoutTransfer | None:
    """The transfer that the carrier knows by ``ref``."""
    return db.session.scalar(sa.select(PayoutTransfer).where(PayoutTransfer.provider_ref == ref))


def ask(transfer: PayoutTransfer, *, key: str, at: datetime) -> None:
    """Queue a question to the carrier: is this transfer still whole? One question a ``key``."""
    request = {"ref": transfer.provider_ref}
    outbox.enqueue(CHECK, key=f"transfer-check:{transfer.number}:{key}", subject=transfer, request=request, at=at)


class TransferQuestion:
    """Carries out ``transfer_check``."""

    def perform(self, row: OutboxRow) -> Done:
        return _answer(_host().transfer(row.request["ref"]))

    def look_up(self, row: OutboxRow) -> None:
        return None

    def record(self, row: OutboxRow, outcome: Done | Refused, *, at: datetime) -> None:
        _apply(row.subject_id, outcome.answer["status"], at)


def _answer(report: TransferReport) -> Done:
    return Done({"ref": report.ref, "status": report.status})


def _apply(transfer_id: int, status: str, at: datetime) -> None:
    """Any order, any repetition: what has come back comes back once. A part of one is for a person to look at."""
    transfer = db.session.get_one(PayoutTransfer, transfer_id, with_for_update=True, populate_existing=True)
    if status == "returned" and transfer.state is TransferState.PAID:
        runs.come_back(transfer, by=PROVIDER, at=at)
    elif status == "partly_returned":
        raise_alarm(AlarmKind.PAYOUT_REFUSED, transfer.payout, at=at, reason="a part of the transfer was taken back")
