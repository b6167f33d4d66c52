"""What is decided rests until the appeals are over, then the case closes and the seller's money moves (GAP-21)."""

from __future__ import annotations

from datetime import datetime

from marketplace import events
from marketplace.disputes import outcomes, waiting
from marketplace.disputes.facts import CaseMoved, News
from marketplace.disputes.models import Dispute
from marketplace.disputes.permissions import is_open_to_appeal
from marketplace.disputes.states import DisputeState, Side
from marketplace.events import SYSTEM, HasActor
from marketplace.listings import withdrawing
from marketplace.listings.states import ListingState
from marketplace.orders.states import OrderState


def rest(dispute: Dispute, *, by: HasActor, at: datetime) -> None:
    """Hear an appeal that was lodged meanwhile; else leave time for one; else close the case."""
    if _has_unheard_appeal(dispute):
        hear(dispute, Side.SELLER, by=by, at=at)
    elif is_open_to_appeal(dispute, at):
        waiting.wait(dispute, at=at)
    else:
        close(dispute, by=by, at=at)


def _has_unheard_appeal(dispute: Dispute) -> bool:
    """A seller's, lodged while the piece was on its way back."""
    heard = any(decision.hears is Side.SELLER and decision.decided_at for decision in dispute.decisions)
    return dispute.seller_appealed_at is not None and not heard


def hear(dispute: Dispute, side: Side, *, by: HasActor, at: datetime) -> None:
    """Open the case again for a side's appeal."""
    events.transition(dispute, "appeal", by=by, at=at, sets={"hearing": side})
    waiting.wait(dispute, at=at)
    events.announce(CaseMoved(dispute.id, News.IN_REVIEW, at, side))


def close(dispute: Dispute, *, by: HasActor, at: datetime) -> None:
    """Nobody can change it any more. Raises ``CannotClose`` where the case is not decided."""
    events.transition(dispute, "close", by=by, at=at)
    waiting.wait_no_more(dispute, at=at)
    end(dispute, by=by, at=at)
    events.announce(CaseMoved(dispute.id, News.CLOSED, at))


def end(dispute: Dispute, *, by: HasActor, at: datetime) -> None:
    """Pay the seller what is owed, once, or let them list the piece again that is theirs."""
    outcomes.pay_seller(dispute, by=by, at=at)
    order = dispute.order
    is_back = order.state is OrderState.REFUNDED and outcomes.piece_is_with_seller(dispute)
    if is_back and order.listing.state is ListingState.SOLD:
        withdrawing.take_back(order.listing, by=SYSTEM, at=at)


def is_waiting_for_appeals(dispute: Dispute) -> bool:
    return dispute.state in (DisputeState.DECIDED, DisputeState.RETURN_LOST)
