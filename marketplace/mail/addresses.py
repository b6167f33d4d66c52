"""Where the links in letters lead, and what every letter about a piece says of it."""

from __future__ import annotations

from typing import Any

from flask import current_app

from marketplace.orders.models import Order


def url(path: str) -> str:
    """An address on this shop: always the public one, never a request's Host header (fault X10)."""
    return f"{current_app.config['SETTINGS'].public_url}{path}"


def about(order: Order) -> dict[str, Any]:
    """The facts every letter about an order may use."""
    sale = f"/desk/orders/{order.number}" if order.is_supply else f"/sell/sales/{order.number}"
    return {
        "title": order.as_sold["title"],
        "number": order.number,
        "total": order.total,
        "price": order.price,
        "ship_by": order.ship_by_at or "",
        "window_closes": order.window_closes_at or "",
        "sale_url": url(sale),
    }
