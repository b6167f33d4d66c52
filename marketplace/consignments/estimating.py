"""When the owner of a sold piece is paid: known once the sale has ended, estimated before (LUX-71)."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from marketplace.channels.models import ChannelSale
from marketplace.consignments import terms
from marketplace.consignments.models import ConsignedPiece
from marketplace.consignments.standing import Standing
from marketplace.consignments.states import OWED, PieceState
from marketplace.database import db
from marketplace.orders.models import Order
from marketplace.programme import Policy, versions


def payment_day(piece: ConsignedPiece, stands: Standing) -> date | None:
    """The day on which the payout is handed over, in the market's zone; None while nothing is sold, or once it is paid.

    Before the sale has ended: the buyer's window at its longest, after the usual days of the journey. Handed over and
    not made yet: the day that was promised for its form.
    """
    calendar = terms.calendar()
    if stands.promised_by is not None:
        return stands.promised_by.astimezone(calendar.zone).date()
    if piece.state in OWED and piece.due_at is not None:
        return piece.due_at.astimezone(calendar.zone).date()
    if piece.state is not PieceState.SOLD:
        return None
    if piece.channel_sale_id is not None:
        return _paid_on(piece, _end_elsewhere(piece.channel_sale_id))
    if piece.order_id is None:
        return None
    order, policy = db.session.get_one(Order, piece.order_id), terms.of_owner(piece.consignment)
    sent_by = order.ship_by_at or calendar.end_of_business_day_after(
        order.placed_at, policy.limits.ship_by_business_days
    )
    return _paid_on(piece, order.window_closes_at or _window_ends(sent_by, policy))


def day_if_bought(piece: ConsignedPiece, *, at: datetime) -> date:
    """The same for a sale here that would begin at ``at``: what the owner of a piece that is priced may reckon with."""
    policy = terms.of_owner(piece.consignment)
    sent_by = terms.calendar().end_of_business_day_after(at, policy.limits.ship_by_business_days)
    return _paid_on(piece, _window_ends(sent_by, policy))


def _window_ends(sent_by: datetime, policy: Policy) -> datetime:
    window = timedelta(hours=policy.limits.confirmation_window_hours)
    return sent_by + timedelta(days=policy.shipping.usual_days_max) + window


def _end_elsewhere(sale_id: int) -> datetime:
    """When a sale on an outside marketplace usually stands: what they do with their buyers they do not tell."""
    days = versions.current().policy.channels.usual_days
    return db.session.get_one(ChannelSale, sale_id).sold_at + timedelta(days=days)


def _paid_on(piece: ConsignedPiece, ends: datetime) -> date:
    calendar, days = terms.calendar(), terms.rules(piece).pay_business_days
    paid = calendar.end_of_business_day_after(ends, days) if days else ends
    return paid.astimezone(calendar.zone).date()
