"""Where the links in letters lead, and what every letter about a piece says of it."""

from __future__ import annotations

from typing import Any

from flask import current_app

from marketplace.orders.models import Order
from marketplace.presentation import deadline as deadline_words
from marketplace.presentation import money


def url(path: str) -> str:
    """An address on this shop: always the public one, never a request's Host header (fault X10)."""
    return f"{current_app.config['SETTINGS'].public_url}{path}"


def about(order: Order) -> dict[str, Any]:
    """The facts every letter about an order may use: plain text, amounts and moments already in words."""
    return {
        "title": order.as_sold["title"],
        "number": order.number,
        "total": money(order.total),
        "price": money(order.price),
        "ship_by": deadline_words(order.ship_by_at) if order.ship_by_at else "",
        "window_closes": deadline_words(order.window_closes_at) if order.window_closes_at else "",
        "order_url": url(f"/orders/{order.number}"),
        "sale_url": url(f"/sell/sales/{order.number}"),
    }
