"""Issuers that misbehave: nothing is booked that was not asked for, nobody is mailed, the desk hears of it (G02)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
import sqlalchemy as sa
from flask import Flask

from marketplace import clock
from marketplace.credits.issuer import CardWanted, IssuedCard, IssueRefused
from marketplace.database import db, unit_of_work
from marketplace.jobs.alarms import Alarm, AlarmKind
from marketplace.jobs.outbox import NotDone, OutboxRow, OutboxState, OutcomeUnknown
from marketplace.ledger import Account, balance, proofs
from marketplace.money import Money
from marketplace.orders.models import Order
from marketplace.payouts import paying
from marketplace.payouts.models import Payout, PayoutState
from tests.accounts import mail_to
from tests.orders.stories import confirm, delivered_order
from tests.payouts.test_crashes import make_due
from tests.shipping.sales import sweep

OWED = Money(19_600, "USD")


class House:
    """Another house that issues gift cards; ``says`` is what it answers, or the trouble it raises."""

    def __init__(self, says: Callable[[CardWanted], IssuedCard]) -> None:
        self.says, self.asked, self.looked_up = says, list[CardWanted](), 0
        self.knows: IssuedCard | None = None

    def issue(self, wanted: CardWanted) -> IssuedCard:
        self.asked.append(wanted)
        return self.says(wanted)

    def look_up(self, wanted: CardWanted) -> IssuedCard | None:
        self.looked_up += 1
        return self.knows


def good(wanted: CardWanted) -> IssuedCard:
    return IssuedCard("9000-4471", "7777", wanted.amount, "1111-2222-3333-7777")


def raising(trouble: Exception) -> Callable[[CardWanted], IssuedCard]:
    def answer(_wanted: CardWanted) -> IssuedCard:
        raise trouble

    return answer


@pytest.fixture
def with_house(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Callable[..., House]:
    def move_in(says: Callable[[CardWanted], IssuedCard]) -> House:
        house = House(says)
        monkeypatch.setitem(app.extensions, "gift_cards", house)
        return house

    return move_in


def payout_for(order: Order) -> Payout:
    db.session.expire_all()
    return db.session.scalars(sa.select(Payout).where(Payout.order_id == order.id)).one()


def letters(order: Order) -> int:
    return len([letter for letter in mail_to(order.seller.email) if letter.message == "gift_card_ready"])


def alarms() -> list[tuple[AlarmKind, str]]:
    standing = db.session.scalars(sa.select(Alarm).where(Alarm.cleared_at.is_(None)))
    return [(alarm.kind, alarm.subject_type) for alarm in standing]


def row() -> OutboxRow:
    db.session.expire_all()
    return db.session.scalars(sa.select(OutboxRow).where(OutboxRow.kind == "gift_card").order_by(OutboxRow.id)).all()[
        -1
    ]


def assert_unpaid(order: Order) -> None:
    payout = payout_for(order)
    assert (payout.state, payout.gift_card_number) == (PayoutState.REFUSED, None)
    assert balance(Account.SELLER_PAYABLE, "USD", order_id=order.id) == -OWED
    assert balance(Account.GIFT_CARD_LIABILITY, "USD") == Money(0, "USD")
    assert letters(order) == 0
    assert alarms() == [(AlarmKind.PAYOUT_REFUSED, "payouts")]
    assert proofs.faults() == []


def test_another_house_issues_and_the_liability_is_booked_all_the_same(with_house) -> None:
    house, order = with_house(good), delivered_order()
    confirm(order)
    payout = payout_for(order)
    assert house.asked == [CardWanted(OWED, order.number, f"gift_card:payouts:{payout.id}")]
    assert (payout.state, payout.gift_card_number, payout.gift_card_last_four) == (
        PayoutState.ISSUED,
        "9000-4471",
        "7777",
    )
    assert balance(Account.GIFT_CARD_LIABILITY, "USD", order_id=order.id) == -OWED
    assert letters(order) == 1


@pytest.mark.parametrize("amount", [Money(19_599, "USD"), Money(19_601, "USD"), Money(19_600, "EUR"), Money(0, "USD")])
def test_another_amount_or_currency_is_refused(with_house, amount: Money) -> None:
    with_house(lambda wanted: replace(good(wanted), amount=amount))
    order = delivered_order()
    confirm(order)
    assert_unpaid(order)


def test_a_card_that_paid_another_order_is_refused(with_house) -> None:
    with_house(good)
    first, second = delivered_order(), delivered_order()
    confirm(first)
    confirm(second)
    assert payout_for(first).state is PayoutState.ISSUED
    assert payout_for(second).state is PayoutState.REFUSED
    assert (letters(first), letters(second)) == (1, 0)
    assert balance(Account.GIFT_CARD_LIABILITY, "USD") == -OWED
    assert alarms() == [(AlarmKind.PAYOUT_REFUSED, "payouts")]


def test_an_issuer_that_says_no_for_good_leaves_the_seller_owed(with_house) -> None:
    with_house(raising(IssueRefused("account closed")))
    order = delivered_order()
    confirm(order)
    assert_unpaid(order)


def test_once_that_is_settled_the_card_is_asked_for_again_under_a_new_key(with_house) -> None:
    house, order = with_house(raising(IssueRefused("account closed"))), delivered_order()
    confirm(order)
    house.says = good
    with unit_of_work():
        paying.issue_again(payout_for(order), at=clock.now())
    sweep()
    payout = payout_for(order)
    assert payout.state is PayoutState.ISSUED
    assert [wanted.key for wanted in house.asked] == [
        f"gift_card:payouts:{payout.id}",
        f"gift_card:payouts:{payout.id}:1",
    ]
    assert letters(order) == 1


def test_an_issuer_that_is_away_is_asked_again_with_the_same_key(with_house) -> None:
    house, order = with_house(raising(NotDone("connection refused"))), delivered_order()
    confirm(order)
    assert (payout_for(order).state, row().state, letters(order)) == (PayoutState.DUE, OutboxState.PENDING, 0)
    house.says = good
    make_due()
    sweep()
    assert payout_for(order).state is PayoutState.ISSUED
    assert len({wanted.key for wanted in house.asked}) == 1
    assert (house.looked_up, letters(order)) == (0, 1)


def test_a_lost_answer_is_looked_up_before_anything_is_asked_again(with_house) -> None:
    house, order = with_house(raising(OutcomeUnknown("no answer"))), delivered_order()
    confirm(order)
    assert (payout_for(order).state, row().state) == (PayoutState.DUE, OutboxState.UNKNOWN)
    house.knows = good(house.asked[0])
    make_due()
    sweep()
    assert payout_for(order).state is PayoutState.ISSUED
    assert (len(house.asked), house.looked_up, letters(order)) == (1, 1, 1)
    assert balance(Account.GIFT_CARD_LIABILITY, "USD") == -OWED


def test_a_lost_answer_that_was_never_heard_of_is_asked_again_with_the_same_key(with_house) -> None:
    house, order = with_house(raising(OutcomeUnknown("no answer"))), delivered_order()
    confirm(order)
    house.says = good
    make_due()
    sweep()
    assert payout_for(order).state is PayoutState.ISSUED
    assert (len(house.asked), len({wanted.key for wanted in house.asked}), house.looked_up) == (2, 1, 1)
    assert letters(order) == 1


def test_an_issuer_that_never_answers_ends_parked_with_an_alarm(with_house) -> None:
    with_house(raising(OutcomeUnknown("no answer")))
    order = delivered_order()
    confirm(order)
    for _ in range(10):
        make_due()
        sweep()
    assert (payout_for(order).state, row().state, letters(order)) == (PayoutState.DUE, OutboxState.PARKED, 0)
    assert alarms() == [(AlarmKind.JOB_PARKED, "outbox")]


def test_a_letter_that_bounces_is_the_desks_to_bring(app) -> None:
    order = delivered_order()
    seller = order.seller
    seller.email = seller.loyalty_account.email = "gone@bounce.test"
    db.session.commit()
    confirm(order)
    assert payout_for(order).state is PayoutState.ISSUED
    assert (AlarmKind.MAIL_BOUNCED, "payouts") in alarms()
