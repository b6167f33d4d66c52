"""Who is waited for in a bank's case, until when, and what silence leads to: one answer a state."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from marketplace import clock, events
from marketplace.database import db
from marketplace.disputes.states import Silence, WaitingOn
from marketplace.events import SYSTEM
from marketplace.jobs import deadlines
from marketplace.payments import chargebacks
from marketplace.payments.chargeback_models import ASKED, Chargeback, ChargebackState
from marketplace.payments.models import PaymentAttempt
from marketplace.programme import versions

DUE = "chargeback_due"
ASK_AGAIN = timedelta(days=7)  # a bank takes weeks; what its webhook does not tell us is asked for
LATE = timedelta(days=1)

_S = ChargebackState
SILENCE: dict[ChargebackState, Silence] = {
    _S.INQUIRY: Silence(WaitingOn.DESK, _l("After that the bank may take the payment back without our answer.")),
    _S.NEEDS_ANSWER: Silence(WaitingOn.DESK, _l("After that the bank decides without our evidence.")),
    _S.INQUIRY_ANSWERED: Silence(WaitingOn.BANK, _l("Then we ask what it has decided.")),
    _S.ANSWERED: Silence(WaitingOn.BANK, _l("Then we ask what it has decided.")),
    _S.LOST: Silence(WaitingOn.DESK, _l("If that is not kept, a new date is set here. Silence decides nothing.")),
}


def wait(chargeback: Chargeback, *, at: datetime) -> None:
    """Set the deadline of the state it is in now, in the place of any other."""
    chargeback.due_at = _due_at(chargeback, at)
    deadlines.set_deadline(DUE, chargeback, chargeback.due_at)


def wait_no_more(chargeback: Chargeback, *, at: datetime) -> None:
    """It is over: nobody is waited for."""
    chargeback.due_at, chargeback.ended_at = None, at
    deadlines.cancel_deadlines([chargeback], DUE, at=at)


def _due_at(chargeback: Chargeback, at: datetime) -> datetime:
    """The provider's own deadline, which is wall time, as a moment of ours; else our own pace."""
    if chargeback.state in ASKED and chargeback.due_by is not None:
        left = chargeback.due_by - clock.wall()
        return at + left if left > timedelta(0) else at + LATE
    if chargeback.state is ChargebackState.LOST:
        days = versions.current().policy.disputes.review_business_days
        return versions.current().calendar.end_of_business_day_after(at, days)
    return at + ASK_AGAIN


def sweep(chargeback_ids: Sequence[int], at: datetime) -> None:
    """These deadlines have passed: ask the provider what the bank says, or set our own new date. Nothing is decided."""
    query = sa.select(Chargeback).where(Chargeback.id.in_(chargeback_ids)).order_by(Chargeback.id).with_for_update()
    for chargeback in db.session.scalars(query.execution_options(populate_existing=True)):
        if chargeback.is_over:
            continue
        if chargeback.state is ChargebackState.LOST:
            events.record(chargeback, "escalate", by=SYSTEM, at=at)
        else:
            attempt = db.session.get_one(PaymentAttempt, chargeback.attempt_id)
            chargebacks.ask(chargeback.ref, attempt, key=f"due-{at:%Y%m%dT%H%M}", at=at)
        wait(chargeback, at=at)
