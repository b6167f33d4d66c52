"""Another house issues the cards and misbehaves: one card an order (G01), nothing that was not asked for (G02).

The house is a server on a socket with books of its own; whatever it did, its books and ours agree in the end.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from marketplace import clock
from marketplace.credits.remote import RemoteIssuer
from marketplace.database import db, unit_of_work
from marketplace.jobs.alarms import Alarm, AlarmKind
from marketplace.jobs.outbox import OutboxRow, OutboxState
from marketplace.ledger import Account, balance, proofs
from marketplace.money import Money
from marketplace.orders.models import Order
from marketplace.payouts import gift_cards, paying
from marketplace.payouts.models import Payout, PayoutState
from tests.accounts import mail_to
from tests.books import assert_books_balance, total
from tests.doubles.faults import Fault, answer_twice, fail_after_work, lose_answer, lose_request, refuse, slow
from tests.doubles.gift_cards import Card, GiftCardDouble
from tests.orders.stories import confirm, delivered_order
from tests.payouts.test_crashes import make_due
from tests.shipping.sales import sweep
from tests.web import page

OWED = Money(19_600, "USD")
SECONDS = 0.5  # how long we wait for the other house here


@pytest.fixture
def house(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[GiftCardDouble]:
    """The house that issues this shop's gift cards."""
    with GiftCardDouble() as there:
        monkeypatch.setitem(app.extensions, "gift_cards", RemoteIssuer(there.url, there.token, seconds=SECONDS))
        yield there
        assert there.violations == []


def payout_for(order: Order) -> Payout:
    db.session.expire_all()
    return db.session.scalars(sa.select(Payout).where(Payout.order_id == order.id)).one()


def letters(order: Order) -> list[str]:
    return [letter.text for letter in mail_to(order.seller.email) if letter.message == "gift_card_ready"]


def alarms() -> list[tuple[AlarmKind, str]]:
    standing = db.session.scalars(sa.select(Alarm).where(Alarm.cleared_at.is_(None)))
    return [(alarm.kind, alarm.subject_type) for alarm in standing]


def rows() -> list[OutboxRow]:
    db.session.expire_all()
    return list(db.session.scalars(sa.select(OutboxRow).where(OutboxRow.kind == "gift_card").order_by(OutboxRow.id)))


def keys(house: GiftCardDouble) -> list[str]:
    return [call.headers["idempotency-key"] for call in house.of("issue")]


def assert_paid_once(house: GiftCardDouble, *orders: Order) -> None:
    """One card an order there, one letter with its code here, one posting, and both books say the same."""
    assert sorted(card.reference for card in house.cards) == sorted(order.number for order in orders)
    for order in orders:
        payout = payout_for(order)
        [card] = [card for card in house.cards if card.reference == order.number]
        assert (payout.state, payout.gift_card_number, payout.gift_card_last_four) == (
            PayoutState.ISSUED,
            card.number,
            card.code[-4:],
        )
        [letter] = letters(order)
        assert card.code in letter
        assert balance(Account.SELLER_PAYABLE, "USD", order_id=order.id) == Money(0, "USD")
    assert {currency: -minor for currency, minor in total(Account.GIFT_CARD_ISSUER_PAYABLE).items()} == house.owed()
    assert total(Account.GIFT_CARD_LIABILITY) == {}


def assert_unpaid(order: Order) -> None:
    payout = payout_for(order)
    assert (payout.state, payout.gift_card_number) == (PayoutState.REFUSED, None)
    assert balance(Account.SELLER_PAYABLE, "USD", order_id=order.id) == -OWED
    assert balance(Account.GIFT_CARD_ISSUER_PAYABLE, "USD", order_id=order.id) == Money(0, "USD")
    assert letters(order) == []
    assert alarms() == [(AlarmKind.PAYOUT_REFUSED, "payouts")]
    assert proofs.faults() == []


# One card an order ---------------------------------------------------------------------------------------------------


def test_another_house_issues_the_card_and_is_owed_for_it(app: Flask, house: GiftCardDouble) -> None:
    order = delivered_order()
    confirm(order)
    assert keys(house) == [f"gift_card:{order.number}"]
    assert_paid_once(house, order)
    assert_books_balance(app)
    seller = app.test_client()
    seller.sign_in_as(order.seller)  # type: ignore[attr-defined]
    words = page(seller.get("/account/credit")).get_text(" ", strip=True)
    assert f"Ending {house.cards[0].code[-4:]}" in words
    assert "No gift cards yet" not in words


BEFORE_THE_WORK = (
    refuse(503),
    refuse(500, "<h1>Oops</h1>"),
    lose_request(),
    refuse(429, {"error": {"code": "too_many_requests", "message": "wait"}}),
    refuse(401, {"error": {"code": "unauthorized", "message": "who?"}}),
    refuse(307, "", Location="http://127.0.0.1:1/api/v1/gift-cards"),
)
AFTER_THE_WORK = (
    fail_after_work(500),
    lose_answer("reset"),
    lose_answer("cut"),
    lose_answer("silence"),
    slow(SECONDS * 3),
    fail_after_work(200, "<h1>Welcome</h1>"),
)


@pytest.mark.fault("G01")
@pytest.mark.parametrize("troubles", [BEFORE_THE_WORK, AFTER_THE_WORK], ids=["before-the-work", "after-the-work"])
def test_whatever_the_issuer_does_the_order_has_one_card(
    app: Flask, house: GiftCardDouble, troubles: tuple[Fault, ...]
) -> None:
    """One trouble an attempt; the seller's card is on its way until the answer comes, and then it comes twice."""
    order = delivered_order()
    house.plan("issue", *troubles, answer_twice())
    confirm(order)
    for _trouble in troubles:
        assert (payout_for(order).state, letters(order)) == (PayoutState.DUE, [])
        make_due()
        sweep()
    assert (len(set(keys(house))), len(keys(house))) == (1, len(troubles) + 1)
    assert_paid_once(house, order)
    assert_books_balance(app)


@pytest.mark.fault("G01")
def test_an_issuer_that_is_down_is_asked_again_when_it_is_back(app: Flask, house: GiftCardDouble) -> None:
    order = delivered_order()
    house.stop()
    confirm(order)
    assert [row.state for row in rows()] == [OutboxState.PENDING]
    assert payout_for(order).state is PayoutState.DUE
    house.start()
    make_due()
    sweep()
    assert (house.count("issue"), house.count("find")) == (1, 0)
    assert_paid_once(house, order)
    assert_books_balance(app)


def test_control_an_issuer_that_forgets_its_keys_makes_two_cards(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """One card an order hangs on the key and the reference: without them the same story ends with two."""
    with GiftCardDouble(forgetful=True) as house:
        monkeypatch.setitem(app.extensions, "gift_cards", RemoteIssuer(house.url, house.token))
        order = delivered_order()
        house.plan("issue", lose_answer())
        confirm(order)
        make_due()
        sweep()
        assert len(house.cards) == 2


def test_an_issuer_that_never_answers_ends_parked_with_an_alarm(app: Flask, house: GiftCardDouble) -> None:
    house.always("issue", lose_answer())
    house.always("find", refuse(500))
    order = delivered_order()
    confirm(order)
    for _ in range(10):
        make_due()
        sweep()
    assert (payout_for(order).state, letters(order)) == (PayoutState.DUE, [])
    assert [row.state for row in rows()] == [OutboxState.PARKED]
    assert alarms() == [(AlarmKind.JOB_PARKED, "outbox")]


# Nothing that was not asked for --------------------------------------------------------------------------------------

LIES: dict[str, dict[str, Any]] = {
    "a cent less": {"amount": 19_599, "balance": 19_599},
    "a cent more": {"amount": 19_601, "balance": 19_601},
    "nothing": {"amount": 0, "balance": 0},
    "below zero": {"amount": -19_600, "balance": -19_600},
    "another currency": {"currency": "EUR"},
    "no currency": {"currency": "dollars"},
    "another order's": {"reference": "R00000000"},
    "without a code": {"code": None},
    "spent already": {"state": "spent", "balance": 0},
    "spent in part": {"balance": 5},
}


def said(order: Order, **lie: Any) -> Fault:
    """The issuer answers with a card that is not the one it keeps."""
    card = Card("9000-1", "1111-2222-7777", OWED.minor, "USD", order.number, clock.now().isoformat())
    return refuse(201, {**card.told(), "code": card.code, **lie})


def ask_again(order: Order) -> None:
    with unit_of_work():
        paying.issue_again(payout_for(order), at=clock.now())
    sweep()


@pytest.mark.fault("G02")
def test_another_card_than_was_asked_for_is_refused_whatever_is_wrong_with_it(
    app: Flask, house: GiftCardDouble
) -> None:
    order = delivered_order()
    house.plan("issue", *(said(order, **lie) for lie in LIES.values()))
    confirm(order)
    for number, lie in enumerate(LIES, start=1):
        assert house.count("issue") == number, lie
        assert_unpaid(order)
        ask_again(order)
    assert len(set(keys(house))) == len(LIES) + 1
    assert_paid_once(house, order)


@pytest.mark.fault("G02")
def test_a_card_that_paid_another_order_is_refused(house: GiftCardDouble) -> None:
    """By its number, by its code under a new number, and by both."""
    first, second = delivered_order(), delivered_order()
    confirm(first)
    [paid] = house.cards
    number, code = {"number": paid.number}, {"code": paid.code, "last_four": paid.code[-4:]}
    house.plan("issue", said(second, **number), said(second, **code), said(second, **number, **code))
    confirm(second)
    for asked in (2, 3, 4):
        assert house.count("issue") == asked
        assert_unpaid(second)
        ask_again(second)
    assert_paid_once(house, first, second)


def test_control_without_the_print_a_code_pays_twice(house: GiftCardDouble, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = delivered_order(), delivered_order()
    confirm(first)
    [paid] = house.cards
    house.plan("issue", said(second, code=paid.code, last_four=paid.code[-4:]))
    prints = iter(("one", "another", "a third", "a fourth"))
    monkeypatch.setattr(gift_cards, "_print", lambda _outcome: next(prints))
    confirm(second)
    assert (paid.code in letters(first)[0], paid.code in letters(second)[0]) == (True, True)


def test_an_issuer_that_says_no_for_good_is_asked_again_under_a_new_key_once_that_is_settled(
    house: GiftCardDouble,
) -> None:
    house.plan("issue", refuse(422, {"error": {"code": "unprocessable", "message": "account closed"}}))
    order = delivered_order()
    confirm(order)
    assert_unpaid(order)
    assert [row.trouble for row in rows()] == ["unprocessable: account closed"]
    ask_again(order)
    payout = payout_for(order)
    assert keys(house) == [f"gift_card:{payout.reference}", f"gift_card:{payout.reference}:1"]
    assert_paid_once(house, order)


def test_a_letter_that_bounces_is_the_desks_to_bring(app: Flask) -> None:
    order = delivered_order()
    seller = order.seller
    seller.email = seller.loyalty_account.email = "gone@bounce.test"
    db.session.commit()
    confirm(order)
    assert payout_for(order).state is PayoutState.ISSUED
    assert (AlarmKind.MAIL_BOUNCED, "payouts") in alarms()
