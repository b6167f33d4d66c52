"""One box for every number and e-mail the desk is given: an exact match opens, an e-mail lists all that goes with it.

What is asked for stands in the body of the request alone, so that no address, log or history keeps anybody's e-mail.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from flask import url_for
from sqlalchemy.orm import InstrumentedAttribute

from marketplace.credits.models import GiftCard
from marketplace.database import db
from marketplace.disputes.models import Dispute
from marketplace.listings.models import Listing
from marketplace.orders.models import Checkout, Order
from marketplace.payments.chargeback_models import Chargeback
from marketplace.payments.models import PaymentAttempt
from marketplace.payouts.models import Goodwill
from marketplace.people.models import LoyaltyAccount, Person
from marketplace.shipping.models import Parcel

MOST_FOUND = 50


@dataclass(frozen=True)
class Found:
    """One record that a number names: where its page is, or whose person or gift cards it opens."""

    href: str = ""
    person: Person | None = None
    cards_of: Person | None = None


def exact(number: str) -> Found | None:
    """The record of that number, whatever has one: an order, a case, a bank's case, a listing, a parcel, a card …"""
    for look in _LOOKS:
        found = look(number.upper()) or look(number)
        if found is not None:
            return found
    return None


_Look = Callable[[str], Found | None]


def _page(endpoint: str, column: InstrumentedAttribute[str], where: Callable[[str], sa.ColumnElement[bool]]) -> _Look:
    def look(number: str) -> Found | None:
        known = db.session.scalar(sa.select(column).where(where(number)).limit(1))
        return Found(href=url_for(endpoint, number=known)) if known else None

    return look


def _card(number: str) -> Found | None:
    card = db.session.scalar(sa.select(GiftCard).where(GiftCard.number == number))
    return Found(cards_of=card.holder) if card is not None and card.holder is not None else None


def _member(number: str) -> Found | None:
    account = sa.select(LoyaltyAccount.id).where(LoyaltyAccount.number == number).scalar_subquery()
    person = db.session.scalar(sa.select(Person).where(Person.loyalty_account_id == account))
    return Found(person=person) if person is not None else None


_LOOKS: tuple[_Look, ...] = (
    _page("desk_orders.order", Order.number, lambda number: Order.number == number),
    _page("desk_disputes.case", Dispute.number, lambda number: Dispute.number == number),
    _page(
        "desk_chargebacks.case",
        Chargeback.number,
        lambda number: sa.or_(Chargeback.number == number, Chargeback.ref == number),
    ),
    _page("desk_listings.listing", Listing.number, lambda number: Listing.number == number),
    _page(
        "desk_orders.order",
        Order.number,
        lambda number: Order.id.in_(sa.select(Parcel.order_id).where(Parcel.tracking_number == number)),
    ),
    _page(
        "desk_orders.order",
        Order.number,
        lambda number: Order.checkout_id.in_(sa.select(Checkout.id).where(Checkout.number == number)),
    ),
    _page(
        "desk_orders.order",
        Order.number,
        lambda number: Order.id.in_(sa.select(Goodwill.order_id).where(Goodwill.number == number)),
    ),
    _page(
        "desk_orders.order",
        Order.number,
        lambda number: Order.checkout_id.in_(
            sa.select(PaymentAttempt.checkout_id).where(PaymentAttempt.payment_ref == number)
        ),
    ),
    _card,
    _member,
)


@dataclass(frozen=True)
class OfEmail:
    """What goes with an e-mail: its account, what was bought with it, sold and listed by it, and its cases."""

    person: Person | None
    has_cards: bool
    bought: list[Order]
    sold: list[Order]
    listings: list[Listing]
    cases: list[Dispute]
    chargebacks: list[Chargeback]

    def __bool__(self) -> bool:
        return bool(self.person or self.has_cards or self.bought or self.sold or self.listings)


def of_email(email: str) -> OfEmail:
    """Everything that goes with an account's, a guest's or a loyalty account's e-mail."""
    wanted = email.strip().lower()
    ids = list(db.session.scalars(sa.select(Person.id).where(sa.or_(*_knows(wanted)))))
    account = db.session.scalar(sa.select(Person).where(Person.id.in_(ids), Person.is_account))
    bought = _newest(Order, Order.checkout_id.in_(sa.select(Checkout.id).where(Checkout.email == wanted)))
    sold = _newest(Order, Order.seller_id.in_(ids))
    orders = [order.id for order in (*bought, *sold)]
    return OfEmail(
        account,
        db.session.scalar(sa.select(GiftCard.id).where(GiftCard.holder_id.in_(ids)).limit(1)) is not None,
        bought,
        sold,
        _newest(Listing, Listing.seller_id.in_(ids)),
        _newest(Dispute, Dispute.order_id.in_(orders)),
        _newest(Chargeback, Chargeback.attempt_id.in_(_payments_of(orders))),
    )


def _payments_of(order_ids: list[int]) -> Any:
    paid = sa.select(PaymentAttempt.id).join(Order, Order.checkout_id == PaymentAttempt.checkout_id)
    return paid.where(Order.id.in_(order_ids))


def _knows(email: str) -> Iterator[sa.ColumnElement[bool]]:
    yield Person.email == email
    yield Person.loyalty_account_id.in_(sa.select(LoyaltyAccount.id).where(LoyaltyAccount.email == email))


def _newest(model: type[Order | Listing | Dispute | Chargeback], where: sa.ColumnElement[bool]) -> list[Any]:
    return list(db.session.scalars(sa.select(model).where(where).order_by(model.id.desc()).limit(MOST_FOUND)))
