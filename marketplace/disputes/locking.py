"""The one order in which a case is locked: its order first, as news from the carrier does it."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from marketplace.database import db
from marketplace.disputes.models import Dispute
from marketplace.orders.models import Order


def lock(dispute: Dispute) -> Dispute:
    """The case and its order as they stand now, held until the unit of work ends."""
    return lock_all([dispute.id])[0]


def lock_all(dispute_ids: Sequence[int]) -> list[Dispute]:
    """The same for several cases, by ascending order id."""
    orders = sa.select(Dispute.order_id).where(Dispute.id.in_(dispute_ids))
    again = {"populate_existing": True}
    db.session.scalars(
        sa.select(Order).where(Order.id.in_(orders)).order_by(Order.id).with_for_update().execution_options(**again)
    ).all()
    cases = sa.select(Dispute).where(Dispute.id.in_(dispute_ids)).order_by(Dispute.id).with_for_update()
    return list(db.session.scalars(cases.execution_options(**again)))


def case_of(order_id: int) -> Dispute | None:
    """The open case of an order."""
    return db.session.scalar(
        sa.select(Dispute).where(Dispute.order_id == order_id, Dispute.closed_at.is_(None)).order_by(Dispute.id.desc())
    )


def latest_of(order_id: int) -> Dispute | None:
    """The open case of an order, else the last one."""
    return db.session.scalar(
        sa.select(Dispute).where(Dispute.order_id == order_id).order_by(Dispute.id.desc()).limit(1)
    )
