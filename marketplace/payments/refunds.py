"""Refunds: asked for once, sent through the outbox, ended on the provider's word."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import aliased

from marketplace import events
from marketplace.database import db, unit_of_work
from marketplace.errors import Refusal
from marketplace.events import PROVIDER
from marketplace.jobs import outbox
from marketplace.ledger import Account, Line, Posting, post
from marketplace.money import Money
from marketplace.payments import chargebacks
from marketplace.payments.facts import RefundCompleted, RefundFailed
from marketplace.payments.gateway import RefundRefused, RefundReport, gateway
from marketplace.payments.models import PaymentAttempt, Refund, RefundState

SEND = "refund"
CHECK = "refund_check"
AGAIN = "-again"  # ends the key of a refund in the place of one that failed


class MoreThanPaid(Refusal):
    message = _l("A refund cannot be more than what was paid.")


class HasNotFailed(Refusal):
    message = _l("This refund has not failed: it is on its way, or done.")


def request_refund(
    *, attempt: PaymentAttempt, amount: Money, reason: str, key: str, reference: str, order_id: int | None, at: datetime
) -> Refund:
    """Write a refund down and queue it. What is refunded in all never exceeds what was paid (GAP-13, fault B16).

    What a bank has taken counts as refunded; while it has not decided, ``ChargebackOpen`` is raised (fault B18).
    ``key`` makes it one refund however often it is asked for; ``reference`` is the number people see.
    """
    db.session.execute(  # One refund of a payment at a time: the sum below must not be overtaken.
        sa.select(PaymentAttempt.id).where(PaymentAttempt.id == attempt.id).with_for_update()
    )
    known = db.session.scalar(sa.select(Refund).where(Refund.key == key))
    if known is not None:
        return known
    chargebacks.check_refundable(attempt)
    promised = db.session.scalar(
        sa.select(sa.func.coalesce(sa.func.sum(Refund.amount_minor), 0)).where(
            Refund.attempt_id == attempt.id, Refund.state != RefundState.FAILED
        )
    )
    if (
        amount.currency != attempt.currency
        or amount.minor <= 0
        or int(promised or 0) + chargebacks.taken_by_banks(attempt.id) + amount.minor > attempt.amount_minor
    ):
        raise MoreThanPaid()
    refund = Refund(
        key=key,
        attempt_id=attempt.id,
        order_id=order_id,
        state=RefundState.REQUESTED,
        amount_minor=amount.minor,
        currency=amount.currency,
        reason=reason,
        requested_at=at,
    )
    db.session.add(refund)
    db.session.flush()
    request = {
        "payment": attempt.payment_ref,
        "amount_minor": amount.minor,
        "currency": amount.currency,
        "reference": reference,
    }
    outbox.enqueue(SEND, key=f"refund:{key}", subject=refund, request=request, at=at)
    return refund


def send_again(refund: Refund, *, at: datetime) -> Refund:
    """Another refund in the place of one that failed, once its cause is mended; the same however often it is asked.

    Raises ``HasNotFailed``.
    """
    if refund.state is not RefundState.FAILED:
        raise HasNotFailed()
    return request_refund(
        attempt=db.session.get_one(PaymentAttempt, refund.attempt_id),
        amount=refund.amount,
        reason=refund.reason,
        key=f"{refund.key}{AGAIN}",
        reference=_reference(refund),
        order_id=refund.order_id,
        at=at,
    )


def failed_of(order_id: int) -> list[Refund]:
    """The refunds of an order that failed and were not sent again, oldest first."""
    again = aliased(Refund)
    replaced = sa.select(again.id).where(again.key == Refund.key + AGAIN)
    query = sa.select(Refund).where(Refund.order_id == order_id, Refund.state == RefundState.FAILED, ~replaced.exists())
    return list(db.session.scalars(query.order_by(Refund.id)))


def of_attempt(attempt_id: int) -> list[Refund]:
    """Everything that was ever asked for to go back of a payment."""
    return list(db.session.scalars(sa.select(Refund).where(Refund.attempt_id == attempt_id)))


def trouble_of(refund: Refund) -> str:
    """Why a refund was refused, in the provider's words; empty where it was not."""
    sent = outbox.rows_of(refund, SEND)
    return (sent[-1].trouble or "") if sent and sent[-1].state is outbox.OutboxState.REFUSED else ""


def on_their_way(order_id: int) -> int:
    """What has been asked for of an order and has not ended, in minor units."""
    total = sa.select(sa.func.coalesce(sa.func.sum(Refund.amount_minor), 0))
    return int(db.session.scalar(total.filter_by(order_id=order_id, state=RefundState.REQUESTED)) or 0)


def _reference(refund: Refund) -> str:
    """The number people see, as it was given when the refund was asked for."""
    [sent] = outbox.rows_of(refund, SEND)
    return str(sent.request["reference"])


def apply(refund: Refund, report: RefundReport, *, reference: str, at: datetime) -> None:
    """Bring a refund to what the provider says it is."""
    refund.provider_ref = report.ref
    if report.status == "succeeded" and refund.state is RefundState.REQUESTED:
        event = events.transition(refund, "complete", by=PROVIDER, at=at, sets={"ended_at": at})
        _post("refund_paid", refund, event, reference, at, sign=1)
        events.announce(RefundCompleted(refund.id, at))
    elif report.status == "failed" and refund.state is RefundState.REQUESTED:
        _fail(refund, at)
    elif report.status == "failed" and refund.state is RefundState.DONE:
        event = events.transition(refund, "bounce", by=PROVIDER, at=at, sets={"ended_at": at})
        _post("refund_bounced", refund, event, reference, at, sign=-1)
        events.announce(RefundFailed(refund.id, True, at))


def _fail(refund: Refund, at: datetime, why: str = "") -> None:
    events.transition(refund, "fail", by=PROVIDER, at=at, sets={"ended_at": at})
    events.announce(RefundFailed(refund.id, False, at, why))


def _post(kind: str, refund: Refund, event: events.Event, reference: str, at: datetime, *, sign: int) -> None:
    """Dr refund payable, Cr clearing when the money has left; the reverse when it comes back."""
    amount = Money(sign * refund.amount_minor, refund.currency)
    lines = (
        Line(Account.REFUND_PAYABLE, amount, order_id=refund.order_id),
        Line(Account.CLEARING, -amount, order_id=refund.order_id),
    )
    post(Posting(kind, refund, event, at, reference, lines))


def by_provider_ref(ref: str) -> Refund | None:
    """The refund the provider knows by ``ref``."""
    return db.session.scalar(sa.select(Refund).where(Refund.provider_ref == ref))


def ask(refund: Refund, *, key: str, at: datetime) -> None:
    """Queue a question to the provider: what has become of this refund?"""
    request = {"ref": refund.provider_ref, "reference": _reference(refund)}
    outbox.enqueue(CHECK, key=f"refund-check:{refund.id}:{key}", subject=refund, request=request, at=at)


class RefundSending:
    """Carries out ``refund``: the provider's idempotency key is the row's own."""

    def perform(self, row: outbox.OutboxRow) -> outbox.Done | outbox.Refused:
        amount = Money(row.request["amount_minor"], row.request["currency"])
        try:
            return _answer(gateway().refund(row.request["payment"], amount, row.key))
        except RefundRefused as no:
            return outbox.Refused(str(no))

    def look_up(self, row: outbox.OutboxRow) -> outbox.Done | None:
        report = gateway().find_refund(row.request["payment"], row.key)
        return None if report is None else _answer(report)

    def record(self, row: outbox.OutboxRow, outcome: outbox.Done | outbox.Refused, *, at: datetime) -> None:
        refund = db.session.get_one(Refund, row.subject_id, with_for_update=True)
        if isinstance(outcome, outbox.Refused):
            _fail(refund, at, outcome.reason)
        else:
            apply(refund, _report(outcome), reference=row.request["reference"], at=at)


class RefundQuestion:
    """Carries out ``refund_check``."""

    def perform(self, row: outbox.OutboxRow) -> outbox.Done:
        return _answer(gateway().retrieve_refund(row.request["ref"]))

    def look_up(self, row: outbox.OutboxRow) -> None:
        return None

    def record(self, row: outbox.OutboxRow, outcome: outbox.Done | outbox.Refused, *, at: datetime) -> None:
        refund = db.session.get_one(Refund, row.subject_id, with_for_update=True)
        apply(refund, _report(outcome), reference=row.request["reference"], at=at)


def _answer(report: RefundReport) -> outbox.Done:
    amount = report.amount
    return outbox.Done({"ref": report.ref, "status": report.status, "minor": amount.minor, "currency": amount.currency})


def _report(outcome: outbox.Done | outbox.Refused) -> RefundReport:
    said = outcome.answer
    return RefundReport(said["ref"], said["status"], Money(said["minor"], said["currency"]))


def waiting() -> list[Refund]:
    """Refunds the provider has taken on but not ended, for the reconciler."""
    with unit_of_work(reading=True) as session:
        query = sa.select(Refund).where(Refund.state == RefundState.REQUESTED, Refund.provider_ref.is_not(None))
        return list(session.scalars(query))
