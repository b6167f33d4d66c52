"""What a buyer has said so far, on the way to a case."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from marketplace.database import db
from marketplace.disputes.models import Claim
from marketplace.disputes.states import Kind
from marketplace.orders.models import Order


def claim_of(order: Order) -> Claim | None:
    return db.session.scalar(sa.select(Claim).where(Claim.order_id == order.id))


def save(order: Order, *, kind: Kind, parts: Sequence[str], words: str, at: datetime) -> Claim:
    """Keep the first screen; said again, it replaces what was said before."""
    claim = claim_of(order)
    if claim is None:
        claim = Claim(order_id=order.id)
        db.session.add(claim)
    claim.kind, claim.parts, claim.words, claim.written_at = kind, list(parts), words, at
    db.session.flush()
    return claim
