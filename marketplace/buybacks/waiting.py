"""The one deadline of a buyback that is not over: by when, and what silence does."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa

from marketplace.buybacks import terms
from marketplace.buybacks.models import Buyback
from marketplace.buybacks.states import BuybackState
from marketplace.database import db
from marketplace.jobs import deadlines
from marketplace.payouts.models import Payout

DUE = "buyback_due"

_S = BuybackState


def wait(buyback: Buyback, *, at: datetime) -> None:
    """Set the deadline of the state it is in now, in the place of any other; none where nobody is waited for."""
    buyback.due_at = due_at(buyback, at)
    if buyback.due_at is None:
        deadlines.cancel_deadlines([buyback], DUE, at=at)
    else:
        deadlines.set_deadline(DUE, buyback, buyback.due_at)


def due_at(buyback: Buyback, at: datetime) -> datetime | None:
    """When silence counts in this state, from ``at`` on."""
    rule, policy = terms.rules(buyback), terms.of_owner(buyback)
    days = {
        _S.QUOTED: rule.switch_days if buyback.consigned_piece_id else rule.valid_days,
        _S.ACCEPTED: rule.send_days,
        _S.INBOUND: policy.limits.no_movement_days,
        _S.REVISED: rule.answer_days,
        _S.FAILED: rule.fetch_days,
        _S.GOING_BACK: rule.back_days,
    }
    business_days = {
        _S.SUBMITTED: rule.quote_business_days,
        _S.HOPED: rule.quote_business_days,
        _S.RECEIVED: rule.examine_business_days,
        _S.INSPECTING: rule.examine_business_days,
    }
    if buyback.state in business_days:
        return terms.calendar().end_of_business_day_after(at, business_days[buyback.state])
    if buyback.state in (_S.BOUGHT, _S.LOST):
        return _paid_by(buyback, at)
    return at + timedelta(days=days[buyback.state]) if buyback.state in days else None


def _paid_by(buyback: Buyback, at: datetime) -> datetime | None:
    """What was promised for the payout's form; after that, from business day to business day (LUX-68)."""
    promised = db.session.scalar(sa.select(Payout.promised_by).where(Payout.reference == buyback.number))
    if promised is None or promised > at:
        return promised
    return terms.calendar().end_of_business_day_after(at, 1)
