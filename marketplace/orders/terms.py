"""Which policy speaks for an order: the buyer's terms from the order, the seller's from the listing (GAP-18)."""

from __future__ import annotations

from marketplace.clock import BusinessCalendar
from marketplace.orders.models import Order
from marketplace.programme import Policy, versions


def of_buyer(order: Order) -> Policy:
    """The policy in force when the order was placed."""
    return versions.published(order.policy_version_id).policy


def of_seller(order: Order) -> Policy:
    """The policy the listing was made under."""
    return versions.published(order.seller_policy_version_id).policy


def calendar() -> BusinessCalendar:
    """The programme's business days, as they are now known."""
    return versions.current().calendar
