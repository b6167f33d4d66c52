"""The end of a good sale: who gets what, when, and who is first."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from marketplace import clock
from marketplace.credits.models import GiftCard
from marketplace.database import db, unit_of_work
from marketplace.jobs.outbox import NotDone
from marketplace.ledger import Account, balance
from marketplace.ledger.models import LedgerEntry, LedgerTransaction
from marketplace.mail.models import SandboxMail
from marketplace.mail.outgoing import SandboxPostRoom
from marketplace.money import Money
from marketplace.orders import accounting, settling
from marketplace.orders.models import Order
from marketplace.orders.states import CannotConfirm, CannotContest, OrderState
from marketplace.payouts.models import Payout, PayoutState
from tests.books import assert_books_balance
from tests.orders.stories import again, confirm, delivered_order, held
from tests.shipping.sales import labelled_order, sold_order, sweep, travel

Advance = Callable[..., datetime]


def payouts(order: Order) -> list[Payout]:
    return list(db.session.scalars(sa.select(Payout).where(Payout.order_id == order.id)))


@pytest.mark.rule("MK-16", "MK-41", "MK-58")
def test_a_confirmed_sale_pays_the_seller_80_percent_as_a_gift_card(app: Flask) -> None:
    order = delivered_order()
    assert held(order) == order.total.minor
    assert payouts(order) == []
    confirm(order, stars=4, words="As described.")
    order = again(order)
    assert order.state is OrderState.SETTLED
    assert (order.confirmation.stars, order.confirmation.words) == (4, "As described.")
    [payout] = payouts(order)
    assert payout.amount == Money(19_600, "USD")  # 80% of 245.00
    assert payout.state is PayoutState.ISSUED
    [card] = db.session.scalars(sa.select(GiftCard).where(GiftCard.reference == order.number))
    assert card.initial == payout.amount
    assert balance(Account.COMMISSION, "USD", order_id=order.id) == Money(-4_900, "USD")
    assert held(order) == 0
    assert_books_balance(app)


@pytest.mark.rule("GAP-02", "GAP-13")
@pytest.mark.parametrize(("price", "payout"), [(1, 1), (3, 2), (7, 6), (10_001, 8_001), (12_345, 9_876)])
def test_the_payout_is_half_up_of_the_price_alone_and_the_rest_is_commission(
    app: Flask, price: int, payout: int
) -> None:
    order = sold_order()
    order.price_minor = price
    parts = accounting.split(order)
    assert (parts.payout.minor, parts.commission.minor) == (payout, price - payout)
    assert parts.shipping == order.shipping
    assert parts.tax == order.tax
    assert parts.payout + parts.commission + parts.shipping + parts.tax == order.total
    db.session.rollback()


@pytest.mark.rule("MK-42")
def test_silence_confirms_three_days_after_delivery(app: Flask, advance: Advance) -> None:
    order = delivered_order()
    advance(hours=71, minutes=59)
    sweep()
    assert again(order).state is OrderState.DELIVERED
    assert payouts(order) == []
    advance(minutes=1)
    sweep()
    order = again(order)
    assert order.state is OrderState.SETTLED
    assert order.confirmation is None
    assert [payout.amount.minor for payout in payouts(order)] == [19_600]
    assert_books_balance(app)


@pytest.mark.rule("GAP-03")
def test_the_window_is_half_open(app: Flask, advance: Advance) -> None:
    order = delivered_order()
    closes_at = order.window_closes_at
    assert closes_at is not None
    last = closes_at - timedelta(microseconds=1)
    assert settling.window_is_open(order, last)
    assert not settling.window_is_open(order, closes_at)
    with pytest.raises(CannotConfirm), unit_of_work():
        order = db.session.get_one(Order, order.id)
        settling.confirm(order, stars=5, words="", by=order.buyer, at=closes_at)
    with pytest.raises(CannotContest), unit_of_work():
        order = db.session.get_one(Order, order.id)
        settling.contest(order, by=order.buyer, at=closes_at, reason="condition")
    assert again(order).state is OrderState.DELIVERED
    assert payouts(order) == []
    assert held(order) == order.total.minor
    with unit_of_work():
        order = db.session.get_one(Order, order.id)
        settling.contest(order, by=order.buyer, at=last, reason="condition")
    assert again(order).state is OrderState.DISPUTED


@pytest.mark.rule("GAP-03")
@pytest.mark.parametrize("late", [timedelta(hours=10), timedelta(days=4)], ids=["in time", "late"])
def test_silence_does_not_confirm_before_the_delivery_mail_is_out_for_its_hours(
    app: Flask, advance: Advance, monkeypatch: pytest.MonkeyPatch, late: timedelta
) -> None:
    order = labelled_order()
    hand_over = SandboxPostRoom.hand_over

    def closed(*_args: object, **_more: object) -> bool:
        raise NotDone("the post room is closed")

    monkeypatch.setattr(SandboxPostRoom, "hand_over", closed)
    travel(order, "scan")
    travel(order, "deliver")
    advance(seconds=late.total_seconds())
    sweep()
    assert again(order).state is OrderState.DELIVERED, "nobody has told the buyer"
    monkeypatch.setattr(SandboxPostRoom, "hand_over", hand_over)
    with unit_of_work():
        settling.note_delivery_mail(db.session.get_one(Order, order.id), at=clock.now())
    advance(hours=71)
    sweep()
    assert again(order).state is OrderState.DELIVERED
    advance(hours=1)
    sweep()
    assert again(order).state is OrderState.SETTLED


@pytest.mark.rule("GAP-04")
def test_the_window_runs_from_when_the_delivery_is_recorded_here(app: Flask) -> None:
    order = labelled_order()
    travel(order, "scan", hours_ago=40)
    travel(order, "deliver", hours_ago=30)
    order = again(order)
    now = clock.now()
    assert order.delivered_at == now
    assert order.window_closes_at == now + timedelta(hours=72)


@pytest.mark.rule("MK-26")
def test_a_disputed_order_pays_nobody(app: Flask, advance: Advance) -> None:
    order = delivered_order()
    with unit_of_work():
        order = db.session.get_one(Order, order.id)
        settling.contest(order, by=order.buyer, at=clock.now(), reason="condition")
    advance(days=30)
    sweep()
    order = again(order)
    assert order.state is OrderState.DISPUTED
    assert payouts(order) == []
    assert held(order) == order.total.minor


def test_each_payout_goes_once_however_often_it_is_swept(app: Flask, advance: Advance) -> None:
    order = delivered_order()
    advance(days=3)
    for _ in range(3):
        sweep()
    assert len(payouts(order)) == 1
    cards = db.session.scalars(sa.select(GiftCard).where(GiftCard.reference == order.number)).all()
    assert len(cards) == 1
    letters = db.session.scalars(sa.select(SandboxMail).where(SandboxMail.message == "gift_card_ready")).all()
    assert len(letters) == 1


def test_confirming_twice_is_refused_and_moves_nothing(app: Flask) -> None:
    order = delivered_order()
    confirm(order)
    with pytest.raises(CannotConfirm):
        confirm(order)
    assert len(payouts(order)) == 1


def test_the_buyer_may_confirm_while_it_is_still_in_transit(app: Flask) -> None:
    order = labelled_order()
    travel(order, "scan")
    confirm(order)
    assert again(order).state is OrderState.SETTLED


@pytest.mark.rule("MK-17")
def test_the_brands_own_piece_pays_no_seller(app: Flask) -> None:
    order = delivered_order(supply=True)
    confirm(order)
    order = again(order)
    assert order.state is OrderState.SETTLED
    assert payouts(order) == []
    assert balance(Account.OWN_STOCK_SALES, "USD", order_id=order.id) == -order.price
    assert balance(Account.COMMISSION, "USD", order_id=order.id).minor == 0
    assert held(order) == 0


def test_batch_and_single_settlement_write_the_same_rows(app: Flask, advance: Advance) -> None:
    single, batch = delivered_order(), [delivered_order(), delivered_order()]
    advance(days=3)
    with unit_of_work():
        settling.sweep_confirmations([single.id], clock.now())
    with unit_of_work():
        settling.sweep_confirmations([order.id for order in batch], clock.now())

    def rows(order: Order) -> list[tuple[object, ...]]:
        found = db.session.execute(
            sa.select(LedgerTransaction.kind, LedgerEntry.account, LedgerEntry.amount_minor)
            .join(LedgerEntry, LedgerEntry.transaction_id == LedgerTransaction.id)
            .where(LedgerEntry.order_id == order.id)
            .order_by(LedgerEntry.id)
        )
        return [tuple(row) for row in found]

    assert rows(single)
    assert rows(single) == rows(batch[0]) == rows(batch[1])
