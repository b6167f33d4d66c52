"""Payout runs: what is due by bank, looked at, approved by a second person above a sum, sent, and what comes back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from marketplace import events
from marketplace.database import db, public_id, queue_behind
from marketplace.errors import Refusal
from marketplace.events import PROVIDER, SYSTEM
from marketplace.jobs import outbox
from marketplace.jobs.alarms import AlarmKind, raise_alarm
from marketplace.jobs.outbox import Done, OutboxRow, OutboxState, Refused
from marketplace.ledger import Account, Line, Posting, post
from marketplace.money import Money
from marketplace.payouts import accounts, debts, forms, gates, wallets
from marketplace.payouts.cash import NoCash, TransferReport, TransferWanted, carrier
from marketplace.payouts.cash_models import BankAccount, PayoutRun, PayoutTransfer, RunState, TransferState, Wallet
from marketplace.payouts.facts import CashCameBack, CashSent
from marketplace.payouts.gates import Step
from marketplace.payouts.models import Payout, PayoutForm, PayoutState
from marketplace.payouts.taking_back import PayoutLeaving
from marketplace.people.models import Person
from marketplace.programme import versions

TRANSFER = "bank_transfer"
READY = (PayoutState.DUE, PayoutState.REFUSED)


class NothingDue(Refusal):
    message = _l("Nothing is due that could be paid now.")


class NeedsApproval(Refusal):
    message = _l("A run of this size needs the approval of a second person.")


class NoWayToTheBank(Refusal):
    message = _l("No way of paying by bank transfer has been set up.")


class OwnRun(Refusal):
    message = _l("Whoever prepared a run does not approve it. A colleague has to.")
    status = 403


@dataclass(frozen=True)
class Due:
    """A payout that is due by bank, and what keeps it from being paid."""

    payout: Payout
    person: Person
    missing: list[Step]


def due(*, at: datetime) -> list[Due]:
    """Everything due by bank that is in no run yet, the longest waiting first."""
    waiting = _waiting(Payout, Person).join(Person, Person.id == Payout.seller_id).order_by(Payout.due_at, Payout.id)
    return [Due(payout, person, gates.missing(person.id, at=at)) for payout, person in db.session.execute(waiting)]


def count_due() -> int:
    """How many are due."""
    return db.session.scalar(_waiting(sa.func.count(Payout.id))) or 0


def _waiting(*columns: Any) -> sa.Select[Any]:
    running = sa.select(PayoutTransfer.id).where(
        PayoutTransfer.payout_id == Payout.id, PayoutTransfer.state.in_([TransferState.PLANNED, TransferState.SENT])
    )
    of_bank = (Payout.form == PayoutForm.CASH, Payout.state.in_(READY), ~running.exists())
    return sa.select(*columns).select_from(Payout).where(*of_bank)


def prepare(*, by: Person, at: datetime) -> PayoutRun:
    """Put everything that can be paid into a run. Nothing leaves yet. Raises ``NothingDue``."""
    queue_behind("payout run")  # two who press at once: the second finds nothing left
    ready = [one for one in due(at=at) if not one.missing]
    left = {payout.id for payout in debts.cover([one.payout for one in ready], at=at)}
    ready = [one for one in ready if one.payout.id in left]
    if not ready:
        raise NothingDue()
    run = PayoutRun(
        number=public_id("P"),
        state=RunState.PREPARED,
        currency=ready[0].payout.currency,
        prepared_by_id=by.id,
        prepared_at=at,
    )
    db.session.add(run)
    for one in ready:
        bonus = forms.bonus_of(one.payout)
        account = accounts.account_of(one.person.id)
        run.transfers.append(
            PayoutTransfer(
                number=public_id("N", 10),
                payout=one.payout,
                state=TransferState.PLANNED,
                amount_minor=(one.payout.amount + bonus).minor,
                bonus_minor=bonus.minor,
                currency=one.payout.currency,
                last_four=account.last_four if account else "",
            )
        )
    db.session.flush()
    events.record(run, "prepare", by=by, at=at, minor=run.total.minor)
    return run


def needs_approval(run: PayoutRun) -> bool:
    """Whether its sum is above what one person may send alone."""
    limit = versions.current().policy.payout.cash.approval_above_minor
    return run.approved_at is None and run.total.minor > limit


def approve(run: PayoutRun, *, by: Person, at: datetime) -> None:
    """A second person has looked at the run. Raises ``OwnRun`` for the one who prepared it."""
    db.session.refresh(run, with_for_update=True)
    if by.id == run.prepared_by_id:
        raise OwnRun()
    PayoutRun.machine.next_state(run.state, "start")
    run.approved_by_id, run.approved_at = by.id, at
    events.record(run, "approve", by=by, at=at, minor=run.total.minor)


def cancel(run: PayoutRun, *, by: Person, at: datetime) -> None:
    """Take the run apart: its payouts are due as before."""
    events.transition(run, "cancel", by=by, at=at)
    events.transition_all(run.transfers, "drop", by=by, at=at, sets={"ended_at": at})


def start(run: PayoutRun, *, by: Person, at: datetime) -> None:
    """Send the run. What has changed since it was prepared stays behind. Raises ``NeedsApproval``."""
    db.session.refresh(run, with_for_update=True)
    if needs_approval(run):
        raise NeedsApproval()
    if carrier().name == NoCash.name:
        raise NoWayToTheBank()
    events.transition(run, "start", by=by, at=at, sets={"started_at": at})
    for transfer in run.transfers:
        payout = db.session.get_one(Payout, transfer.payout_id, with_for_update=True, populate_existing=True)
        account = _goes_to(transfer, payout, at=at)
        if account is None:
            events.transition(transfer, "drop", by=by, at=at, sets={"ended_at": at})
            continue
        events.transition(payout, "send", by=by, at=at)
        sealed = {"sealed": account.sealed, "last_four": account.last_four, "sent_at": at}
        events.transition(transfer, "send", by=by, at=at, sets=sealed)
        request = {"number": transfer.number, "amount_minor": transfer.amount_minor, "currency": transfer.currency}
        key = f"{TRANSFER}:{transfer.number}"
        outbox.enqueue(
            TRANSFER,
            key=key,
            subject=transfer,
            request=request,
            at=at,
            secrets=vars(accounts.unsealed(account.sealed)),
        )


def leaving(run: PayoutRun, *, at: datetime) -> list[PayoutTransfer]:
    """What of a prepared run would leave if it were sent now."""
    return [one for one in run.transfers if _goes_to(one, one.payout, at=at) is not None]


def _goes_to(transfer: PayoutTransfer, payout: Payout, *, at: datetime) -> BankAccount | Wallet | None:
    """The account a planned transfer leaves for; None where something has changed since it was planned."""
    is_same = transfer.amount_minor - transfer.bonus_minor == payout.amount_minor
    may_leave = payout.form is PayoutForm.CASH and payout.state in READY and is_same
    if not may_leave or gates.missing(payout.seller_id, at=at):
        return None
    return accounts.account_of(payout.seller_id)


class TransferSending:
    """Carries out a transfer. Its number is the key, at the bank and here."""

    def perform(self, row: OutboxRow) -> Done:
        return _answer(carrier().send(_wanted(row)))

    def look_up(self, row: OutboxRow) -> Done | None:
        report = carrier().find(_wanted(row))
        return None if report is None else _answer(report)

    def record(self, row: OutboxRow, outcome: Done | Refused, *, at: datetime) -> None:
        transfer = db.session.get_one(PayoutTransfer, row.subject_id, with_for_update=True)
        transfer.provider_ref = outcome.answer["ref"]
        status = outcome.answer["status"]
        if status in ("paid", "returned", "partly_returned"):
            arrive(transfer, by=PROVIDER, at=at)
        if status == "returned":
            come_back(transfer, by=PROVIDER, at=at)
        elif status == "failed":
            _fail(transfer, outcome.answer["reason"], at=at)


def _wanted(row: OutboxRow) -> TransferWanted:
    asked, whose = row.request, row.secrets
    amount = Money(asked["amount_minor"], asked["currency"])
    return TransferWanted(asked["number"], amount, whose["name"], whose["account"], whose["bank"])


def _answer(report: TransferReport) -> Done:
    return Done({"ref": report.ref, "status": report.status, "reason": report.reason})


def arrive(transfer: PayoutTransfer, *, by: events.HasActor, at: datetime) -> None:
    """The bank has carried it out: Dr seller payable (and bonus), Cr clearing. The details are forgotten."""
    payout = db.session.get_one(Payout, transfer.payout_id)
    cause = events.transition(transfer, "arrive", by=by, at=at, sets={"ended_at": at, "sealed": None})
    events.transition(payout, "pay", by=by, at=at, sets={"issued_at": at})
    _post("transfer_paid", transfer, payout, cause, at, sign=1)
    events.announce(CashSent(payout.id, transfer.id, at))


def arrive_all(run: PayoutRun, *, by: Person, at: datetime) -> int:
    """The bank has carried out the file: everything of it that is on its way has arrived; returns how many."""
    db.session.refresh(run, with_for_update=True)
    sent = [transfer for transfer in run.transfers if transfer.state is TransferState.SENT]
    for transfer in sent:
        arrive(transfer, by=by, at=at)
    return len(sent)


def _fail(transfer: PayoutTransfer, reason: str, *, at: datetime) -> None:
    payout = db.session.get_one(Payout, transfer.payout_id)
    gone = {"ended_at": at, "sealed": None, "trouble": reason[:200]}
    events.transition(transfer, "fail", by=PROVIDER, at=at, sets=gone)
    events.transition(payout, "refuse", by=SYSTEM, at=at)
    wallet = wallets.wallet_of(payout.seller_id) if carrier().hosts_accounts else None
    if wallet is None:
        _tell(transfer, payout, at=at)
        return
    # No bank has refused its details, so its owner has nothing to mend that the account itself does not say.
    raise_alarm(AlarmKind.PAYOUT_REFUSED, payout, at=at, reason=reason[:200])
    wallets.ask(wallet, key=transfer.number, at=at)


def come_back(transfer: PayoutTransfer, *, by: events.HasActor, at: datetime) -> None:
    """The bank sent the money back, or never took it: the payout is due again, to other details (LUX-76).

    Raises ``PayoutLeaving`` while the bank has not answered whether it takes it: it might be paid once more. A carrier
    that hosts accounts can be asked, so nobody says it in its place even where its tries have been given up.
    """
    db.session.refresh(transfer, with_for_update=True)
    if transfer.state is TransferState.SENT:
        unanswered = (*outbox.OPEN, OutboxState.PARKED) if carrier().hosts_accounts else outbox.OPEN
        if any(row.state in unanswered for row in outbox.rows_of(transfer, TRANSFER)):
            raise PayoutLeaving()
        _fail(transfer, "returned", at=at)
        return
    payout = db.session.get_one(Payout, transfer.payout_id)
    cause = events.transition(transfer, "come_back", by=by, at=at, sets={"ended_at": at})
    events.transition(payout, "come_back", by=by, at=at, sets={"issued_at": None})
    _post("transfer_returned", transfer, payout, cause, at, sign=-1)
    _tell(transfer, payout, at=at)


def _tell(transfer: PayoutTransfer, payout: Payout, *, at: datetime) -> None:
    raise_alarm(AlarmKind.PAYOUT_REFUSED, payout, at=at)
    events.announce(CashCameBack(payout.id, transfer.id, at))


def _post(kind: str, transfer: PayoutTransfer, payout: Payout, cause: events.Event, at: datetime, *, sign: int) -> None:
    bonus = Money(sign * transfer.bonus_minor, transfer.currency)
    amount = Money(sign * transfer.amount_minor, transfer.currency)
    lines = (
        Line(Account.SELLER_PAYABLE, amount - bonus, order_id=payout.order_id),
        Line(Account.PAYOUT_BONUS, bonus),
        Line(Account.CLEARING, -amount, order_id=payout.order_id),
    )
    post(Posting(kind, transfer, cause, at, transfer.number, lines))


def file_of(run: PayoutRun) -> bytes | None:
    """The run as a file for the bank; None where none is handed in, or nothing of it is on its way."""
    wanted = [
        TransferWanted(one.number, one.amount, **vars(accounts.unsealed(one.sealed)))
        for one in run.transfers
        if one.state is TransferState.SENT and one.sealed is not None
    ]
    if not wanted or run.started_at is None:
        return None
    return carrier().file(run.number, wanted, at=run.started_at)


def all_runs() -> Sequence[PayoutRun]:
    """The runs there were, newest first."""
    return db.session.scalars(sa.select(PayoutRun).order_by(PayoutRun.id.desc()).limit(50)).all()


def run_numbered(number: str) -> PayoutRun | None:
    """The run of that number."""
    return db.session.scalar(sa.select(PayoutRun).where(PayoutRun.number == number))
