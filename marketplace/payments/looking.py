"""What the provider says has happened since we last looked: webhooks that never came, and money nobody here knows of.

Events go into the inbox, where those that did arrive are known already. Sessions and refunds are held against our own:
what is ours and further along there is asked about, what is not ours becomes an alarm (faults B07, B10).
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import sqlalchemy as sa

from marketplace import clock
from marketplace.database import db, insert_new, unit_of_work
from marketplace.jobs.alarms import AlarmKind, raise_alarm
from marketplace.jobs.outbox import NotDone, OutboxRow, OutcomeUnknown
from marketplace.money import Money, format_money
from marketplace.payments import attempts, chargebacks, refunds, webhooks
from marketplace.payments.gateway import ChargebackReport, RefundReport, SessionReport, gateway
from marketplace.payments.models import AttemptState, ProviderLook, Refund, RefundState, UnknownMoney

log = logging.getLogger(__name__)

OVERLAP = timedelta(hours=2)  # a page may be paid long after it was opened; what is seen twice changes nothing
FIRST_LOOK = timedelta(days=3)


@dataclass(frozen=True)
class News:
    """What a look brought: events nobody had told us of, money nobody here asked for, and who did not answer."""

    events: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    unanswered: list[str] = field(default_factory=list)


def look(*, asking: str) -> News:
    """Look once; ``asking`` names the round of questions.

    A provider that cannot be reached is looked at next time, from where we were.
    """
    began, since = _times()
    try:
        news, paid = gateway().news(since), gateway().payments(since)
        given_back, disputed = gateway().refunds(since), gateway().chargebacks(since)
    except (NotDone, OutcomeUnknown) as trouble:
        log.warning("the payment provider could not be asked for news", extra={"reason": str(trouble)[:200]})
        return News(unanswered=["the payment provider"])
    with unit_of_work():
        at = clock.now()
        unheard = [notice.id for notice in news if webhooks.store(notice, at=at)]
        unknown = [_named(report) for report in paid if report.paid and _compare_payment(report, asking, at)]
        unknown += [_named(report) for report in given_back if _compare_refund(report, asking, at)]
        unknown += [_named(report) for report in disputed if _compare_chargeback(report, asking, at)]
        _remember(began)
    return News(unheard, unknown)


def _named(report: SessionReport | RefundReport | ChargebackReport) -> str:
    ref = report.session_ref if isinstance(report, SessionReport) else report.ref
    return f"{ref} {format_money(report.amount)}"


def _times() -> tuple[datetime, datetime]:
    """Now, and since when we must look."""
    with unit_of_work(reading=True) as session:
        now = clock.shared()
        last = session.scalar(sa.select(ProviderLook.looked_at).where(ProviderLook.source == webhooks.SOURCE))
    return now, now - FIRST_LOOK if last is None else last - OVERLAP


def _remember(moment: datetime) -> None:
    """Keep how far we have looked; of two who look at once, either will do."""
    db.session.execute(insert_new(ProviderLook).values(source=webhooks.SOURCE, looked_at=moment))
    mine = sa.update(ProviderLook).where(ProviderLook.source == webhooks.SOURCE)
    db.session.execute(mine.values(looked_at=moment))


def _compare_payment(report: SessionReport, asking: str, at: datetime) -> bool:
    """Whether this is money that came to no attempt of ours."""
    attempt = attempts.by_session(report.session_ref, report.key)
    if attempt is None:
        return _unknown("payment", report.session_ref, report.amount, at)
    if attempt.state is not AttemptState.PAID:
        attempts.ask(attempt, key=asking, at=at)
    return False


def _compare_refund(report: RefundReport, asking: str, at: datetime) -> bool:
    """Whether this is money that went back without our asking."""
    refund = refunds.by_provider_ref(report.ref)
    if refund is not None:
        if _is_further_there(refund, report):
            refunds.ask(refund, key=asking, at=at)
        return False
    asked = report.key and db.session.scalar(sa.select(OutboxRow.id).where(OutboxRow.key == report.key))
    return not asked and _unknown("refund", report.ref, report.amount, at)


def _compare_chargeback(report: ChargebackReport, asking: str, at: datetime) -> bool:
    """Whether a bank takes back what never came to us."""
    attempt = chargebacks.attempt_of(report.payment_ref) if report.payment_ref else None
    if attempt is None:
        return _unknown("chargeback", report.ref, report.amount, at)
    known = chargebacks.by_ref(report.ref)
    if known is None or known.state != report.status or known.withdrawn_minor != report.withdrawn.minor:
        chargebacks.ask(report.ref, attempt, key=asking, at=at)
    return False


def _is_further_there(refund: Refund, report: RefundReport) -> bool:
    expected = {"succeeded": RefundState.DONE, "failed": RefundState.FAILED, "pending": refund.state}
    return refund.state is not expected[report.status] and refund.state is not RefundState.FAILED


def _unknown(kind: str, ref: str, amount: Money, at: datetime) -> bool:
    """Write unknown money down and tell the desk, once; returns whether it is new."""
    row = {"kind": kind, "ref": ref, "amount_minor": amount.minor, "currency": amount.currency, "found_at": at}
    found: UnknownMoney | None = db.session.scalar(insert_new(UnknownMoney).values(**row).returning(UnknownMoney))
    if found is None:
        return False
    raise_alarm(AlarmKind.UNKNOWN_MONEY, found, at=at, kind_of_money=kind, ref=ref, minor=amount.minor)
    return True
