"""Which attempt paid, and a refund that comes back although the provider had said that it arrived."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from marketplace import clock
from marketplace.database import db, unit_of_work
from marketplace.jobs.alarms import Alarm, AlarmKind
from marketplace.ledger import Account, balance
from marketplace.orders import refunding
from marketplace.orders.models import Order
from marketplace.orders.refunding import EndReason
from marketplace.payments import attempts
from marketplace.payments.models import AttemptState, PaymentAttempt, Refund, RefundState
from marketplace.payments.sandbox import REFUND_BOUNCES, SandboxRefund
from tests.books import assert_books_balance
from tests.shipping.sales import sold_order, sweep
from tests.shopping import VISA, checkout_of, live_listing, orders_of, path_of, pay, to_payment
from tests.web import Browser


def test_the_attempt_whose_money_came_first_is_the_one_that_paid(app: Flask) -> None:
    order = sold_order()
    paid = attempts.paid_attempt_of(order.checkout_id)
    with unit_of_work():
        for key, came in (("PA-late", timedelta(hours=1)), ("PA-early", -timedelta(hours=1))):
            late = PaymentAttempt(key=key, checkout_id=order.checkout_id, state=AttemptState.PAID, request={})
            late.amount_minor, late.currency = paid.amount_minor, paid.currency
            late.started_at = late.expires_at = clock.now()
            assert paid.paid_at is not None
            late.paid_at = paid.paid_at + came
            db.session.add(late)
    assert attempts.paid_attempt_of(order.checkout_id).key == "PA-early"


def cancelled_sale(client: Browser, card: str, run_jobs: Callable[[], int]) -> Order:
    answer = pay(client, to_payment(client, live_listing()), card=card)
    [order] = orders_of(checkout_of(path_of(answer)))
    run_jobs()
    with unit_of_work():
        order = db.session.get_one(Order, order.id)
        refunding.cancel(order, reason=EndReason.SELLER_CANCELLED, by=order.buyer, at=clock.now())
    sweep()
    return db.session.get_one(Order, order.id)


@pytest.mark.fault("B16")
@pytest.mark.parametrize(("card", "bounces"), [(REFUND_BOUNCES, True), (VISA, False)])
def test_a_refund_that_bounces_is_owed_again_and_told_to_the_desk(
    app: Flask, client: Browser, run_jobs: Callable[[], int], card: str, bounces: bool
) -> None:
    order = cancelled_sale(client, card, run_jobs)
    refund = db.session.scalars(sa.select(Refund)).one()
    there = db.session.scalars(sa.select(SandboxRefund)).one()
    owed = -balance(Account.REFUND_PAYABLE, "USD", order_id=order.id).minor
    if bounces:
        assert (refund.state, there.status, owed) == (RefundState.FAILED, "failed", order.total.minor)
    else:
        assert (refund.state, there.status, owed) == (RefundState.DONE, "succeeded", 0)
    assert balance(Account.CLEARING, "USD", order_id=order.id).minor == owed
    alarms = db.session.scalars(sa.select(Alarm.kind)).all()
    assert alarms == ([AlarmKind.REFUND_FAILED] if bounces else [])
    assert_books_balance(app)
