"""One shopper who presses twice: the second press finds what the first one did, on both databases."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from flask import Flask
from werkzeug.test import TestResponse

from marketplace.database import db
from marketplace.orders.models import Checkout, Hold
from marketplace.payments.models import PaymentAttempt
from marketplace.payments.sandbox import SandboxSession
from tests.books import assert_books_balance
from tests.fresh import FreshDatabase
from tests.shopping import ADDRESS, checkout_of, live_listing, orders_of, path_of, pay, put_in_bag, to_review
from tests.web import Browser, find_form, form_fields, post_form

PRESSES = 6


def count(model: type) -> int:
    return db.session.scalar(sa.select(sa.func.count()).select_from(model)) or 0


def press_at_once(fresh: FreshDatabase, browser: Browser, url: str, fields: dict[str, list[str]]) -> list[TestResponse]:
    """Send one form of one browser several times at the same moment."""

    def press() -> Callable[[], TestResponse]:
        tab = fresh.client()
        tab._cookies.update(browser._cookies)
        return lambda: tab.post(url, data=fields)

    answers = fresh.in_parallel([press() for _ in range(PRESSES)])
    assert all(isinstance(answer, TestResponse) for answer in answers), answers
    return answers


@pytest.mark.fault("B01")
def test_pressing_pay_several_times_at_once_opens_one_page(fresh_database: FreshDatabase) -> None:
    browser = fresh_database.client()
    review = fresh_database.run(lambda: to_review(browser, live_listing(), live_listing()))
    fields = form_fields(find_form(browser.get(review), "pay"))
    answers = press_at_once(fresh_database, browser, f"{review}/pay", fields)
    assert {answer.status_code for answer in answers} == {303}, [answer.status for answer in answers]
    assert len({answer.location for answer in answers}) == 1

    def judge() -> None:
        assert (count(PaymentAttempt), count(SandboxSession), count(Hold)) == (1, 1, 2)

    fresh_database.run(judge)
    assert_books_balance(fresh_database.app)


@pytest.mark.fault("B01")
def test_sending_the_address_several_times_at_once_makes_one_offer(fresh_database: FreshDatabase) -> None:
    browser = fresh_database.client()
    fresh_database.run(lambda: put_in_bag(browser, live_listing()))
    fields = {**form_fields(find_form(browser.get("/checkout"), "checkout")), **{k: [v] for k, v in ADDRESS.items()}}
    answers = press_at_once(fresh_database, browser, "/checkout", fields)
    assert {answer.status_code for answer in answers} == {303}, [answer.status for answer in answers]
    assert len({answer.location for answer in answers}) == 1
    assert fresh_database.run(lambda: count(Checkout)) == 1


@pytest.mark.fault("B01")
def test_whichever_answer_the_browser_keeps_its_guest_may_see_the_order(
    app: Flask, client: Browser, run_jobs: Callable[[], int]
) -> None:
    put_in_bag(client, live_listing())
    fields = {**form_fields(find_form(client.get("/checkout"), "checkout")), **{k: [v] for k, v in ADDRESS.items()}}
    second = app.test_client()
    assert isinstance(second, Browser)
    second._cookies.update(client._cookies)
    reviews = {str(tab.post("/checkout", data=fields).location) for tab in (client, second)}
    [review] = reviews
    answer = post_form(second, review, "pay")
    pay(second, path_of(answer))
    run_jobs()
    [order] = orders_of(checkout_of(review))
    assert second.get(f"/orders/{order.number}").status_code == 200
