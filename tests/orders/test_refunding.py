"""Money on its way back: never more than came, never a cent lost."""

from __future__ import annotations

import msgspec
import pytest
import sqlalchemy as sa
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from marketplace import clock
from marketplace.database import db, unit_of_work
from marketplace.ledger import Account, balance
from marketplace.listings.models import Listing
from marketplace.money import Money
from marketplace.orders import accounting, refunding, tax_books
from marketplace.orders.models import Checkout, Order
from marketplace.orders.refunding import EndReason, MoreThanLeft
from marketplace.orders.states import CannotRefund, OrderState
from marketplace.orders.tax import LineTax
from marketplace.payments import attempts, refunds
from marketplace.payments.models import Refund
from marketplace.payments.refunds import MoreThanPaid
from tests.books import assert_books_balance
from tests.orders.stories import again, confirm, contest, delivered_order, held
from tests.shipping.sales import sold_order, sweep


def refund_part(order: Order, minor: int) -> Money:
    with unit_of_work():
        order = db.session.get_one(Order, order.id)
        price = Money(minor, "USD")
        back = refunding.refund_part(
            order, of_price=price, reason=EndReason.DESK_DECISION, by=order.buyer, at=clock.now()
        )
    sweep()
    return back


def refund_in_full(order: Order) -> None:
    with unit_of_work():
        order = db.session.get_one(Order, order.id)
        refunding.refund_in_full(order, reason=EndReason.DESK_DECISION, by=order.buyer, at=clock.now())
    sweep()


def refunded(order: Order) -> int:
    query = sa.select(sa.func.sum(Refund.amount_minor)).where(Refund.order_id == order.id)
    return int(db.session.scalar(query) or 0)


@pytest.mark.fault("B16")
def test_several_partial_refunds_and_a_full_one_return_exactly_what_was_paid(app: Flask) -> None:
    order = delivered_order()
    for part in (1, 333, 10_000):
        refund_part(order, part)
    contest(order)
    refund_in_full(order)
    order = again(order)
    assert order.state is OrderState.REFUNDED
    assert refunded(order) == order.total.minor
    assert held(order) == 0
    assert balance(Account.CLEARING, "USD", order_id=order.id).minor == 0
    assert_books_balance(app)


@pytest.mark.fault("B16")
@pytest.mark.rule("GAP-21")
def test_a_partial_refund_lowers_the_price_and_its_tax_and_the_payout_follows(app: Flask) -> None:
    order = delivered_order()
    back = refund_part(order, 4_500)
    order = again(order)
    base = order.price_minor + order.shipping_minor
    assert back.minor == 4_500 + round(order.tax_minor * 4_500 / base)
    confirm(order)
    assert -balance(Account.SELLER_PAYABLE, "USD", order_id=order.id).minor == 0
    parts = accounting.split(again(order))
    assert parts.payout == Money(16_000, "USD")  # 80% of the remaining 200.00
    assert held(order) == 0
    assert_books_balance(app)


@pytest.mark.rule("GAP-21")
@pytest.mark.parametrize(("taxed", "tax_back"), [((2_000, 0), 1_000), ((1_900, 100), 950), ((1_000, 1_000), 500)])
def test_the_tax_that_goes_back_is_the_tax_that_was_taken_on_the_price(
    app: Flask, taxed: tuple[int, int], tax_back: int
) -> None:
    """Half the price goes back with half of what was taxed on it; what was taxed on the shipping stays."""
    order = delivered_order()
    with unit_of_work():
        quote = {"adapter": "table", "lines": {order.listing.number: msgspec.to_builtins(LineTax(*taxed))}}
        db.session.get_one(Checkout, order.checkout_id).tax_quote = quote
    assert refund_part(again(order), 12_250).minor == 12_250 + tax_back
    confirm(order)
    assert held(order) == 0
    assert_books_balance(app)


@pytest.mark.fault("B16")
@pytest.mark.parametrize("minor", [0, -1, 24_500, 24_501, 10**12])
def test_an_over_refund_is_refused_and_moves_nothing(app: Flask, minor: int) -> None:
    order = delivered_order()
    with pytest.raises(MoreThanLeft):
        refund_part(order, minor)
    assert refunded(order) == 0
    assert held(again(order)) == order.total.minor


@pytest.mark.rule("GAP-13")
def test_refunds_of_a_payment_never_exceed_it_whoever_asks(app: Flask) -> None:
    order = sold_order()
    attempt = attempts.paid_attempt_of(order.checkout_id)
    for minor, allowed in ((order.total.minor - 1, True), (2, False), (1, True), (1, False)):
        key = f"{minor}-{allowed}"
        ask = {"attempt": attempt, "amount": Money(minor, "USD"), "reason": "x", "key": key, "reference": "x"}
        if allowed:
            with unit_of_work():
                refunds.request_refund(**ask, order_id=None, at=clock.now())
        else:
            with pytest.raises(MoreThanPaid), unit_of_work():
                refunds.request_refund(**ask, order_id=None, at=clock.now())


def test_a_settled_order_is_not_refunded_this_way(app: Flask) -> None:
    order = delivered_order()
    confirm(order)
    with pytest.raises(CannotRefund):
        refund_in_full(order)
    assert refunded(order) == 0


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    price=st.integers(1, 10**7),
    shipping=st.integers(0, 5_000),
    tax=st.integers(0, 10**6),
    parts=st.lists(st.integers(1, 10**6), max_size=6),
)
def test_however_it_is_parted_the_parts_sum_to_the_whole(price: int, shipping: int, tax: int, parts: list[int]) -> None:
    order = Order(price_minor=price, shipping_minor=shipping, tax_minor=tax, currency="USD")
    order.checkout, order.listing = Checkout(tax_quote={"adapter": "none"}), Listing(number="L1")
    kept = tax_books.line_tax(order)
    given_back, refunded_price = 0, 0
    for part in parts:
        if refunded_price + part >= price:
            break
        refunded_price += part
        in_all = tax_books.tax_on_refunded(order, refunded_price)
        assert in_all >= given_back, "a further part never takes tax back"
        given_back = in_all
    assert 0 <= given_back <= kept.on_price_minor
    assert kept.minor == tax
