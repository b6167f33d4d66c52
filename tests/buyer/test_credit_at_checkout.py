"""Paying with store credit as a shopper does it: pages and forms, without script."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from flask import Flask

from marketplace import clock
from marketplace.database import db, unit_of_work
from marketplace.events import SYSTEM
from marketplace.orders import refunding
from marketplace.orders.models import Order
from marketplace.orders.refunding import EndReason
from marketplace.orders.states import OrderState
from marketplace.payments.models import PaymentAttempt
from marketplace.people.models import Person, Role
from tests.accounts import an_account, mail_to
from tests.books import assert_books_balance
from tests.orders.wallets import a_holder, credit_spends_here, left
from tests.shopping import (
    ADDRESS,
    checkout_of,
    live_listing,
    orders_of,
    path_of,
    pay,
    put_in_bag,
    to_payment,
    to_review,
    words_of,
)
from tests.web import Browser, find_form, form_fields, post_form

RunJobs = Callable[[], int]


@pytest.fixture
def holder(client: Browser) -> Person:
    """Somebody signed in who has 100.00 to spend."""
    credit_spends_here()
    holder = a_holder(10_000)
    client.sign_in_as(holder)
    return holder


def cancel(order: Order) -> None:
    with unit_of_work():
        mine = db.session.get_one(Order, order.id)
        refunding.cancel(mine, reason=EndReason.DESK_CANCELLED, by=SYSTEM, at=clock.now())


@pytest.mark.rule("NAP-42", "NAP-45", "LUX-22")
def test_a_holder_pays_with_credit_first_and_sees_both_forms_wherever_the_money_is_told(
    app: Flask, client: Browser, holder: Person, run_jobs: RunJobs
) -> None:
    review = to_review(client, live_listing(price=20_000), email=holder.email)
    shown = words_of(client.get(review))  # 217.31 in all
    for said in ("Store credit -$100.00", "Left to pay by card $117.31", "Pay $117.31"):
        assert said in shown
    payment = path_of(post_form(client, review, "pay"))
    assert "$117.31" in words_of(client.get(payment))
    assert left(holder) == 0
    thanks = path_of(pay(client, payment))
    run_jobs()
    assert "With store credit $100.00" in words_of(client.get(thanks))
    [order] = orders_of(checkout_of(review))
    page = words_of(client.get(f"/orders/{order.number}"))
    assert "Paid with store credit $100.00" in page
    assert "Paid by card $117.31" in page
    assert "Paid at our checkout" in words_of(client.get("/account/credit"))
    cancel(order)
    run_jobs()
    page = words_of(client.get(f"/orders/{order.number}"))
    assert "Everything you paid goes back: $117.31 to your card, $100.00 to your store credit." in page
    letters = {letter.message: letter.text for letter in mail_to(holder.email)}
    for message, said in (("checkout_paid", "With store credit"), ("refunded", "To your store credit")):
        assert said in letters[message]
        assert "$100" in letters[message]
    client.sign_in_as(an_account(roles=[Role.AGENT]))
    desk = words_of(client.get(f"/desk/orders/{order.number}"))
    for said in ("Paid with store credit $100.00", "Of it to store credit $100.00", "Store credit set aside"):
        assert said in desk
    assert left(holder) == 10_000
    assert_books_balance(app)


@pytest.mark.rule("NAP-45")
def test_credit_is_left_alone_where_it_is_not_wanted_and_taken_where_it_is_after_all(
    client: Browser, holder: Person
) -> None:
    listing = live_listing()
    put_in_bag(client, listing)
    assert "Use my store credit (you have $100.00)" in words_of(client.get("/checkout"))
    review = path_of(post_form(client, "/checkout", "checkout", **{**ADDRESS, "email": holder.email}, uses_credit=None))
    assert checkout_of(review).credit.minor == 0
    for wanted in (10_000, 0, 10_000):
        assert path_of(post_form(client, review, "store-credit")) == review
        assert checkout_of(review).credit.minor == wanted
    post_form(client, review, "pay")
    assert left(holder) == 0
    sent = form_fields(find_form(client.get(review), "pay"))
    assert client.post(review + "/credit", data=sent).status_code == 409  # it is being paid already
    # What an unpaid checkout of one's own holds is within reach of the next, which gives the first up.
    other = to_review(client, live_listing(price=9_000), email=holder.email)
    assert checkout_of(other).credit.minor == 10_000
    assert post_form(client, other, "pay").status_code == 303
    db.session.expire_all()
    assert orders_of(checkout_of(review))[0].state is OrderState.EXPIRED
    assert orders_of(checkout_of(other))[0].state is OrderState.AWAITING_PAYMENT


def test_where_credit_pays_everything_the_buyer_is_thanked_without_a_payment_page(
    app: Flask, client: Browser, run_jobs: RunJobs
) -> None:
    credit_spends_here()
    holder = a_holder(50_000)
    client.sign_in_as(holder)
    review = to_review(client, live_listing(), email=holder.email)
    assert "no card is asked for" in words_of(client.get(review))
    answer = post_form(client, review, "pay")
    assert path_of(answer) == review + "/return"
    assert "Thank you" in words_of(client.get(path_of(answer)))
    run_jobs()
    assert db.session.scalars(sa.select(PaymentAttempt)).all() == []
    [order] = orders_of(checkout_of(review))
    assert client.get(f"/orders/{order.number}").status_code == 200
    cancel(order)
    assert "goes back to your store credit" in words_of(client.get(f"/orders/{order.number}"))
    assert left(holder) == 50_000
    assert_books_balance(app)


@pytest.mark.fault("B05")
def test_credit_spent_meanwhile_is_said_with_the_new_total(client: Browser, holder: Person) -> None:
    review = to_review(client, live_listing(), email=holder.email)
    elsewhere = client.application.test_client()
    assert isinstance(elsewhere, Browser)
    elsewhere.sign_in_as(holder)
    pay(elsewhere, to_payment(elsewhere, live_listing(), email=holder.email))
    answer = post_form(client, review, "pay")
    assert path_of(answer) != review
    assert "Your store credit has changed" in words_of(client.get(path_of(answer)))
    assert checkout_of(path_of(answer)).credit.minor == 0


@pytest.mark.rule("NAP-44")
def test_nobody_pays_with_the_credit_of_another(client: Browser, holder: Person) -> None:
    review = to_review(client, live_listing(), email=holder.email)
    stranger = client.application.test_client()
    assert isinstance(stranger, Browser)
    with client.session_transaction() as known, stranger.session_transaction() as session:
        session["checkouts"] = known["checkouts"]  # the browser that was hers, after she signed out
    sent = form_fields(find_form(stranger.get(review), "pay"))
    assert find_form(client.get(review), "store-credit") is not None
    assert "store-credit" not in stranger.get(review).get_data(as_text=True)
    assert stranger.post(review + "/pay", data=sent).status_code == 404
    assert stranger.post(review + "/credit", data=sent).status_code == 404
    assert left(holder) == 10_000
    put_in_bag(stranger, live_listing())
    assert "store credit" not in words_of(stranger.get("/checkout"))
    # An order under another address is nobody's who has credit.
    other = to_review(client, live_listing(), email="friend@example.com", uses_credit="y")
    assert checkout_of(other).credit.minor == 0
