"""Twelve buyers and one piece: the database itself decides, and without its index the same race oversells."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import pytest
import sqlalchemy as sa
from werkzeug.test import TestResponse

from marketplace.database import db
from marketplace.jobs import runner
from marketplace.orders import holds
from marketplace.orders.models import Hold, Order
from marketplace.orders.states import OrderState
from marketplace.payments.sandbox import SandboxSession
from tests.books import assert_books_balance
from tests.fresh import FreshDatabase
from tests.shopping import VISA, live_listing, path_of, to_review
from tests.web import find_form, form_fields

BUYERS = 12


def race(fresh: FreshDatabase, pieces: int = 1) -> list[TestResponse]:
    """Let every buyer press Pay at once, each on a review page of one of the pieces; returns their answers."""
    listings = [fresh.run(lambda: live_listing()) for _ in range(pieces)]
    ready: list[Callable[[], TestResponse]] = []
    for number in range(BUYERS):
        browser = fresh.client()
        piece = listings[number % pieces]
        review = fresh.run(lambda b=browser, n=number, p=piece: to_review(b, p, email=f"buyer{n}@example.com"))
        fields = form_fields(find_form(browser.get(review), "pay"))
        ready.append(lambda b=browser, r=review, f=fields: b.post(f"{r}/pay", data=f))
    return fresh.in_parallel(ready)


def winners(answers: list[TestResponse]) -> list[TestResponse]:
    assert all(isinstance(answer, TestResponse) for answer in answers), answers
    assert {answer.status_code for answer in answers} <= {303, 409}
    return [answer for answer in answers if answer.status_code == 303]


def pay_all(fresh: FreshDatabase, answers: list[TestResponse]) -> None:
    """Every winner pays on the provider's page; then the shop does its work."""
    for answer in answers:
        browser = fresh.client()
        payment_page = path_of(answer)
        fields = form_fields(find_form(browser.get(payment_page), "sandbox-pay"))
        browser.post(payment_page, data={**fields, "card": VISA, "action": "pay"})
    fresh.run(runner.run_until_idle)


def sold_orders() -> list[Order]:
    return list(db.session.scalars(sa.select(Order).where(Order.paid_at.is_not(None))))


@pytest.mark.fault("B02")
def test_of_twelve_buyers_at_once_exactly_one_gets_the_piece(fresh_database: FreshDatabase) -> None:
    won = winners(race(fresh_database))
    assert len(won) == 1
    pay_all(fresh_database, won)

    def judge() -> None:
        assert len(sold_orders()) == 1
        assert db.session.scalar(sa.select(sa.func.count()).select_from(SandboxSession)) == 1
        waiting = sa.select(sa.func.count()).where(Order.state == OrderState.AWAITING_PAYMENT)
        assert db.session.scalar(waiting) == BUYERS - 1

    fresh_database.run(judge)
    assert_books_balance(fresh_database.app)


@pytest.mark.fault("B03")
def test_control_without_the_index_the_same_race_oversells(
    fresh_database: FreshDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unprotected(checkout: Any, orders: Sequence[Order], at: datetime) -> set[int]:
        db.session.add_all([Hold(item_id=one.item_id, checkout_id=checkout.id, taken_at=at) for one in orders])
        return {one.item_id for one in orders}

    def still_there(listings: Sequence[Any], *_more: Any, **_by: Any) -> set[int]:
        return {listing.item_id for listing in listings}

    def drop_the_index() -> None:
        db.session.execute(sa.text("DROP INDEX uq_holds_live_item"))
        db.session.commit()

    fresh_database.run(drop_the_index)
    monkeypatch.setattr(holds, "_hold", unprotected)
    monkeypatch.setattr(holds, "_move", still_there)
    won = winners(race(fresh_database))
    assert len(won) > 1, "without the protection several buyers hold one piece"


def test_twelve_buyers_on_several_pieces_sell_each_once(fresh_database: FreshDatabase) -> None:
    won = winners(race(fresh_database, pieces=4))
    assert len(won) == 4
    pay_all(fresh_database, won)

    def judge() -> None:
        sold = sold_orders()
        assert len({order.item_id for order in sold}) == len(sold) == 4

    fresh_database.run(judge)
    assert_books_balance(fresh_database.app)
