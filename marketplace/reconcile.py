"""Asking the outside for what never arrived: payments whose webhook was lost, refunds, silent parcels,
sales on outside marketplaces.

The runner does it every few minutes by itself (``chores``), except for parcels: those have deadlines of their own
(``shipping.watching``). An operator asks about everything at once, and hears what was found, by ``flask reconcile``.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa

from marketplace import clock
from marketplace.channels import asking as channels
from marketplace.database import db, unit_of_work
from marketplace.jobs import runner
from marketplace.payments import attempts, looking, refunds
from marketplace.payments.models import AttemptState, PaymentAttempt, Refund, RefundState
from marketplace.payouts import wallets
from marketplace.shipping import asking

ASK_AFTER = timedelta(minutes=1)

Found = dict[str, list[str]]


def reconcile() -> Found:
    """Ask about everything open, and for everything new; returns the names of what was found, by kind.

    ``unanswered`` are the questions that nobody answered: of those nothing is known.
    """
    payments, waiting = _ask_about_payments(), _ask_about_refunds()
    news = looking.look(asking=_round())
    wallets.ask_about_waiting(key=_round())
    parcels, elsewhere = asking.poll_tracking(), channels.ask()
    runner.run_until_idle()
    return {
        "payments": _ended_payments(payments),
        "refunds": _ended_refunds(waiting),
        "news": news.events,
        "unknown": news.unknown,
        "parcels": parcels.with_news,
        "channels": elsewhere or [],
        "unanswered": news.unanswered + parcels.unanswered + (["channels"] if elsewhere is None else []),
    }


def ask() -> None:
    """One round of the runner's: what comes of it shows in its orders or, where there is none, at the desk."""
    _ask_about_payments()
    _ask_about_refunds()
    looking.look(asking=_round())
    wallets.ask_about_waiting(key=_round())
    channels.ask()


def _round() -> str:
    """One question of each kind a minute: asking twice at once is harmless, asking for ever is not."""
    with unit_of_work(reading=True):
        return clock.shared().strftime("%Y%m%dT%H%M")


def _ask_about_payments() -> list[int]:
    asked = _round()
    with unit_of_work():
        at = clock.now()
        rows = db.session.scalars(
            sa.select(PaymentAttempt).where(
                PaymentAttempt.state.in_([AttemptState.CREATED, AttemptState.OPEN]),
                PaymentAttempt.started_at <= at - ASK_AFTER,
            )
        ).all()
        for attempt in rows:
            _ask_about(attempt, asked, at)
        return [attempt.id for attempt in rows]


def _ask_about(attempt: PaymentAttempt, asked: str, at: datetime) -> None:
    """Past the provider's own expiry the page is closed there first; before it, we only look."""
    question = attempts.close if attempt.expires_at <= clock.shared() else attempts.ask
    question(attempt, key=asked, at=at)


def _ask_about_refunds() -> list[int]:
    waiting, asked = refunds.waiting(), _round()
    with unit_of_work():
        at = clock.now()
        for refund in waiting:
            refunds.ask(refund, key=asked, at=at)
    return [refund.id for refund in waiting]


def _ended_payments(ids: list[int]) -> list[str]:
    """Of the attempts that were asked about, those that have come to an end without our having heard of it."""
    ended = PaymentAttempt.state.not_in([AttemptState.CREATED, AttemptState.OPEN])
    with unit_of_work(reading=True) as session:
        found = session.scalars(sa.select(PaymentAttempt).where(PaymentAttempt.id.in_(ids), ended))
        return [f"{attempt.key} {attempt.state.value}" for attempt in found]


def _ended_refunds(ids: list[int]) -> list[str]:
    with unit_of_work(reading=True) as session:
        found = session.scalars(sa.select(Refund).where(Refund.id.in_(ids), Refund.state != RefundState.REQUESTED))
        return [f"{refund.provider_ref} {refund.state.value}" for refund in found]
