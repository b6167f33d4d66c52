"""Store credit at our own checkout: taken once, with the pieces, and given back in the form it was paid in."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from marketplace import clock
from marketplace.credits import store_credit
from marketplace.credits.models import StoreCredit
from marketplace.database import db, unit_of_work
from marketplace.events import SYSTEM
from marketplace.ledger import Account, Line, balance, post, proofs
from marketplace.listings.states import ListingState
from marketplace.orders import credit, late_refunds, refunding
from marketplace.orders.credit import CreditChanged
from marketplace.orders.models import Checkout, Order
from marketplace.orders.refunding import EndReason
from marketplace.orders.states import CheckoutState, OrderState
from marketplace.payments import attempts
from marketplace.payments.gateway import LEAST_CHARGE_MINOR, SessionReport
from marketplace.payments.models import PaymentAttempt, Refund
from marketplace.programme import versions
from tests.bookings import posting
from tests.books import assert_books_balance
from tests.disputes.test_chargebacks import bank, conclude
from tests.orders.stories import again, confirm, contest, held
from tests.orders.wallets import (
    a_holder,
    bought,
    credit_spends_here,
    deposits,
    give,
    left,
    offer,
    open_page,
    pay,
    start,
    usd,
)
from tests.programme.policies import changed
from tests.shipping.sales import sweep, travel
from tests.shopping import live_listing


@pytest.fixture
def shop(app: Flask) -> Flask:
    """A shop that takes its store credit at its own checkout."""
    credit_spends_here()
    return app


def by_form(order: Order) -> tuple[int, int]:
    """What has gone back of an order: to the card, and to credit, as the ledger has it."""
    to_card = db.session.scalar(sa.select(sa.func.sum(Refund.amount_minor)).where(Refund.order_id == order.id))
    return int(to_card or 0), again(order).refunded_credit.minor


# The split -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("total", "available", "used"),
    [
        (1_000, 0, 0),
        (1_000, 400, 400),
        (1_000, 950, 950),
        (1_000, 951, 950),  # 49 would be left, which no card is charged
        (1_000, 999, 950),
        (1_000, 1_000, 1_000),
        (1_000, 5_000, 1_000),
        (49, 20, 0),
        (49, 49, 49),
        (50, 30, 0),
    ],
)
def test_credit_pays_what_it_can_and_leaves_nothing_too_small_to_charge(total: int, available: int, used: int) -> None:
    assert credit.towards(usd(total), usd(available)) == usd(used)


PARTS = st.lists(st.integers(1, 30_000), min_size=1, max_size=5)


@given(prices=PARTS, available=st.integers(0, 160_000), parts=st.lists(st.integers(1, 9_000), max_size=5))
def test_however_it_is_split_and_given_back_each_form_gets_what_it_paid(
    prices: list[int], available: int, parts: list[int]
) -> None:
    money = {"shipping_minor": 0, "tax_minor": 0, "refunded_shipping_minor": 0, "refunded_tax_minor": 0}
    orders = [Order(price_minor=price, currency="USD", refunded_price_minor=0, **money) for price in prices]
    checkout = Checkout(currency="USD", total_minor=sum(prices), orders=orders)
    used = credit.towards(checkout.total, usd(available))
    credit.share_out(checkout, used)
    assert checkout.credit == used
    assert checkout.by_card.minor == 0 or checkout.by_card.minor >= min(LEAST_CHARGE_MINOR, checkout.total_minor)
    for order in orders:
        assert 0 <= order.credit_minor <= order.price_minor
        so_far = [usd(0), usd(0)]
        for part in [*parts, order.price_minor]:
            order.refunded_price_minor = min(order.refunded_price_minor + part, order.price_minor)
            now = [order.refunded_to_card, order.refunded_credit]
            assert all(before <= after for before, after in zip(so_far, now, strict=True)), "a part never takes back"
            assert now[0] <= order.by_card
            assert now[1] <= order.credit
            so_far = now
        assert so_far == [order.by_card, order.credit]


# Paying --------------------------------------------------------------------------------------------------------------


@pytest.mark.rule("NAP-42", "LUX-22")
def test_credit_waits_while_the_rest_is_paid_and_the_sale_stands_on_both(shop: Flask) -> None:
    holder = a_holder(4_000, 6_000)
    checkout = offer(holder)
    attempt, order = start(checkout.id), checkout.orders[0]
    assert attempt is not None
    assert attempt.amount == order.by_card == order.total - usd(10_000)
    assert [line["amount_minor"] for line in attempt.request["lines"]] == [attempt.amount_minor]
    assert (left(holder), deposits(), held(order)) == (0, 10_000, 0)
    assert proofs.faults() == []
    pay(attempt)
    assert (left(holder), deposits(), held(order)) == (0, 0, order.total.minor)
    sweep()
    travel(order, "scan")
    travel(order, "deliver")
    confirm(order)
    assert again(order).state is OrderState.SETTLED
    assert balance(Account.CLEARING, "USD", order_id=order.id) == order.by_card
    assert_books_balance(shop)


@pytest.mark.fault("B01")
def test_where_credit_pays_everything_no_card_is_asked_and_the_order_stands_at_once(shop: Flask) -> None:
    holder = a_holder(90_000)
    checkout = offer(holder, [live_listing(), live_listing(price=100)])
    assert [start(checkout.id), start(checkout.id)] == [None, None]  # twice is harmless
    sweep()
    assert db.session.get_one(Checkout, checkout.id).state is CheckoutState.PAID
    assert {order.state for order in checkout.orders} == {OrderState.LABEL_ISSUED}
    assert db.session.scalars(sa.select(PaymentAttempt)).all() == []
    assert left(holder) == 90_000 - checkout.total_minor
    assert_books_balance(shop)
    with unit_of_work():
        order = db.session.get_one(Order, checkout.orders[0].id)
        refunding.cancel(order, reason=EndReason.DESK_CANCELLED, by=SYSTEM, at=clock.now())
    sweep()
    assert by_form(order) == (0, order.total.minor)
    assert left(holder) == 90_000 - checkout.orders[1].total.minor
    assert_books_balance(shop)


def test_an_offer_whose_credit_was_spent_meanwhile_takes_nothing(shop: Flask) -> None:
    holder = a_holder(10_000)
    first, second = offer(holder), offer(holder)
    assert first.credit == second.credit == usd(10_000)
    assert start(first.id) is not None
    with pytest.raises(CreditChanged):
        start(second.id)
    db.session.expire_all()
    assert second.orders[0].listing.state is ListingState.LIVE
    assert (left(holder), deposits()) == (0, 10_000)
    with unit_of_work():
        versions.publish(changed({}), at=clock.now())  # it pays here no longer
    assert offer(holder).credit == usd(0)


@pytest.mark.rule("NAP-43")
def test_an_unpaid_checkout_gives_its_credit_back_and_an_end_meanwhile_loses_nothing(
    shop: Flask, advance: object
) -> None:
    holder = a_holder(10_000)
    attempt = start(offer(holder).id)
    assert attempt is not None
    ref = open_page(attempt)
    [own] = store_credit.credits_of(holder)
    with unit_of_work():
        db.session.get_one(StoreCredit, own.id).expires_at = clock.now() + timedelta(minutes=5)
    advance(minutes=40)  # type: ignore[operator]
    sweep()
    assert (left(holder), deposits()) == (10_000, 0)
    db.session.refresh(own)
    assert own.expires_at == clock.now() + timedelta(days=credit.GOOD_FOR_DAYS)
    assert attempts.open_attempt_of(attempt.checkout_id or 0) is None
    late = SessionReport(ref, attempt.key, "complete", True, attempt.amount, payment_ref="pi-late")
    with unit_of_work():  # a payment that comes all the same is not enough for the piece: it goes back
        attempts.apply(db.session.get_one(PaymentAttempt, attempt.id), late, at=clock.now())
    refund = db.session.scalars(sa.select(Refund)).one()
    assert (refund.amount, left(holder)) == (attempt.amount, 10_000)
    assert proofs.faults() == []


def test_a_piece_that_is_gone_when_the_money_comes_gives_its_share_back_in_both_forms(shop: Flask) -> None:
    holder = a_holder(20_000)
    checkout = offer(holder, [live_listing(), live_listing(price=12_345)])
    attempt = start(checkout.id)
    assert attempt is not None
    kept, gone = checkout.orders
    with unit_of_work():
        db.session.get_one(Order, gone.id).listing.state = ListingState.REMOVED
    pay(attempt)
    sweep()
    assert (again(kept).state, again(gone).state) == (OrderState.LABEL_ISSUED, OrderState.EXPIRED)
    assert left(holder) == gone.credit_minor == 20_000 - kept.credit_minor
    assert db.session.scalars(sa.select(Refund.amount_minor)).all() == [gone.by_card.minor]
    assert_books_balance(shop)


# Money back ----------------------------------------------------------------------------------------------------------


@pytest.mark.fault("B16")
@pytest.mark.rule("GAP-13")
def test_parts_go_back_in_proportion_and_in_the_end_each_form_has_what_it_paid(shop: Flask) -> None:
    holder = a_holder(3_000, 7_001)
    [order] = bought(holder)
    travel(order, "scan")
    travel(order, "deliver")
    contest(order)
    for minor in (1, 333, 10_000):
        with unit_of_work():
            mine = db.session.get_one(Order, order.id)
            refunding.refund_part(mine, of_price=usd(minor), reason=EndReason.DISPUTE, by=SYSTEM, at=clock.now())
        to_card, to_credit = by_form(order)
        refunded = again(order).refunded.minor
        assert (to_card + to_credit, to_credit) == (refunded, 10_001 * refunded // order.total.minor)
        assert left(holder) == to_credit
    with unit_of_work():
        refunding.refund_contested(db.session.get_one(Order, order.id), by=SYSTEM, at=clock.now())
    assert by_form(order) == (order.by_card.minor, 10_001)
    own = store_credit.balances(store_credit.credits_of(holder))
    assert sorted(one.minor for one in own.values()) == [3_000, 7_001]  # each credit has what was taken of it
    assert held(order) == 0
    assert_books_balance(shop)


def test_a_settled_sale_refunded_at_our_cost_goes_back_in_both_forms(shop: Flask) -> None:
    holder = a_holder(10_000)
    [order] = bought(holder)
    travel(order, "scan")
    travel(order, "deliver")
    confirm(order)
    for of_price in (usd(5_000), None):
        with unit_of_work():
            late_refunds.refund(db.session.get_one(Order, order.id), of_price=of_price, by=SYSTEM, at=clock.now())
    assert by_form(order) == (order.by_card.minor, 10_000)
    assert left(holder) == 10_000
    assert_books_balance(shop)


def test_credit_that_had_ended_with_a_sale_is_open_again_when_something_goes_back_to_it(shop: Flask) -> None:
    holder = a_holder(10_000)
    [order] = bought(holder)
    with unit_of_work():
        store_credit.end(give(holder, 1_000), order_id=0, by=SYSTEM, at=clock.now())
        mine = db.session.scalars(sa.select(StoreCredit).where(StoreCredit.initial_minor == 10_000)).one()
        store_credit.end(mine, order_id=0, by=SYSTEM, at=clock.now())
        ends = mine.expires_at
        refunding.cancel(
            db.session.get_one(Order, order.id), reason=EndReason.SELLER_CANCELLED, by=SYSTEM, at=clock.now()
        )
    assert left(holder) == 10_000
    db.session.refresh(mine)
    assert (mine.expired_at, mine.expires_at) == (None, ends)


@pytest.mark.fault("B18")
@pytest.mark.parametrize("pays_seller", [True, False])
def test_a_bank_takes_back_what_the_card_paid_and_credit_comes_back_where_the_sale_ends(
    shop: Flask, pays_seller: bool
) -> None:
    holder = a_holder(10_000)
    orders = bought(holder, live_listing(), live_listing(price=12_345))
    for order in orders:
        travel(order, "scan")
        travel(order, "deliver")
    bank(orders[0], "charge_back")
    conclude(bank(orders[0], "lose"), pays_seller=pays_seller)
    for order in orders:
        assert again(order).state is (OrderState.SETTLED if pays_seller else OrderState.REFUNDED)
        cost = balance(Account.CHARGEBACKS, "USD", order_id=order.id)
        assert (cost, held(order)) == (order.by_card if pays_seller else usd(0), 0)
    assert left(holder) == (0 if pays_seller else 10_000)
    assert_books_balance(shop)


# What must be true ---------------------------------------------------------------------------------------------------


def test_a_deposit_that_nobody_is_paying_for_and_an_overfull_credit_are_found(shop: Flask) -> None:
    holder = a_holder(10_000)
    attempt = start(offer(holder).id)
    assert attempt is not None
    with unit_of_work():
        order = db.session.scalars(sa.select(Order)).one()
        order.state = OrderState.EXPIRED
    number = order.number
    assert proofs.faults() == [f"order {number} holds 10000 of its buyer's credit, not 0"]
    [own] = store_credit.credits_of(holder)
    lines = (
        Line(Account.LOSSES, usd(10_001)),
        Line(Account.STORE_CREDIT_LIABILITY, usd(-10_001), store_credit_id=own.id),
    )
    with unit_of_work():
        post(posting(lines=lines, kind="void"))
    assert f"store credit {own.number} holds 10001, more than it was given" in proofs.faults()
