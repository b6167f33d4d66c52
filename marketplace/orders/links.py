"""Links in mails that let a guest see one order: 128 bits, kept as a hash, exchanged for a cookie of that scope."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from marketplace.database import db
from marketplace.listings.models import Item
from marketplace.many_rows import insert_all
from marketplace.orders.models import Checkout, Order, OrderLink
from marketplace.people.models import Person


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def make(order: Order, *, at: datetime) -> str:
    """A new token for ``order``; earlier ones keep working, as mails do not expire."""
    return make_all([order], at=at)[0]


def make_all(orders: Sequence[Order], *, at: datetime) -> list[str]:
    """A new token for each of these orders, in their order, with one statement."""
    tokens = [secrets.token_urlsafe(24) for _order in orders]
    rows = [
        {"order_id": order.id, "token_hash": _hash(token), "made_at": at}
        for order, token in zip(orders, tokens, strict=True)
    ]
    insert_all(OrderLink, rows)
    return tokens


def order_of(token: str) -> Order | None:
    """The order a token opens."""
    return db.session.scalar(
        sa.select(Order).join(OrderLink, OrderLink.order_id == Order.id).where(OrderLink.token_hash == _hash(token))
    )


def claim_past_orders(person: Person) -> int:
    """A verified e-mail makes the guest orders of that address its own, and the pieces they brought it.

    Returns how many checkouts were claimed.
    """
    guests = sa.select(Person.id).where(Person.email == person.email, Person.is_account.is_(False))
    ids = db.session.scalars(
        sa.update(Checkout)
        .where(Checkout.buyer_id.in_(guests))
        .values(buyer_id=person.id)
        .returning(Checkout.id)
        .execution_options(synchronize_session=False)
    ).all()
    db.session.execute(
        sa.update(Order)
        .where(Order.checkout_id.in_(ids))
        .values(buyer_id=person.id)
        .execution_options(synchronize_session=False)
    )
    db.session.execute(
        sa.update(Item)
        .where(Item.owner_id.in_(guests))
        .values(owner_id=person.id)
        .execution_options(synchronize_session=False)
    )
    return len(ids)
