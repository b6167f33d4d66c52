"""A real worker that is killed with SIGKILL at points of its work, each the number of times it is told.

``KILLS`` is a folder with one file a death (``tests/deaths.py``). ``LEASE_SECONDS`` shortens the time for which a dead
one's rows are held, ``SKEW_SECONDS`` puts its clock ahead. ``UNPROTECTED`` takes away what keeps it at one card a sale.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from celery.concurrency.asynpool import AsynPool

from tests.skew import live_ahead

if os.environ.get("SKEW_SECONDS"):  # whose clock is wrong is wrong from the first import on
    live_ahead(float(os.environ["SKEW_SECONDS"]))

from celery_app import app, celery
from marketplace.credits import own
from marketplace.jobs import deadlines, outbox
from marketplace.orders import settling
from marketplace.payouts.gift_cards import GiftCardIssuing
from tests.deaths import die_at

__all__ = ["app", "celery"]

outbox.LEASE = timedelta(seconds=float(os.environ.get("LEASE_SECONDS", "0.5")))
AsynPool.timers = property(lambda pool: {pool.maintain_pool: 0.2})  # by default a new child waits for five seconds
celery.conf.beat_schedule["ask our tables"]["schedule"] = timedelta(milliseconds=300)


def deadly(owner: Any, name: str, *, before: str = "", after: str = "") -> None:
    """Make a function of the product a place to die at."""
    original: Callable[..., Any] = owner[name] if isinstance(owner, dict) else getattr(owner, name)

    def step(*args: Any, **more: Any) -> Any:
        die_at(before)
        answer = original(*args, **more)
        if answer is not None or not after.startswith("claimed"):
            die_at(after)
        return answer

    if isinstance(owner, dict):
        owner[name] = step
    else:
        setattr(owner, name, step)


deadly(deadlines, "_fire", before="sweep-begins", after="windows-committed")
deadly(deadlines._sweeps, settling.CONFIRM_BY, after="windows-swept")
deadly(outbox, "_claim", before="before-claim", after="claimed")
deadly(GiftCardIssuing, "perform", before="before-issue", after="issued")
deadly(GiftCardIssuing, "record", after="recorded-uncommitted")
deadly(outbox, "_settle", after="settled")

if os.environ.get("UNPROTECTED"):
    own._of = lambda _reference: None  # type: ignore[attr-defined]
