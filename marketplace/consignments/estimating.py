"""When the owner of a sold piece is paid: known once the sale has ended, estimated before (LUX-71)."""

from __future__ import annotations

from datetime import date, timedelta

from marketplace.consignments import terms
from marketplace.consignments.models import ConsignedPiece
from marketplace.consignments.states import OWED, PieceState
from marketplace.database import db
from marketplace.orders.models import Order


def payment_day(piece: ConsignedPiece) -> date | None:
    """The day on which the payout is handed over, in the market's zone; None while nothing is sold, or once it is paid.

    Before the sale has ended: the buyer's window at its longest, after the usual days of the journey.
    """
    calendar = terms.calendar()
    if piece.state in OWED and piece.due_at is not None:
        return piece.due_at.astimezone(calendar.zone).date()
    if piece.state is not PieceState.SOLD or piece.order_id is None:
        return None
    order, policy = db.session.get_one(Order, piece.order_id), terms.of_owner(piece.consignment)
    sent_by = order.ship_by_at or calendar.end_of_business_day_after(
        order.placed_at, policy.limits.ship_by_business_days
    )
    window = timedelta(hours=policy.limits.confirmation_window_hours)
    ends = order.window_closes_at or sent_by + timedelta(days=policy.shipping.usual_days_max) + window
    days = terms.rules(piece).pay_business_days
    paid = calendar.end_of_business_day_after(ends, days) if days else ends
    return paid.astimezone(calendar.zone).date()
