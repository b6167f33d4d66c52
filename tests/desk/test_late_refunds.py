"""A sale is refunded after its settlement: what is shown is what moves, and a seller keeps what was spent."""

from __future__ import annotations

from dataclasses import replace

import pytest
import sqlalchemy as sa
from flask import Flask

from marketplace import clock
from marketplace.credits import cards, spending, store_credit, tokens
from marketplace.credits.models import ApiToken, GiftCard, Scope, StoreCredit
from marketplace.database import db, unit_of_work
from marketplace.ledger import Account, balance
from marketplace.orders import held_payouts, late_refunds, refunding
from marketplace.orders.late_refunds import LateRefund
from marketplace.orders.models import Order
from marketplace.orders.refunding import EndReason, MoreThanLeft
from marketplace.orders.states import CannotRefund, OrderState
from marketplace.payments.models import Refund, RefundState
from marketplace.payouts.lost_cards import replace_card
from marketplace.payouts.models import Payout, PayoutState
from marketplace.payouts.paying import payout_of
from marketplace.programme import versions
from tests.accounts import mail_to
from tests.books import assert_books_balance
from tests.credits.tills import Till
from tests.desk.test_order_actions import an_agent, browser, on_record, text
from tests.orders.stories import again, confirm, delivered_order
from tests.payouts.test_paying import CODE, usd
from tests.programme.policies import changed
from tests.shipping.sales import sweep
from tests.web import page, post_form

ZERO = usd(0)


def settled() -> Order:
    order = delivered_order()
    confirm(order)
    return again(order)


def refunded(order: Order, **asked: object) -> LateRefund:
    """The desk refunds; what it did is what the page would have shown a moment before."""
    agent = an_agent()
    with unit_of_work():
        mine = db.session.get_one(Order, order.id)
        shown = late_refunds.preview(mine, **asked)  # type: ignore[arg-type]
        assert late_refunds.refund(mine, **asked, by=agent, at=clock.now()) == shown  # type: ignore[arg-type]
    sweep()
    db.session.expire_all()
    return shown


def sums(order: Order, *accounts: Account) -> list[int]:
    return [balance(account, "USD", order_id=order.id).minor for account in accounts]


def spend(app: Flask, order: Order, minor: int) -> None:
    """The seller pays with the card at a till."""
    assert order.seller is not None
    (letter,) = [one for one in mail_to(order.seller.email) if one.message == "gift_card_ready"]
    (code,) = set(CODE.findall(letter.text))
    assert Till(app.test_client()).redeem(code, minor).status_code == 201


@pytest.mark.rule("GAP-13", "GAP-21")
@pytest.mark.fault("B17")
@pytest.mark.parametrize("is_fraud", [False, True])
def test_a_refund_in_full_takes_back_what_is_unspent_and_the_rest_is_a_loss(app: Flask, is_fraud: bool) -> None:
    order = settled()
    spend(app, order, 5_000)
    shown = refunded(order, is_fraud=is_fraud)
    order = again(order)
    spent = usd(5_000)
    assert shown == LateRefund(order.price, order.shipping, order.tax, ZERO, usd(14_600), spent if is_fraud else ZERO)
    loss = order.price + order.shipping - usd(14_600) - (spent if is_fraud else ZERO)
    assert (shown.to_buyer, shown.from_programme) == (order.total, loss)
    assert (order.state, order.refunded, order.end_reason) == (OrderState.REFUNDED, order.total, EndReason.AFTER_SALE)
    losses, tax, owed = sums(order, Account.LOSSES, Account.TAX_PAYABLE, Account.SELLER_RECEIVABLE)
    assert (losses, tax, owed) == (loss.minor, 0, 5_000 if is_fraud else 0)
    assert sums(order, Account.ESCROW, Account.REFUND_PAYABLE) == [0, 0]
    card = db.session.scalars(sa.select(GiftCard)).one()
    assert card.voided_at is not None and cards.balance_of(card) == ZERO
    assert [row.amount for row in db.session.scalars(sa.select(Refund))] == [order.total]
    assert order.seller is not None
    to_seller, to_buyer = mail_to(order.seller.email)[-1], mail_to(order.checkout.email)[-1]
    assert (to_buyer.message, to_seller.message) == ("refunded_late", "refunded_late_seller")
    assert ("$146.00" in to_seller.text, "owed back" in to_seller.text) == (True, is_fraud)
    with pytest.raises(CannotRefund), unit_of_work():
        late_refunds.refund(again(order), by=an_agent(), at=clock.now())
    assert_books_balance(app)


@pytest.mark.rule("GAP-21")
@pytest.mark.fault("B16")
def test_a_refund_in_part_leaves_the_seller_everything_and_the_last_part_is_all(app: Flask) -> None:
    order = settled()
    first = refunded(order, of_price=usd(4_500))
    assert replace(first, of_tax=ZERO) == LateRefund(usd(4_500), ZERO, ZERO, ZERO, ZERO, ZERO)
    assert first.from_programme == usd(4_500)
    order = again(order)
    assert (order.state, order.refunded) == (OrderState.SETTLED, first.to_buyer)
    for minor in (0, -1, 20_000, 20_001):
        with pytest.raises(MoreThanLeft), unit_of_work():
            late_refunds.refund(again(order), of_price=usd(minor), by=an_agent(), at=clock.now())
    with pytest.raises(MoreThanLeft), unit_of_work():  # outside this operation a settled sale is refunded by nobody
        refunding.refund_part(again(order), of_price=usd(1), reason=EndReason.DISPUTE, by=an_agent(), at=clock.now())
    rest = refunded(order)
    order = again(order)
    assert (rest.of_price, rest.to_buyer + first.to_buyer) == (usd(20_000), order.total)
    assert sums(order, Account.TAX_PAYABLE) == [0]
    assert_books_balance(app)


@pytest.mark.fault("B17")
def test_a_payout_that_has_not_left_never_leaves(app: Flask) -> None:
    order, agent = delivered_order(), an_agent()
    with unit_of_work():
        held_payouts.hold_payout(order, reason="account", by=agent, at=clock.now())
    confirm(order)
    shown = refunded(order)
    assert (shown.from_payout, shown.unspent, shown.owed_by_seller) == (usd(19_600), ZERO, ZERO)
    with unit_of_work():
        held_payouts.release_payout(again(order), by=agent, at=clock.now())
    sweep()
    assert payout_of(order.id).state is PayoutState.FORGONE  # type: ignore[union-attr]
    assert sums(order, Account.SELLER_PAYABLE) == [0]
    assert db.session.scalars(sa.select(GiftCard)).all() == []
    assert_books_balance(app)


@pytest.mark.rule("GAP-21")
def test_a_refund_in_part_lowers_a_payout_that_waits(app: Flask) -> None:
    order, agent = delivered_order(), an_agent()
    with unit_of_work():
        held_payouts.hold_payout(order, reason="account", by=agent, at=clock.now())
    confirm(order)
    shown = refunded(order, of_price=usd(4_500))
    assert (shown.from_payout, shown.from_programme) == (usd(3_600), usd(900))  # her 80% of it, and our 20%
    with unit_of_work():
        held_payouts.release_payout(again(order), by=agent, at=clock.now())
    sweep()
    assert [cards.balance_of(card) for card in db.session.scalars(sa.select(GiftCard))] == [usd(16_000)]
    assert sums(order, Account.SELLER_PAYABLE, Account.LOSSES) == [0, 900]
    assert order.seller is not None and "$36.00" in mail_to(order.seller.email)[-2].text
    assert_books_balance(app)


@pytest.mark.rule("GAP-21")
@pytest.mark.fault("B17")
def test_the_rest_of_a_store_credit_is_taken_back_with_its_bonus(app: Flask) -> None:
    order = delivered_order()
    with unit_of_work():
        form = {"form": "store_credit", "bonus_basis_points": 1_000}
        version = versions.publish(changed({"payout.forms": [form]}), at=clock.now())
        db.session.execute(sa.update(Order).values(seller_policy_version_id=version.id))
    confirm(again(order))
    credit = db.session.scalars(sa.select(StoreCredit)).one()
    assert store_credit.balances([credit])[credit.id] == usd(21_560)
    assert order.seller is not None
    with unit_of_work():
        tokens.make_token("shop", Scope.STORE_CREDIT, at=clock.now())
        shop = db.session.scalars(sa.select(ApiToken)).one()
        wanted = {"amount": usd(5_000), "reference": "receipt 1", "token": shop, "at": clock.now()}
        spending.redeem_credit(holder=order.seller, **wanted)
    shown = refunded(order, is_fraud=True)
    assert (shown.unspent, shown.owed_by_seller) == (usd(16_560), usd(3_040))  # the bonus was spent last
    assert store_credit.balance_of(order.seller.id, "USD", at=clock.now()) == ZERO
    assert sums(order, Account.SELLER_RECEIVABLE, Account.STORE_CREDIT_LIABILITY)[0] == 3_040
    assert_books_balance(app)


@pytest.mark.fault("B17")
def test_a_card_that_was_lost_and_replaced_is_taken_back_all_the_same(app: Flask) -> None:
    order = settled()
    with unit_of_work():
        card = db.session.scalars(sa.select(GiftCard)).one()
        replace_card(card, by=an_agent(), at=clock.now(), reason="Lost")
    shown = refunded(order, is_fraud=True)
    assert (shown.unspent, shown.owed_by_seller) == (usd(19_600), ZERO)
    assert [cards.balance_of(card) for card in db.session.scalars(sa.select(GiftCard))] == [ZERO, ZERO]
    assert_books_balance(app)


@pytest.mark.fault("B16", "P06")
def test_the_desk_sees_the_money_first_and_a_colleague_has_to_want_the_same(app: Flask) -> None:
    order = settled()
    with unit_of_work():
        versions.publish(changed({"disputes.approval_above_minor": 20_000}), at=clock.now())
    path = f"/desk/orders/{order.number}/refund-late"
    kim, lee = browser(app, an_agent("Kim Desk")), browser(app, an_agent("Lee Desk"))
    assert order.seller is not None
    sellers_own = browser(app, order.seller)
    assert sellers_own.get(path).status_code == 404

    asked = {"amount": "", "reason": "The stamp was false"}
    assert post_form(kim, path, "late-refund", **{**asked, "reason": ""}).status_code == 422
    assert post_form(kim, path, "late-refund", **{**asked, "amount": "245.00"}).status_code == 422
    both = {**asked, "amount": "5.00", "is_fraud": "y"}
    assert post_form(kim, path, "late-refund", **both).status_code == 422
    shown = post_form(kim, path, "late-refund", **asked)
    figures = page(shown).find("table", class_="split").get_text(" ")  # type: ignore[union-attr]
    for words in ("Unspent of the seller's card or credit, which ends", "$196.00", "Our loss", "$57.95"):
        assert words in figures
    seen = {"seen": page(shown).find("input", attrs={"name": "seen"})["value"], "step": "refund"}  # type: ignore[index]
    other = post_form(kim, path, "late-refund", **{**asked, **seen, "is_fraud": "y"})
    assert (other.status_code, again(order).state) == (409, OrderState.SETTLED)
    for _ in range(2):  # nor does the same person twice make two
        assert post_form(kim, path, "late-refund", **asked, **seen).status_code == 303
        assert again(order).state is OrderState.SETTLED
    assert "A colleague has proposed: Everything." in lee.get(path).get_data(as_text=True)
    small = {"amount": "20.00", "reason": "For the corner"}
    preview = post_form(lee, path, "late-refund", **small)
    seen_small = page(preview).find("input", attrs={"name": "seen"})["value"]  # type: ignore[index]
    assert post_form(lee, path, "late-refund", **small, seen=seen_small, step="refund").status_code == 303
    assert again(order).refunded_price_minor == 2_000
    preview = post_form(lee, path, "late-refund", **asked)
    assert "A colleague has proposed" not in preview.get_data(as_text=True), "the money has moved since"
    seen = {"seen": page(preview).find("input", attrs={"name": "seen"})["value"], "step": "refund"}  # type: ignore[index]
    assert post_form(lee, path, "late-refund", **asked, **seen).status_code == 303
    assert again(order).state is OrderState.SETTLED
    assert post_form(kim, path, "late-refund", **asked, **seen).status_code == 303
    sweep()
    assert again(order).state is OrderState.REFUNDED
    assert [done for done in on_record(order) if done[0] == "desk_late_refund"] == [
        ("desk_late_refund", "For the corner"),
        ("desk_late_refund", "The stamp was false"),
    ]
    assert kim.get(path).status_code == 409
    told = text(kim, order)
    for words in (
        "Refunded after the sale",
        "Price and shipping: the sale was settled, so it is our loss.",
        "The tax that had not gone back before",
    ):
        assert words in told
    assert db.session.scalars(sa.select(Refund.state)).all() == [RefundState.DONE] * 2
    assert db.session.scalars(sa.select(Payout.state)).all() == [PayoutState.ISSUED]
    assert_books_balance(app)
