"""A confirmed counterfeit: the piece is nobody's to offer any more, and its seller's others are looked at again."""

from __future__ import annotations

from datetime import datetime

from marketplace import events
from marketplace.disputes.models import Dispute
from marketplace.events import HasActor
from marketplace.listings import rechecking


def confirm(dispute: Dispute, *, by: HasActor, at: datetime) -> None:
    """Quarantine the piece, which the brand keeps; what else its seller offers is looked at again (GAP-08)."""
    dispute.is_counterfeit = True
    rechecking.doubt(dispute.order.item, dispute.order.seller, by=by, at=at)
    events.record(dispute, "quarantine", by=by, at=at, item_id=dispute.order.item_id)
