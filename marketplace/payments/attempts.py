"""Payment attempts: opened once a checkout, closed only on the provider's word."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from marketplace import clock, events
from marketplace.database import db, unit_of_work
from marketplace.errors import NotFound
from marketplace.events import PROVIDER
from marketplace.jobs import deadlines, outbox
from marketplace.jobs.alarms import AlarmKind, raise_alarm
from marketplace.money import Money
from marketplace.payments.facts import PaymentCaptured, PaymentExpired
from marketplace.payments.gateway import PaymentPage, SessionReport, gateway
from marketplace.payments.models import AttemptState, PaymentAttempt

CHECK = "payment_check"
CLOSE = "payment_close"
EXPIRY = "payment_expiry"  # deadline: ask the provider what became of an attempt
GRACE = timedelta(minutes=2)  # the provider's own expiry may lag its clock


_OPEN = sa.select(PaymentAttempt).where(  # made once: that costs as much as running it
    PaymentAttempt.checkout_id == sa.bindparam("checkout"),
    PaymentAttempt.state.in_([AttemptState.CREATED, AttemptState.OPEN]),
)


def open_attempt_of(checkout_id: int) -> PaymentAttempt | None:
    """The attempt that stands open for a checkout."""
    return db.session.scalar(_OPEN, {"checkout": checkout_id})


def open_attempt_of_bill(bill_id: int) -> PaymentAttempt | None:
    """The attempt that stands open for a bill."""
    is_open = PaymentAttempt.state.in_([AttemptState.CREATED, AttemptState.OPEN])
    return db.session.scalar(sa.select(PaymentAttempt).where(PaymentAttempt.fee_bill_id == bill_id, is_open))


def captured_of_bill(bill_id: int) -> Sequence[PaymentAttempt]:
    """The attempts at a bill that were paid."""
    paid = (PaymentAttempt.fee_bill_id == bill_id, PaymentAttempt.paid_at.is_not(None))
    return db.session.scalars(sa.select(PaymentAttempt).where(*paid).order_by(PaymentAttempt.id)).all()


def stands_open(checkout_id: Any) -> sa.ColumnElement[bool]:
    """For a query over checkouts: whether an attempt stands open for this one."""
    return (
        sa.select(PaymentAttempt.id)
        .where(
            PaymentAttempt.checkout_id == checkout_id,
            PaymentAttempt.state.in_([AttemptState.CREATED, AttemptState.OPEN]),
        )
        .exists()
    )


def start(
    *,
    checkout_id: int | None = None,
    fee_bill_id: int | None = None,
    amount: Money,
    lines: list[dict[str, Any]],
    email: str,
    return_url: str,
    minutes: int,
    at: datetime,
) -> PaymentAttempt:
    """Write the attempt down with its exact request, before any call.

    ``lines`` are ``{"name", "amount_minor"}``; ``return_url`` is where the provider sends the buyer back to.
    ``minutes`` count on the provider's clock, from the creation (DESIGN.md: 31, as 30 is the provider's minimum).
    """
    key = "PA-" + secrets.token_hex(12)
    expires_at = clock.shared().replace(microsecond=0) + timedelta(minutes=minutes)
    attempt = PaymentAttempt(
        key=key,
        checkout_id=checkout_id,
        fee_bill_id=fee_bill_id,
        state=AttemptState.CREATED,
        amount_minor=amount.minor,
        currency=amount.currency,
        started_at=at,
        expires_at=expires_at,
        request={
            "reference": key,
            "amount_minor": amount.minor,
            "currency": amount.currency,
            "lines": lines,
            "email": email,
            "success_url": return_url,
            "cancel_url": return_url,
            "expires_at": int(expires_at.timestamp()),
        },
    )
    db.session.add(attempt)
    db.session.flush()
    deadlines.set_deadline(EXPIRY, attempt, at + timedelta(minutes=minutes) + GRACE)
    return attempt


def record_page(attempt_id: int, page: PaymentPage, *, at: datetime) -> None:
    """Write down where the buyer pays; the same answer twice, even at once, changes nothing."""
    attempt = db.session.get_one(PaymentAttempt, attempt_id, with_for_update=True, populate_existing=True)
    if attempt.state is AttemptState.CREATED:
        events.transition(
            attempt, "open", by=PROVIDER, at=at, sets={"session_ref": page.session_ref, "page_url": page.url}
        )


def report_misuse(attempt_id: int, *, at: datetime) -> None:
    """The provider knows our key with another request: a fault of ours, which only a person can mend (fault B15)."""
    raise_alarm(AlarmKind.KEY_REUSED, db.session.get_one(PaymentAttempt, attempt_id), at=at)


def apply(attempt: PaymentAttempt, report: SessionReport, *, at: datetime) -> None:
    """Bring an attempt to what the provider says it is. Any order, any repetition (faults B08–B10)."""
    db.session.refresh(attempt, with_for_update=True)  # its word comes by several ways, perhaps at once
    if report.paid:
        _capture(attempt, report, at)
    elif report.status == "expired" and attempt.state in (AttemptState.CREATED, AttemptState.OPEN):
        events.transition(attempt, "expire", by=PROVIDER, at=at)
        deadlines.cancel_deadlines([attempt], EXPIRY, at=at)
        events.announce(PaymentExpired(attempt.id, at))


def _capture(attempt: PaymentAttempt, report: SessionReport, at: datetime) -> None:
    if attempt.state is AttemptState.PAID:
        return
    if report.amount != attempt.amount or report.key != attempt.key:
        # Money that is not the money we asked for is nobody's order until a person has looked (fault B12).
        raise_alarm(AlarmKind.PAYMENT_MISMATCH, attempt, at=at, reported_minor=report.amount.minor)
        return
    events.transition(
        attempt,
        "pay",
        by=PROVIDER,
        at=at,
        sets={
            "paid_at": at,
            "session_ref": report.session_ref,
            "payment_ref": report.payment_ref,
            "card_brand": report.card_brand,
            "card_last_four": report.card_last_four,
            "card_fingerprint": report.card_fingerprint,
        },
    )
    deadlines.cancel_deadlines([attempt], EXPIRY, at=at)
    events.announce(PaymentCaptured(attempt.id, at))


def ask(attempt: PaymentAttempt, *, key: str, at: datetime) -> None:
    """Queue a question to the provider: what has become of this attempt? One question a ``key``."""
    outbox.enqueue(CHECK, key=f"check:{attempt.id}:{key}", subject=attempt, request={"key": attempt.key}, at=at)


def close(attempt: PaymentAttempt, *, key: str, at: datetime) -> None:
    """Queue the closing of an attempt: ended there, then released here, only on expired and unpaid."""
    outbox.enqueue(CLOSE, key=f"close:{attempt.id}:{key}", subject=attempt, request={"key": attempt.key}, at=at)


def close_overdue(attempt_ids: Any, at: datetime) -> None:
    """The deadline's answer: the payment page must be over by now."""
    for attempt in _open_among(attempt_ids):
        close(attempt, key="deadline", at=at)


def _open_among(ids: Any) -> list[PaymentAttempt]:
    return list(
        db.session.scalars(
            sa.select(PaymentAttempt).where(
                PaymentAttempt.id.in_(ids), PaymentAttempt.state.in_([AttemptState.CREATED, AttemptState.OPEN])
            )
        )
    )


def by_session(session_ref: str | None, key: str | None) -> PaymentAttempt | None:
    """The attempt a session of the provider belongs to; by our own key where the session's name never reached us."""
    return db.session.scalar(
        sa.select(PaymentAttempt).where(
            sa.or_(PaymentAttempt.session_ref == session_ref, PaymentAttempt.key == key)
            if session_ref and key
            else PaymentAttempt.session_ref == session_ref
        )
    )


def paid_attempt_of(checkout_id: int) -> PaymentAttempt:
    """The attempt that paid a checkout; raises ``NotFound`` where none did.

    That is the one whose money came first: what another attempt brings later goes back in full.
    """
    attempt = db.session.scalar(
        sa.select(PaymentAttempt)
        .where(PaymentAttempt.checkout_id == checkout_id, PaymentAttempt.state == AttemptState.PAID)
        .order_by(PaymentAttempt.paid_at, PaymentAttempt.id)
        .limit(1)
    )
    if attempt is None:
        raise NotFound()
    return attempt


# The outbox kinds ----------------------------------------------------------------------------------------------------


def ask_provider(attempt: PaymentAttempt, *, ending: bool) -> SessionReport:
    """What the provider says of an attempt now, ended first where ``ending``. Called outside any transaction.

    An attempt the provider has never heard of counts as expired: nobody can pay on a page that was never opened.
    """
    session_ref = attempt.session_ref
    if session_ref is None:
        found = gateway().find(attempt.key, expires_at=attempt.expires_at)
        if found is None:
            return SessionReport("", attempt.key, "expired" if ending else "open", False, attempt.amount)
        session_ref = found.session_ref
    return gateway().expire(session_ref) if ending else gateway().retrieve(session_ref)


class ProviderQuestion:
    """Carries out ``payment_check`` and ``payment_close``: asking is repeatable, so unknown is simply asked again."""

    def __init__(self, *, ending: bool) -> None:
        self._ending = ending

    def perform(self, row: outbox.OutboxRow) -> outbox.Done:
        attempt = _attempt(row)
        report = ask_provider(attempt, ending=self._ending)
        return outbox.Done(
            {
                "session": report.session_ref,
                "status": report.status,
                "paid": report.paid,
                "minor": report.amount.minor,
                "currency": report.amount.currency,
                "key": report.key,
                "payment": report.payment_ref,
                "brand": report.card_brand,
                "last_four": report.card_last_four,
                "fingerprint": report.card_fingerprint,
            }
        )

    def look_up(self, row: outbox.OutboxRow) -> None:
        return None

    def record(self, row: outbox.OutboxRow, outcome: outbox.Done | outbox.Refused, *, at: datetime) -> None:
        said = outcome.answer
        report = SessionReport(
            session_ref=said["session"],
            key=said["key"],
            status=said["status"],
            paid=said["paid"],
            amount=Money(said["minor"], said["currency"]),
            payment_ref=said["payment"],
            card_brand=said["brand"],
            card_last_four=said["last_four"],
            card_fingerprint=said["fingerprint"],
        )
        apply(db.session.get_one(PaymentAttempt, row.subject_id), report, at=at)


def _attempt(row: outbox.OutboxRow) -> PaymentAttempt:
    with unit_of_work(reading=True) as session:
        attempt = session.get_one(PaymentAttempt, row.subject_id)
        session.expunge(attempt)
    return attempt
