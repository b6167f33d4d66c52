"""What the runner does now and then by itself, whoever of several runners comes to it first."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa

from marketplace import clock, reconcile
from marketplace.database import insert_new, unit_of_work
from marketplace.listings import tidying
from marketplace.payments.models import ProviderLook

RECONCILING, TIDYING = "rounds", "photos"  # the rows that say when the last round began
EVERY = {RECONCILING: timedelta(minutes=5), TIDYING: timedelta(days=1)}


def reconcile_when_due() -> int:
    """Ask the payment provider for what never arrived (faults B07, B10); returns 1 for a round."""
    if not _claim(RECONCILING):
        return 0
    reconcile.ask()
    return 1


def tidy_when_due() -> int:
    """Remove the files of photos that nothing shows any more; returns how many."""
    return tidying.tidy() if _claim(TIDYING) else 0


def is_due(name: str) -> sa.ColumnElement[bool]:
    """Whether a round is due, as a part of a question."""
    lately = ProviderLook.looked_at > clock.before(clock.shared, EVERY[name])
    return ~sa.exists().where(ProviderLook.source == name, lately)


def _claim(name: str) -> bool:
    """Whether a round is due and nobody else has begun it. The very first time it is only noted that time runs."""
    with unit_of_work() as session:
        now = clock.shared()
        session.execute(insert_new(ProviderLook).values(source=name, looked_at=now))
        mine = (
            sa.update(ProviderLook)
            .where(ProviderLook.source == name, ProviderLook.looked_at <= now - EVERY[name])
            .values(looked_at=now)
            .returning(ProviderLook.source)
        )
        return session.scalar(mine) is not None
