"""The four closing checks see what they must: without this their silence would prove nothing."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from flask import Flask

from marketplace.credits.models import GiftCard
from marketplace.database import db
from marketplace.jobs.outbox import OutboxRow, OutboxState
from marketplace.ledger.models import LedgerEntry, LedgerTransaction
from marketplace.orders.models import Order
from marketplace.orders.states import OrderState
from marketplace.payments.sandbox import SandboxSession
from marketplace.payouts.models import Payout
from marketplace.shipping.sandbox_books import SandboxParcel
from tests.books import assert_books_balance
from tests.orders.stories import confirm, delivered_order, labelled_order


def test_the_books_of_a_whole_sale_agree(app: Flask) -> None:
    confirm(delivered_order())
    assert_books_balance(app)


def _charge_twice(_order: Order) -> None:
    session = db.session.scalars(sa.select(SandboxSession)).one()
    db.session.add(
        SandboxSession(
            ref="again",
            key="again",
            request=session.request,
            status="complete",
            paid=True,
            expires_at=session.expires_at,
            payment_ref="again",
        )
    )


def _sell_a_second_label(_order: Order) -> None:
    label = db.session.scalars(sa.select(SandboxParcel)).one()
    again = SandboxParcel(key="again", times_asked=1, request=label.request, tracking_number="again")
    again.cost_minor, again.currency = label.cost_minor, label.currency
    db.session.add(again)


def _issue_another_amount(_order: Order) -> None:
    db.session.execute(sa.update(GiftCard).values(initial_minor=1))


def _forget_the_card(_order: Order) -> None:
    db.session.execute(sa.update(Payout).values(gift_card_number=None))


def _leave_something_behind(_order: Order) -> None:
    row = db.session.scalars(sa.select(OutboxRow).limit(1)).one()
    row.state = OutboxState.PARKED


def _lose_an_entry(_order: Order) -> None:
    transaction = db.session.scalars(sa.select(LedgerTransaction).limit(1)).one()
    entry = db.session.scalars(sa.select(LedgerEntry).limit(1)).one()
    db.session.add(LedgerEntry(transaction=transaction, account=entry.account, amount_minor=1, currency=entry.currency))


TAMPERING = [
    _charge_twice,
    _sell_a_second_label,
    _issue_another_amount,
    _forget_the_card,
    _leave_something_behind,
    _lose_an_entry,
]


@pytest.mark.parametrize("tamper", TAMPERING, ids=lambda tamper: tamper.__name__.strip("_"))
def test_each_kind_of_tampering_is_seen(app: Flask, tamper: Callable[[Order], None]) -> None:
    order = delivered_order()
    confirm(order)
    tamper(order)
    db.session.commit()
    with pytest.raises(AssertionError):
        assert_books_balance(app)


def test_money_left_in_the_escrow_of_a_closed_order_is_seen(app: Flask) -> None:
    order = labelled_order()
    db.session.execute(sa.update(Order).where(Order.id == order.id).values(state=OrderState.SETTLED))
    db.session.commit()
    with pytest.raises(AssertionError, match="escrow"):
        assert_books_balance(app)
