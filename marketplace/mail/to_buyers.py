"""Letters to a buyer. Each carries a link of its own that opens exactly that order, for guests too."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from marketplace.database import db
from marketplace.mail.addresses import about, url
from marketplace.mail.outgoing import Addressed, send, send_all
from marketplace.many_rows import among
from marketplace.orders import links
from marketplace.orders.facts import (
    CheckoutPaid,
    DeadlineExtended,
    OrderDelivered,
    OrderLinkWanted,
    OrderRefunded,
    OrdersConfirmed,
    OrderShipped,
    PaymentReturned,
    RefundedLate,
    ShipByPassed,
    StillOnItsWay,
)
from marketplace.orders.models import Checkout, Order
from marketplace.shipping import parcels


def _write(message: str, order_id: int, at: datetime, **more: Any) -> None:
    order = db.session.get_one(Order, order_id)
    own = _addressed(order, links.make(order, at=at), at, more)
    send(
        message, key=own.key, to=own.to, about=order, at=at, facts=own.facts, secrets=own.secrets, language=own.language
    )


def _addressed(order: Order, token: str, at: datetime, more: dict[str, Any]) -> Addressed:
    return Addressed(
        key=f"{order.number}:{at.isoformat()}",
        to=order.checkout.email,
        about=order,
        facts={**about(order), **more},
        secrets={"link_url": url(f"/orders/link/{token}")},
        language=order.buyer.language,
    )


def checkout_paid(fact: CheckoutPaid) -> None:
    """Thank you, with a link to each order of the checkout."""
    checkout = db.session.get_one(Checkout, fact.checkout_id)
    orders = [order for order in checkout.orders if order.paid_at is not None]
    lines = [[order.as_sold["title"], order.total] for order in orders]
    tokens = {f"link_{order.number}": url(f"/orders/link/{links.make(order, at=fact.at)}") for order in orders}
    send(
        "checkout_paid",
        key=checkout.number,
        to=checkout.email,
        about=checkout,
        at=fact.at,
        facts={
            "number": checkout.number,
            "lines": lines,
            "numbers": [order.number for order in orders],
            "total": checkout.total,
            "by_credit": checkout.credit or "",
            "by_card": checkout.by_card or "",
            "title": orders[0].as_sold["title"],
            "ours": all(order.is_supply for order in orders),
        },
        secrets={**tokens, "link_url": next(iter(tokens.values()))},
        language=checkout.buyer.language,
    )


def payment_returned(fact: PaymentReturned) -> None:
    """The piece was gone when the money came: it goes back in full."""
    for order_id in fact.order_ids:
        _write("payment_returned", order_id, fact.at, **_forms(db.session.get_one(Order, order_id)))


def shipped(fact: OrderShipped) -> None:
    """On its way, with the tracking number (MK-55)."""
    parcel = parcels.parcel_of(fact.order_id)
    facts = {"tracking_number": parcel.tracking_number, "carrier": parcel.carrier} if parcel else {}
    _write("shipped", fact.order_id, fact.at, **facts)


def still_on_its_way(fact: StillOnItsWay) -> None:
    """A word while it is late (MK-63)."""
    _write("still_on_its_way", fact.order_id, fact.at)


def delivered(fact: OrderDelivered) -> None:
    """Delivered: confirm and rate, or report a problem, by when (MK-57)."""
    ours = db.session.get_one(Order, fact.order_id).is_supply
    _write("delivered", fact.order_id, fact.at, ours=ours)


def confirmed(fact: OrdersConfirmed) -> None:
    """The sale is final; ``automatically`` where silence decided, and then for many at once."""
    query = sa.select(Order).where(among(Order.id, fact.order_ids)).order_by(Order.id)
    orders = db.session.scalars(query.options(joinedload(Order.checkout), joinedload(Order.buyer))).all()
    more = {"automatically": fact.automatically}
    tokens = links.make_all(orders, at=fact.at)
    copies = [_addressed(order, token, fact.at, more) for order, token in zip(orders, tokens, strict=True)]
    send_all("confirmed", copies, at=fact.at)


def ship_by_passed(fact: ShipByPassed) -> None:
    """The seller is late: you may cancel now, or wait; when it ends by itself (GAP-09)."""
    _write("ship_by_passed", fact.order_id, fact.at, cancels_at=fact.cancels_at)


def refunded(fact: OrderRefunded) -> None:
    """The money is on its way back, and why."""
    forms = _forms(db.session.get_one(Order, fact.order_id))
    _write("refunded", fact.order_id, fact.at, reason=fact.reason, **forms)


def _forms(order: Order) -> dict[str, Any]:
    """What goes back of an order to the card and to store credit; empty what does not."""
    return {"to_card": order.by_card or "", "to_credit": order.credit or ""}


def refunded_late(fact: RefundedLate) -> None:
    """The desk gives money back after the sale had ended."""
    order = db.session.get_one(Order, fact.order_id)
    to_credit = order.refunded_credit - order.credit_within(order.refunded - fact.back)
    forms = {"to_card": (fact.back - to_credit) or "", "to_credit": to_credit or ""}
    own = _addressed(order, links.make(order, at=fact.at), fact.at, {"back": fact.back, **forms})
    key = f"{order.number}:{order.refunded.minor}"  # a part and the rest may go at one moment
    send(
        "refunded_late",
        key=key,
        to=own.to,
        about=order,
        at=fact.at,
        facts=own.facts,
        secrets=own.secrets,
        language=own.language,
    )


def order_link(fact: OrderLinkWanted) -> None:
    """A new link, only ever to the order's own address."""
    _write("order_link", fact.order_id, fact.at)


def deadline_extended(fact: DeadlineExtended) -> None:
    """The desk has put a deadline off."""
    _write("deadline_extended", fact.order_id, fact.at, which=fact.deadline, until=fact.until)
