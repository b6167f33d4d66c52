"""Who may do what with an order, and when. A button asks the same function as its view."""

from __future__ import annotations

from datetime import datetime

from marketplace.jobs import deadlines
from marketplace.jobs.deadlines import DeadlineState
from marketplace.orders import settling
from marketplace.orders.models import Order
from marketplace.orders.states import BEFORE_SCAN, OrderState
from marketplace.shipping import parcels
from marketplace.shipping.models import ParcelState


def can_confirm(order: Order, at: datetime) -> bool:
    """From in transit on; after delivery while the window is open (GAP-03)."""
    if order.state is OrderState.IN_TRANSIT:
        return True
    return order.state is OrderState.DELIVERED and settling.window_is_open(order, at)


def can_report_problem(order: Order, at: datetime) -> bool:
    """From payment until the window closes."""
    if order.state is OrderState.DELIVERED:
        return settling.window_is_open(order, at)
    return order.state in (OrderState.PAID, OrderState.LABEL_ISSUED, OrderState.IN_TRANSIT)


def buyer_can_cancel(order: Order, at: datetime) -> bool:
    """Once the ship-by moment has passed, or no label came within its day; never after a scan (GAP-01, GAP-09)."""
    if order.shipped_at is not None:
        return False
    if order.state is OrderState.LABEL_ISSUED:
        return order.ship_by_at is not None and at > order.ship_by_at
    return order.state is OrderState.PAID and _label_is_late(order)


def _label_is_late(order: Order) -> bool:
    return deadlines.state_of("label_late", order) is DeadlineState.FIRED


def seller_can_cancel(order: Order) -> bool:
    """Before any scan."""
    return order.state in BEFORE_SCAN and order.shipped_at is None


desk_can_cancel = seller_can_cancel


def can_reissue_label(order: Order) -> bool:
    """While nobody has scanned the label that was written."""
    if not seller_can_cancel(order):
        return False
    parcel = parcels.parcel_of(order.id)
    return parcel is not None and parcel.state is ParcelState.LABEL_BOUGHT
