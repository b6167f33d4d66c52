"""What was promised of payouts against what was done, form by form."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from marketplace.database import db
from marketplace.payouts.models import Payout, PayoutForm, PayoutState


@dataclass(frozen=True)
class Kept:
    """The payouts of one form that fell due in a period: paid as promised, paid later, late and not paid yet."""

    form: PayoutForm
    on_time: int
    late: int
    overdue: int

    @property
    def all(self) -> int:
        return self.on_time + self.late + self.overdue


def kept(since: datetime, until: datetime) -> list[Kept]:
    """How the promises were kept; a payout that still has time is in none of the counts."""
    is_paid = Payout.state == PayoutState.ISSUED
    in_time = sa.and_(is_paid, Payout.issued_at <= Payout.promised_by)
    late = sa.and_(is_paid, Payout.issued_at > Payout.promised_by)
    over = (PayoutState.ISSUED, PayoutState.COVERED, PayoutState.FORGONE)
    overdue = sa.and_(Payout.state.not_in(over), Payout.promised_by < until)
    rows = db.session.execute(
        sa.select(Payout.form, *(sa.func.count().filter(which) for which in (in_time, late, overdue)))
        .where(Payout.due_at >= since, Payout.due_at <= until, Payout.promised_by.is_not(None))
        .group_by(Payout.form)
    )
    found = {form: Kept(form, *counts) for form, *counts in rows}
    return [found[form] for form in PayoutForm if form in found]
