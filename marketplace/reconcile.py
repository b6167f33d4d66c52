"""Asking the outside for what never arrived: payments whose webhook was lost, refunds, silent parcels."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa

from marketplace import clock
from marketplace.database import db, unit_of_work
from marketplace.jobs import runner
from marketplace.payments import attempts, looking, refunds
from marketplace.payments.models import AttemptState, PaymentAttempt
from marketplace.shipping import asking

ASK_AFTER = timedelta(minutes=1)


def reconcile() -> dict[str, int]:
    """Ask about everything open, and for everything new; returns how many of each kind there were."""
    asked = {
        "payments": _ask_about_payments(),
        "refunds": _ask_about_refunds(),
        **looking.look(asking=_round()),
        "parcels": asking.poll_tracking(),
    }
    runner.run_until_idle()
    return asked


def _round() -> str:
    """One question of each kind a minute: asking twice at once is harmless, asking for ever is not."""
    return clock.wall().strftime("%Y%m%dT%H%M")


def _ask_about_payments() -> int:
    with unit_of_work():
        at = clock.now()
        rows = db.session.scalars(
            sa.select(PaymentAttempt).where(
                PaymentAttempt.state.in_([AttemptState.CREATED, AttemptState.OPEN]),
                PaymentAttempt.started_at <= at - ASK_AFTER,
            )
        ).all()
        for attempt in rows:
            # Past the provider's own expiry the page is closed there first; before it, we only look.
            question = attempts.close if attempt.expires_at <= clock.wall() else attempts.ask
            question(attempt, key=_round(), at=at)
        return len(rows)


def _ask_about_refunds() -> int:
    waiting = refunds.waiting()
    with unit_of_work():
        at = clock.now()
        for refund in waiting:
            refunds.ask(refund, key=_round(), at=at)
    return len(waiting)
