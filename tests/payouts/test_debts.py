"""What a seller owes after fraud: taken from the next payouts, the oldest first, until nothing is open."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from flask import Flask

from marketplace import clock
from marketplace.credits import store_credit
from marketplace.database import db, unit_of_work
from marketplace.jobs import runner
from marketplace.ledger import Account, balance
from marketplace.orders.models import Order
from marketplace.payouts import accounts, debts, gates, runs, taking_back
from marketplace.payouts.models import Debt, Payout, PayoutForm, PayoutState
from marketplace.people.models import Person, Role
from marketplace.programme import versions
from tests.accounts import an_account, mail_to
from tests.books import assert_books_balance
from tests.desk.test_late_refunds import refunded, settled, spend
from tests.desk.test_order_actions import an_agent, browser, on_record
from tests.payouts.test_forms import THREE, again, owe
from tests.payouts.test_paying import usd
from tests.programme.policies import changed
from tests.web import page, post_form


def seller_of(order: Order) -> Person:
    assert order.seller is not None
    return order.seller


def given(order: Order, minor: int) -> Debt:
    with unit_of_work():
        return debts.owe(order.id, seller_of(order).id, usd(minor), at=clock.now())


@pytest.mark.rule("GAP-19", "GAP-21")
@pytest.mark.fault("B17")
def test_what_was_spent_before_fraud_was_found_comes_back_from_the_next_payouts(app: Flask) -> None:
    order = settled()
    spend(app, order, 5_000)
    refunded(order, is_fraud=True)
    seller = seller_of(order)
    browsers = browser(app, seller)
    owed = page(browsers.get("/sell/payouts")).find(attrs={"aria-labelledby": "owed"})
    assert owed is not None and "$50.00" in owed.get_text() and order.number in owed.get_text()

    first = again(owe(seller, "T1", amount=usd(3_000)))
    second = again(owe(seller, "T2", amount=usd(10_000)))
    third = again(owe(seller, "T3", amount=usd(1_000)))
    runner.run_until_idle()
    assert [(again(one).state, one.amount.minor, one.covered.minor) for one in (first, second, third)] == [
        (PayoutState.COVERED, 0, 3_000),
        (PayoutState.ISSUED, 8_000, 2_000),
        (PayoutState.ISSUED, 1_000, 0),
    ]
    assert balance(Account.SELLER_RECEIVABLE, "USD").minor == 0
    assert balance(Account.GIFT_CARD_LIABILITY, "USD").minor == -9_000
    letters = [letter for letter in mail_to(seller.email) if letter.message == "payout_covered"]
    assert [("$30.00" in one.subject, "$20.00 is still owed" in one.text) for one in letters[:1]] == [(True, True)]
    assert len(letters) == 2 and "Nothing is owed any more." in letters[1].text
    shown = page(browsers.get("/sell/payouts"))
    assert shown.find(attrs={"aria-labelledby": "owed"}) is None
    assert "$20.00 paid what you owed" in shown.get_text(" ")
    assert_books_balance(app)


def test_a_bonus_is_of_what_is_paid_and_a_run_takes_what_is_left(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gates, "missing", lambda *_who, **_when: [])
    monkeypatch.setattr(accounts, "account_of", lambda _person_id: None)
    with unit_of_work():
        versions.publish(changed(THREE), at=clock.now())
    order = settled()
    seller = seller_of(order)
    given(order, 4_000)
    owe(seller, "T1", form=PayoutForm.STORE_CREDIT)
    assert store_credit.balance_of(seller.id, "USD", at=clock.now()) == usd(7_200)  # a fifth more of what was left
    waiting = owe(seller, "T2", form=PayoutForm.CASH)
    given(order, 2_500)
    manager = an_account(roles=[Role.MANAGER])
    with unit_of_work():
        run = runs.prepare(by=manager, at=clock.now())
        assert [transfer.amount for transfer in run.transfers] == [usd(7_500)]
    given(order, 1_000)
    with unit_of_work():  # nothing moved it since, so the next debt waits for the next payout
        assert [debt.open.minor for debt in debts.owed_by(seller)] == [1_000]
    assert (again(waiting).state, again(waiting).covered) == (PayoutState.DUE, usd(2_500))


@pytest.mark.fault("P06")
def test_a_colleague_may_waive_it_with_a_reason_and_above_an_amount_two_have_to(app: Flask) -> None:
    order = settled()
    spend(app, order, 5_000)
    refunded(order, is_fraud=True)
    with unit_of_work():
        versions.publish(changed({"disputes.approval_above_minor": 4_000}), at=clock.now())
    path = f"/desk/orders/{order.number}"
    kim, lee = browser(app, an_agent("Kim Desk")), browser(app, an_agent("Lee Desk"))
    assert "Still open" in page(kim.get(path)).get_text()
    assert post_form(kim, path, "forgive", reason="").status_code == 422
    for agent, still_open in ((kim, 5_000), (kim, 5_000), (lee, 0)):
        assert post_form(agent, path, "forgive", reason="She is ill").status_code == 303
        db.session.expire_all()
        assert db.session.scalars(sa.select(Debt.open_minor)).one() == still_open
    assert on_record(order)[-1] == ("desk_forgive", "She is ill")
    assert page(lee.get(path)).find("form", id="forgive") is None
    assert balance(Account.SELLER_RECEIVABLE, "USD").minor == 0
    assert again(owe(seller_of(order))).covered.minor == 0
    assert_books_balance(app)


def test_what_paid_a_debt_counts_as_spent(app: Flask) -> None:
    """Should that sale turn out to be fraud as well, it is owed again."""
    order = settled()
    payout = db.session.scalars(sa.select(Payout)).one()
    payout.covered_minor, payout.amount_minor = 5_000, payout.amount_minor - 5_000
    db.session.commit()
    with unit_of_work():
        assert taking_back.reachable(order.id, "USD").spent == usd(5_000)
