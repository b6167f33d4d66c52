"""Chargebacks: the provider is asked what a bank says, its money is followed, our evidence goes out once (B18)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from marketplace import clock, events
from marketplace.database import db, insert_new, public_id, unit_of_work
from marketplace.errors import Refusal
from marketplace.events import PROVIDER
from marketplace.jobs import outbox
from marketplace.many_rows import among
from marketplace.money import Money
from marketplace.payments.chargeback_models import (
    ACTION_TO,
    ASKED,
    CHARGEBACK,
    OPEN,
    CannotAnswerBank,
    Chargeback,
    ChargebackState,
    EvidenceFile,
)
from marketplace.payments.facts import ChargebackOpened, ChargebackReported
from marketplace.payments.gateway import ChargebackReport, EvidenceRefused, Upload, gateway
from marketplace.payments.models import PaymentAttempt

CHECK = "chargeback_check"
EVIDENCE = "chargeback_evidence"


class ChargebackOpen(Refusal):
    message = _l("The buyer's bank is looking into this payment. Until it has decided nothing can be refunded.")


def check_refundable(attempt: PaymentAttempt) -> None:
    """Raise ``ChargebackOpen`` while a bank has this payment in its hands: it may give it back itself (B18)."""
    if open_of(attempt.id) is not None:
        raise ChargebackOpen()


def open_of(attempt_id: int) -> Chargeback | None:
    """The chargeback or inquiry about a payment that the bank has not decided."""
    query = sa.select(Chargeback).where(Chargeback.attempt_id == attempt_id, Chargeback.state.in_(OPEN))
    return db.session.scalar(query.order_by(Chargeback.id).limit(1))


def is_open_for(checkout_id: int) -> bool:
    """Whether a bank has the payment of a checkout in its hands."""
    paid = sa.select(PaymentAttempt.id).where(PaymentAttempt.checkout_id == checkout_id)
    query = sa.select(Chargeback.id).where(Chargeback.attempt_id.in_(paid), Chargeback.state.in_(OPEN))
    return db.session.scalar(query.limit(1)) is not None


def stopping_among(checkout_ids: Sequence[int]) -> set[int]:
    """Those of these checkouts whose payouts are kept back, in one question.

    The bank has not decided about their payment, or the desk has not said what follows from it.
    """
    states = (*OPEN, ChargebackState.LOST)
    query = sa.select(PaymentAttempt.checkout_id).join(Chargeback, Chargeback.attempt_id == PaymentAttempt.id)
    standing = query.where(Chargeback.state.in_(states), among(PaymentAttempt.checkout_id, checkout_ids))
    return set(db.session.scalars(standing))


def taken_by_banks(attempt_id: int) -> int:
    """What banks have taken of a payment and not given back, in minor units: it is never refunded as well."""
    query = sa.select(sa.func.coalesce(sa.func.sum(Chargeback.withdrawn_minor), 0))
    return int(db.session.scalar(query.where(Chargeback.attempt_id == attempt_id)) or 0)


# What the provider says ----------------------------------------------------------------------------------------------


def ask(ref: str, attempt: PaymentAttempt, *, key: str, at: datetime) -> None:
    """Queue a question to the provider: what does the bank say now? One question a ``key``."""
    outbox.enqueue(CHECK, key=f"chargeback-check:{ref}:{key}"[:120], subject=attempt, request={"ref": ref}, at=at)


def apply(attempt: PaymentAttempt, report: ChargebackReport, *, at: datetime) -> Chargeback:
    """Bring a chargeback to what the provider says it is; any order, any repetition.

    Whoever is concerned hears of it in the same transaction: first that there is one, then where it stands.
    """
    db.session.execute(sa.select(PaymentAttempt.id).where(PaymentAttempt.id == attempt.id).with_for_update())
    state = ChargebackState(report.status)
    row = {
        "number": public_id("B"),
        "ref": report.ref,
        "attempt_id": attempt.id,
        "state": state,
        "reason": report.reason[:60],
        "amount_minor": report.amount.minor,
        "currency": report.amount.currency,
        "opened_at": at,
        "due_by": report.due_by,
    }
    is_new = db.session.scalar(insert_new(Chargeback).values(**row).returning(Chargeback.id)) is not None
    mine = sa.select(Chargeback).where(Chargeback.ref == report.ref).with_for_update()
    chargeback = db.session.scalars(mine.execution_options(populate_existing=True)).one()
    if is_new:
        events.record(chargeback, "open", by=PROVIDER, at=at, minor=report.amount.minor)
        events.announce(ChargebackOpened(chargeback.id, at))
    elif state is not chargeback.state and CHARGEBACK.allows(chargeback.state, ACTION_TO[state]):
        chargeback.due_by = report.due_by
        events.transition(chargeback, ACTION_TO[state], by=PROVIDER, at=at)
    events.announce(ChargebackReported(chargeback.id, report.withdrawn.minor, report.fee.minor, at))
    return chargeback


class ChargebackQuestion:
    """Carries out ``chargeback_check``: asking is repeatable, so unknown is simply asked again."""

    def perform(self, row: outbox.OutboxRow) -> outbox.Done:
        return outbox.Done(_said(gateway().retrieve_chargeback(row.request["ref"])))

    def look_up(self, row: outbox.OutboxRow) -> None:
        return None

    def record(self, row: outbox.OutboxRow, outcome: outbox.Done | outbox.Refused, *, at: datetime) -> None:
        apply(db.session.get_one(PaymentAttempt, row.subject_id), _report(outcome.answer), at=at)


def _said(report: ChargebackReport) -> dict[str, Any]:
    return {
        "ref": report.ref,
        "payment": report.payment_ref,
        "status": report.status,
        "reason": report.reason,
        "minor": report.amount.minor,
        "currency": report.amount.currency,
        "withdrawn": report.withdrawn.minor,
        "fee": report.fee.minor,
        "due_by": report.due_by.isoformat() if report.due_by else None,
        "answers": report.answers,
    }


def _report(said: dict[str, Any]) -> ChargebackReport:
    currency = said["currency"]
    return ChargebackReport(
        ref=said["ref"],
        payment_ref=said["payment"],
        status=said["status"],
        reason=said["reason"],
        amount=Money(said["minor"], currency),
        withdrawn=Money(said["withdrawn"], currency),
        fee=Money(said["fee"], currency),
        due_by=datetime.fromisoformat(said["due_by"]) if said["due_by"] else None,
        answers=said["answers"],
    )


# What we answer ------------------------------------------------------------------------------------------------------


def send_evidence(chargeback: Chargeback, texts: dict[str, str], *, by: events.HasActor, at: datetime) -> None:
    """Send what speaks for the sale: the texts, and every file that was added. It goes once; the bank reads no second.

    Raises ``CannotAnswerBank`` where the bank does not wait, its day has passed, or the evidence has gone.
    """
    db.session.refresh(chargeback, with_for_update=True)
    if not can_answer(chargeback):
        raise CannotAnswerBank()
    chargeback.evidence = {field: words for field, words in texts.items() if words}
    chargeback.sent_at = at
    events.record(chargeback, "send_evidence", by=by, at=at)
    request = {"ref": chargeback.ref, "texts": chargeback.evidence, "files": [file.id for file in chargeback.files]}
    outbox.enqueue(EVIDENCE, key=f"evidence:{chargeback.number}", subject=chargeback, request=request, at=at)


def can_answer(chargeback: Chargeback) -> bool:
    """Whether the bank waits for evidence, and none has gone."""
    in_time = chargeback.due_by is None or clock.wall() < chargeback.due_by
    return chargeback.state in ASKED and chargeback.sent_at is None and in_time


class EvidenceSending:
    """Carries out ``chargeback_evidence``: each file under a key of its own, then all of it at once under the row's."""

    def perform(self, row: outbox.OutboxRow) -> outbox.Done | outbox.Refused:
        try:
            uploaded = {
                upload.proves: gateway().upload_evidence(upload, f"{row.key}:{upload.id}") for upload in _uploads(row)
            }
            report = gateway().send_evidence(row.request["ref"], {**row.request["texts"], **uploaded}, row.key)
        except EvidenceRefused as no:
            return outbox.Refused(str(no))
        return outbox.Done(_said(report))

    def look_up(self, row: outbox.OutboxRow) -> outbox.Done | None:
        report = gateway().retrieve_chargeback(row.request["ref"])
        return outbox.Done(_said(report)) if report.answers else None

    def record(self, row: outbox.OutboxRow, outcome: outbox.Done | outbox.Refused, *, at: datetime) -> None:
        chargeback = db.session.get_one(Chargeback, row.subject_id)
        if isinstance(outcome, outbox.Refused):
            chargeback.sent_at = None
            events.record(chargeback, "evidence_refused", by=PROVIDER, at=at)
        else:
            attempt = db.session.get_one(PaymentAttempt, chargeback.attempt_id)
            apply(attempt, _report(outcome.answer), at=at)


def _uploads(row: outbox.OutboxRow) -> list[Upload]:
    with unit_of_work(reading=True) as session:
        files = session.scalars(sa.select(EvidenceFile).where(EvidenceFile.id.in_(row.request["files"])))
        return [Upload(file.id, file.field, file.name, file.media_type, file.content) for file in files]


def by_ref(ref: str) -> Chargeback | None:
    """The chargeback the provider knows by ``ref``."""
    return db.session.scalar(sa.select(Chargeback).where(Chargeback.ref == ref))


def attempt_of(payment_ref: str) -> PaymentAttempt | None:
    """The attempt whose payment the provider knows by that name."""
    return db.session.scalar(sa.select(PaymentAttempt).where(PaymentAttempt.payment_ref == payment_ref))
