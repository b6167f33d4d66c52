"""A buyer's case that meets a bank's: its refund waits for the bank, and ends with it where the bank has paid."""

from __future__ import annotations

from datetime import datetime

from marketplace import events
from marketplace.disputes import opinions, outcomes, waiting
from marketplace.disputes.facts import CaseMoved, News
from marketplace.disputes.locking import case_of
from marketplace.disputes.models import Dispute
from marketplace.disputes.states import DisputeState, Remedy
from marketplace.events import SYSTEM, HasActor
from marketplace.listings import withdrawing
from marketplace.listings.states import ListingState
from marketplace.orders import refunding, settling
from marketplace.orders.models import Order
from marketplace.orders.states import OrderState
from marketplace.payments import chargebacks

ON_ITS_WAY = (DisputeState.RETURN_IN_TRANSIT, DisputeState.RETURNED, DisputeState.RETURN_LOST)


def refund_waits(dispute: Dispute) -> bool:
    """Whether the piece has left the buyer's hands and a bank keeps the refund for it from leaving ours."""
    is_due = dispute.refunds_on_scan and dispute.state in ON_ITS_WAY
    return is_due and dispute.order.state is OrderState.DISPUTED


def is_with_bank(order: Order) -> bool:
    """Whether a bank has the payment of this order in its hands."""
    return chargebacks.is_open_for(order.checkout_id)


def refund_what_waited(dispute: Dispute, *, by: HasActor, at: datetime) -> None:
    """The refund that waited for the piece to leave the buyer's hands goes now, unless a bank looks into it (B18)."""
    if refund_waits(dispute) and not is_with_bank(dispute.order):
        outcome = outcomes.preview(dispute, Remedy.REFUND_WITH_RETURN, of_price=None, seller_at_fault=False)
        outcomes.give_back(dispute.order, outcome, by=by, at=at)


def end_with_bank(order: Order, *, pays_seller: bool, by: HasActor, at: datetime) -> None:
    """The bank has given the buyer everything: the case closes, and the sale stands or ends without a second refund."""
    dispute = case_of(order.id)
    if dispute is not None:
        events.transition(dispute, "charge_back", by=by, at=at)
        opinions.lapse(dispute, at=at)
        waiting.wait_no_more(dispute, at=at)
        events.announce(CaseMoved(dispute.id, News.CLOSED, at))
    if pays_seller and outcomes.was_sent(order):
        settling.settle_contested(order, by=by, at=at)
        return
    refunding.charge_back(order, by=by, at=at)
    is_back = not outcomes.was_sent(order) or (dispute is not None and outcomes.piece_is_with_seller(dispute))
    if is_back and order.listing.state is ListingState.SOLD:
        withdrawing.take_back(order.listing, by=SYSTEM, at=at)
