"""The rates we accepted at Shippo, by our key, each written down before it is bought.

Shippo takes no idempotency key. What stands for one is the rate: a purchase names exactly one, and
``GET /transactions?rate=`` says what became of it. So the rate is remembered first, and nobody buys it twice at a time.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from marketplace import clock
from marketplace.database import db, unit_of_work
from marketplace.money import Money
from marketplace.shipping.models import AcceptedRate

LONGEST_VALID = timedelta(days=7) - timedelta(hours=1)  # Shippo's seven days, less the time a purchase may take
SETTLING = timedelta(seconds=60)  # how long an unanswered purchase may still be at work over there
MOST_RISE = 12_500  # basis points of the price accepted first: above it a person decides (fault L03)


def is_valid(rate: AcceptedRate) -> bool:
    """Whether Shippo still sells at it."""
    return _moment() < rate.accepted_at + LONGEST_VALID


def is_settling(rate: AcceptedRate) -> bool:
    """Whether a purchase was begun so lately that its absence over there proves nothing yet."""
    return rate.ordered_at is not None and _moment() < rate.ordered_at + SETTLING


def _moment() -> datetime:
    """The time that all who may buy go by: by a clock of his own, one who runs ahead would not wait (fault W08)."""
    with unit_of_work(reading=True):
        return clock.shared()


def rises_too_much(before: Money, now: Money) -> bool:
    """Whether a new rate is so much dearer than the one accepted first that a person must decide."""
    return before.share(MOST_RISE) < now


def accepted_rates(key: str) -> list[AcceptedRate]:
    """The rates accepted for a key, newest first; each call is a unit of work of its own."""
    with unit_of_work(reading=True) as session:
        rates = list(
            session.scalars(sa.select(AcceptedRate).where(AcceptedRate.key == key).order_by(AcceptedRate.id.desc()))
        )
        for rate in rates:
            session.expunge(rate)
        return rates


def remember(*, key: str, rate_ref: str, shipment_ref: str, cost: Money) -> AcceptedRate:
    """Write a rate down before anything is bought at it."""
    with unit_of_work() as session:
        rate = AcceptedRate(
            key=key,
            rate_ref=rate_ref,
            shipment_ref=shipment_ref,
            cost_minor=cost.minor,
            currency=cost.currency,
            accepted_at=clock.shared(),
        )
        session.add(rate)
        session.flush()
        session.expunge(rate)
    return rate


def begin_order(rate: AcceptedRate) -> bool:
    """Claim the right to buy at this rate now; False where somebody began a moment ago and may not be through."""
    with unit_of_work():
        now = clock.shared()
        free = sa.or_(AcceptedRate.ordered_at.is_(None), AcceptedRate.ordered_at <= now - SETTLING)
        return _set_ordered(rate, now, free)


def forget_order(rate: AcceptedRate) -> None:
    """The purchase just begun certainly did not happen: what is known of the rate is what was known before."""
    with unit_of_work():
        _set_ordered(rate, rate.ordered_at, sa.true())


def _set_ordered(rate: AcceptedRate, moment: datetime | None, condition: sa.ColumnElement[bool]) -> bool:
    changed: Any = db.session.execute(
        sa.update(AcceptedRate)
        .where(AcceptedRate.id == rate.id, condition)
        .values(ordered_at=moment)
        .execution_options(synchronize_session=False)
    )
    return bool(changed.rowcount)
