"""Stretches of an order's life, by the product's own operations."""

from __future__ import annotations

from typing import Any

from marketplace import clock
from marketplace.database import db, unit_of_work
from marketplace.ledger import Account, balance
from marketplace.orders import settling
from marketplace.orders.models import Order
from tests.shipping.sales import labelled_order, sweep, travel
from tests.worlds import kept


@kept
def delivered_order(**more: Any) -> Order:
    """An order whose parcel has just been delivered, its mail handed over."""
    order = labelled_order(**more)
    travel(order, "scan")
    travel(order, "deliver")
    return again(order)


def again(order: Order) -> Order:
    """The order as the database has it now."""
    db.session.expire_all()
    return db.session.get_one(Order, order.id)


def confirm(order: Order, *, stars: int = 5, words: str = "") -> None:
    """The buyer says it is as described."""
    with unit_of_work():
        order = db.session.get_one(Order, order.id)
        settling.confirm(order, stars=stars, words=words, by=order.buyer, at=clock.now())
    sweep()


def contest(order: Order) -> None:
    """The buyer reports a problem."""
    with unit_of_work():
        order = db.session.get_one(Order, order.id)
        settling.contest(order, by=order.buyer, at=clock.now(), reason="condition")


def held(order: Order) -> int:
    """What escrow holds for the order, in minor units."""
    return -balance(Account.ESCROW, "USD", order_id=order.id).minor
