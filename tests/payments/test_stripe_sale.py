"""Paying through the shop with Stripe behind the port: whatever is lost, late, doubled or wrong, one charge."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import pytest
import requests
import sqlalchemy as sa
from flask import Flask

from marketplace import clock, reconcile
from marketplace.database import db, unit_of_work
from marketplace.jobs.alarms import Alarm, AlarmKind
from marketplace.jobs.outbox import OutboxRow, OutboxState
from marketplace.ledger import Account, balance
from marketplace.ledger.models import LedgerTransaction
from marketplace.listings.states import ListingState
from marketplace.money import Money
from marketplace.orders import paying, refunding
from marketplace.orders.models import Order
from marketplace.orders.refunding import EndReason
from marketplace.orders.states import OrderState
from marketplace.payments import attempts, refunds
from marketplace.payments.models import AttemptState, PaymentAttempt, Refund, RefundState, UnknownMoney
from marketplace.payments.stripe import StripeGateway
from tests.books import assert_books_balance
from tests.doubles.faults import Fault, fail_after_work, lose_answer, refuse
from tests.doubles.server import Answer, Call, Double, answers
from tests.doubles.stripe import StripeDouble
from tests.jobs.outside import pass_wall_time
from tests.orders import wallets
from tests.payments.rigs import request_for, stripe_gateway
from tests.shopping import checkout_of, live_listing, path_of, to_payment, to_review
from tests.web import Browser, post_form

RunJobs = Callable[[], int]
Advance = Callable[..., datetime]
BUSY = {"error": {"type": "api_error", "message": "Sorry."}}


@pytest.fixture
def stripe(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[StripeDouble]:
    """Stripe behind the shop's payment port; its webhooks are carried over by ``hear``."""
    with StripeDouble() as double:
        monkeypatch.setitem(app.extensions, "gateway", stripe_gateway(double, silence=0.3))
        yield double


def press_pay(payment_page: str, *, action: str = "pay", card: str = "4242 4242 4242 4242") -> requests.Response:
    """The buyer on Stripe's own page."""
    form = {"action": action, "card": card}
    return requests.post(payment_page, data=form, timeout=5, allow_redirects=False)


def hear(client: Browser, double: StripeDouble, bodies: list[bytes] | None = None) -> list[int]:
    """Carry webhooks to the shop: those given, or every one there was."""
    told = double.postbox.sent if bodies is None else bodies
    return [
        client.post(
            "/webhooks/stripe", data=body, headers={"Stripe-Signature": double.postbox.signature(body)}
        ).status_code
        for body in told
    ]


def orders() -> list[Order]:
    db.session.expire_all()
    return list(db.session.scalars(sa.select(Order).order_by(Order.id)))


def captures() -> int:
    query = sa.select(sa.func.count()).select_from(LedgerTransaction).where(LedgerTransaction.kind == "capture")
    return db.session.scalar(query) or 0


def alarms() -> list[AlarmKind]:
    db.session.expire_all()
    return list(db.session.scalars(sa.select(Alarm.kind).order_by(Alarm.id)))


def cancel(order: Order) -> None:
    with unit_of_work():
        order = db.session.get_one(Order, order.id)
        refunding.cancel(order, reason=EndReason.DESK_CANCELLED, by=order.buyer, at=clock.now())


def until_idle(run_jobs: RunJobs) -> None:
    """Run what is due, let every pause pass, and run again until nothing waits."""
    for _round in range(6):
        run_jobs()
        pass_wall_time()
    run_jobs()


# A sale --------------------------------------------------------------------------------------------------------------


@pytest.mark.fault("B16")
def test_a_card_pays_what_store_credit_leaves_and_stripes_books_agree(
    app: Flask, client: Browser, stripe: StripeDouble, run_jobs: RunJobs
) -> None:
    wallets.credit_spends_here()
    for short_of_all in (12_345, 20):  # the second is less than Stripe charges
        client.sign_in_as(holder := wallets.a_holder())
        review = to_review(client, live_listing(), live_listing(price=10_000), email=holder.email)
        wallets.give(holder, checkout_of(review).total_minor - short_of_all)
        post_form(client, review, "store-credit")
        page = path_of(post_form(client, review, "pay"))
        assert press_pay(page).status_code == 303
        hear(client, stripe)
        run_jobs()
        paid = orders()[-2:]
        assert [order.state for order in paid] == [OrderState.LABEL_ISSUED] * 2
        charged = sum(order.by_card.minor for order in paid)
        assert charged == max(short_of_all, 50) == list(stripe.sessions.values())[-1]["amount_total"]
        assert wallets.left(holder) == max(0, 50 - short_of_all)
        cancel(paid[0])
        until_idle(run_jobs)
        hear(client, stripe)
        run_jobs()
    assert reconcile.reconcile()["unknown"] == []
    assert_books_balance(app, stripe)


@pytest.mark.fault("B16")
def test_two_pieces_are_paid_at_once_and_one_of_them_is_given_back(
    app: Flask, client: Browser, stripe: StripeDouble, run_jobs: RunJobs
) -> None:
    page = to_payment(client, live_listing(), live_listing(price=10_000))
    assert page.startswith(f"{stripe.url}/c/pay/")
    back = press_pay(page)
    assert back.status_code == 303
    assert hear(client, stripe) == [200]
    run_jobs()
    assert "Thank you" in client.get(back.headers["Location"].removeprefix("http://localhost")).text
    first, second = orders()
    assert (first.state, second.state) == (OrderState.LABEL_ISSUED, OrderState.LABEL_ISSUED)
    [session] = stripe.sessions.values()
    assert session["amount_total"] == first.total.minor + second.total.minor
    cancel(second)
    run_jobs()
    [refund] = stripe.refunds.values()
    assert refund["amount"] == second.total.minor
    assert hear(client, stripe) == [200, 200]
    run_jobs()
    assert db.session.scalars(sa.select(Refund.state)).all() == [RefundState.DONE]
    assert_books_balance(app, stripe)


def test_a_declined_card_and_a_change_of_mind_charge_nothing(
    app: Flask, client: Browser, stripe: StripeDouble, run_jobs: RunJobs
) -> None:
    page = to_payment(client, live_listing())
    assert press_pay(page, card="4000 0000 0000 0002").status_code == 402
    assert press_pay(page, action="cancel").status_code == 303
    run_jobs()
    assert [order.state for order in orders()] == [OrderState.AWAITING_PAYMENT]
    assert_books_balance(app, stripe)


def test_a_refund_that_waits_is_done_when_stripe_says_so_and_owed_again_when_it_fails(
    app: Flask, client: Browser, stripe: StripeDouble, run_jobs: RunJobs
) -> None:
    stripe.new_refunds = "pending"
    press_pay(to_payment(client, live_listing()))
    hear(client, stripe)
    run_jobs()
    [order] = orders()
    cancel(order)
    run_jobs()
    assert db.session.scalars(sa.select(Refund.state)).all() == [RefundState.REQUESTED]
    [ref] = stripe.refunds
    stripe.end_refund(ref, "succeeded")
    hear(client, stripe)
    run_jobs()
    assert_books_balance(app, stripe)
    stripe.end_refund(ref, "failed")
    reconcile.reconcile()  # the webhook never comes
    assert balance(Account.REFUND_PAYABLE, "USD", order_id=order.id) == -order.total
    assert alarms() == [AlarmKind.REFUND_FAILED]


# Answers that are lost -----------------------------------------------------------------------------------------------


def ways_to_lose() -> dict[str, Fault]:
    return {"reset": lose_answer(), "silence": lose_answer("silence"), "500": fail_after_work(500, BUSY)}


@pytest.mark.fault("B14", "B01")
@pytest.mark.parametrize("way", sorted(ways_to_lose()))
def test_a_page_whose_answers_are_lost_is_looked_up_and_opened(
    app: Flask, client: Browser, stripe: StripeDouble, run_jobs: RunJobs, way: str
) -> None:
    stripe.plan("create_session", *[ways_to_lose()[way]] * 3)
    review = to_review(client, live_listing())
    page = path_of(post_form(client, review, "pay"))
    assert page == f"{stripe.url}/c/pay/{next(iter(stripe.sessions))}"
    press_pay(page)
    hear(client, stripe)
    run_jobs()
    assert (len(stripe.sessions), captures()) == (1, 1)
    assert_books_balance(app, stripe)


@pytest.mark.fault("B14", "B01")
def test_a_page_that_cannot_be_looked_up_either_is_the_same_page_at_the_next_press(
    app: Flask, client: Browser, stripe: StripeDouble, run_jobs: RunJobs, advance: Callable[..., datetime]
) -> None:
    stripe.plan("create_session", *[lose_answer()] * 3)
    stripe.plan("list_sessions", *[refuse(500, BUSY)] * 3)
    review = to_review(client, live_listing())
    assert path_of(post_form(client, review, "pay")) == review, "back to the offer, nothing charged"
    asked = stripe.count("create_session")
    advance(minutes=1)
    page = path_of(post_form(client, review, "pay"))
    assert page == f"{stripe.url}/c/pay/{next(iter(stripe.sessions))}"
    assert stripe.count("create_session") == asked, "it was looked for and not asked for again"
    press_pay(page)
    hear(client, stripe)
    run_jobs()
    assert (len(stripe.sessions), captures()) == (1, 1)
    assert_books_balance(app, stripe)


@pytest.mark.fault("B14")
def test_a_refund_whose_answers_are_lost_is_looked_up_and_paid_once(
    app: Flask, client: Browser, stripe: StripeDouble, run_jobs: RunJobs
) -> None:
    lose_all_answers_of_a_refund(client, stripe, run_jobs)
    assert len(stripe.refunds) == 1
    assert stripe.count("list_refunds") >= 1
    assert_books_balance(app, stripe)


def test_control_without_key_and_look_up_the_refund_is_paid_more_than_once(
    app: Flask, client: Browser, stripe: StripeDouble, run_jobs: RunJobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    once = StripeGateway.refund
    monkeypatch.setattr(
        StripeGateway, "refund", lambda self, ref, amount, _key: once(self, ref, amount, secrets.token_hex(8))
    )
    monkeypatch.setattr(refunds.RefundSending, "look_up", lambda _self, _row: None)
    lose_all_answers_of_a_refund(client, stripe, run_jobs)
    assert len(stripe.refunds) > 1


def lose_all_answers_of_a_refund(client: Browser, stripe: StripeDouble, run_jobs: RunJobs) -> None:
    """Two pieces are paid; one is given back, and none of the first three answers arrives."""
    press_pay(to_payment(client, live_listing(price=50_000), live_listing(price=10_000)))
    hear(client, stripe)
    run_jobs()
    stripe.plan("create_refund", *[lose_answer()] * 3)
    cancel(orders()[1])
    until_idle(run_jobs)


@pytest.mark.fault("B15")
def test_a_refund_key_that_means_something_else_there_is_parked_at_once(
    app: Flask, client: Browser, stripe: StripeDouble, run_jobs: RunJobs
) -> None:
    press_pay(to_payment(client, live_listing()))
    hear(client, stripe)
    run_jobs()
    [session] = stripe.sessions.values()
    with unit_of_work():
        [order] = orders()
        refunding.cancel(order, reason=EndReason.DESK_CANCELLED, by=order.buyer, at=clock.now())
        row = db.session.scalars(sa.select(OutboxRow).where(OutboxRow.kind == refunds.SEND)).one()
        key = row.key
    stripe_gateway(stripe).refund(session["payment_intent"], Money(1, "USD"), key)
    asked = stripe.count("create_refund")
    until_idle(run_jobs)
    assert stripe.count("create_refund") == asked + 1
    row = db.session.scalars(sa.select(OutboxRow).where(OutboxRow.kind == refunds.SEND)).one()
    assert row.state is OutboxState.PARKED
    assert alarms() == [AlarmKind.JOB_PARKED]


@pytest.mark.fault("B15")
def test_a_page_key_that_means_something_else_there_is_an_alarm_and_no_charge(
    app: Flask, client: Browser, stripe: StripeDouble, run_jobs: RunJobs
) -> None:
    review = to_review(client, live_listing())
    stripe.plan("create_session", *[refuse(503, BUSY)] * 3)
    post_form(client, review, "pay")
    key = db.session.scalars(sa.select(PaymentAttempt.key)).one()
    stripe_gateway(stripe).open_page(request_for(key), key)
    asked = stripe.count("create_session")
    assert path_of(post_form(client, review, "pay")) == review
    run_jobs()
    assert stripe.count("create_session") == asked + 1
    assert alarms() == [AlarmKind.KEY_REUSED]


def test_an_attempt_too_old_for_a_page_becomes_the_same_offer_anew(
    app: Flask, client: Browser, stripe: StripeDouble, run_jobs: RunJobs
) -> None:
    review = to_review(client, live_listing())
    stripe.plan("create_session", *[refuse(503, BUSY)] * 3)
    post_form(client, review, "pay")
    with unit_of_work():
        attempt = db.session.scalars(sa.select(PaymentAttempt)).one()
        attempt.request = {**attempt.request, "expires_at": int(time.time()) + 29 * 60}  # two minutes have passed
    anew = path_of(post_form(client, review, "pay"))
    assert anew != review and anew.startswith("/checkout/")
    assert "Nothing was charged" in client.get(anew).text
    assert path_of(post_form(client, anew, "pay")).startswith(stripe.url)
    assert len(stripe.sessions) == 1


# A process that dies -------------------------------------------------------------------------------------------------


class Killed(BaseException):
    """The process is gone: nothing catches this."""


def die(*_args: object, **_more: object) -> None:
    raise Killed


@pytest.mark.fault("B07")
def test_a_process_that_dies_before_it_knows_its_page_opens_no_second_one(
    app: Flask, client: Browser, stripe: StripeDouble, run_jobs: RunJobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    sell_after_dying_at_the_page(client, stripe, run_jobs, monkeypatch)
    assert (len(stripe.sessions), captures()) == (1, 1)
    assert_books_balance(app, stripe)


def test_control_with_a_new_key_each_time_there_are_two_pages(
    app: Flask, client: Browser, stripe: StripeDouble, run_jobs: RunJobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    once = StripeGateway.open_page
    monkeypatch.setattr(StripeGateway, "open_page", lambda self, asked, _key: once(self, asked, secrets.token_hex(8)))
    sell_after_dying_at_the_page(client, stripe, run_jobs, monkeypatch)
    assert len(stripe.sessions) == 2


def sell_after_dying_at_the_page(
    client: Browser, stripe: StripeDouble, run_jobs: RunJobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The page is open there, the process dies before it is written down here; the buyer presses Pay again."""
    review = to_review(client, live_listing())
    with monkeypatch.context() as dying:
        dying.setattr(attempts, "record_page", die)
        with pytest.raises(Killed):
            post_form(client, review, "pay")
    db.session.rollback()
    assert len(stripe.sessions) == 1
    press_pay(path_of(post_form(client, review, "pay")))
    hear(client, stripe)
    run_jobs()


@pytest.mark.fault("B07")
def test_a_process_that_dies_with_the_payment_in_hand_leaves_one_order_and_one_charge(
    app: Flask, client: Browser, stripe: StripeDouble, run_jobs: RunJobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    die_with_the_payment_in_hand(client, stripe, run_jobs, monkeypatch)
    assert (captures(), orders()[0].state) == (1, OrderState.LABEL_ISSUED)
    assert_books_balance(app, stripe)


def test_control_with_the_answer_kept_apart_from_what_it_means_the_payment_is_lost(
    app: Flask, client: Browser, stripe: StripeDouble, run_jobs: RunJobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    together = attempts.ProviderQuestion.record

    def apart(self: Any, row: OutboxRow, outcome: Any, *, at: datetime) -> None:
        db.session.commit()
        together(self, row, outcome, at=at)

    monkeypatch.setattr(attempts.ProviderQuestion, "record", apart)
    die_with_the_payment_in_hand(client, stripe, run_jobs, monkeypatch)
    assert (captures(), orders()[0].state) == (0, OrderState.AWAITING_PAYMENT)


def die_with_the_payment_in_hand(
    client: Browser, stripe: StripeDouble, run_jobs: RunJobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The buyer has paid; the process dies while it writes that down; another one goes on."""
    press_pay(to_payment(client, live_listing()))
    hear(client, stripe)
    with monkeypatch.context() as dying:
        dying.setattr(paying.accounting, "capture", die)
        with pytest.raises(Killed):
            run_jobs()
    db.session.rollback()
    assert (captures(), orders()[0].state) == (0, OrderState.AWAITING_PAYMENT)
    until_idle(run_jobs)


# Late, never, and too late -------------------------------------------------------------------------------------------


def let_go(stripe: StripeDouble, run_jobs: RunJobs, advance: Advance) -> None:
    """Stripe says that the page is over, though it is not: the shop believes it and lets the piece go."""
    [session] = [one for one in stripe.sessions.values() if one["status"] == "open"]
    stripe.plan("expire_session", refuse(200, {**session, "status": "expired"}))
    advance(minutes=40)
    run_jobs()


@pytest.mark.fault("B04")
def test_a_payment_after_the_hold_wins_while_the_piece_is_free(
    app: Flask, client: Browser, stripe: StripeDouble, run_jobs: RunJobs, advance: Advance
) -> None:
    page = to_payment(client, live_listing())
    let_go(stripe, run_jobs, advance)
    assert (orders()[0].state, orders()[0].listing.state) == (OrderState.EXPIRED, ListingState.LIVE)
    press_pay(page)
    hear(client, stripe)
    run_jobs()
    assert (orders()[0].state, orders()[0].listing.state) == (OrderState.LABEL_ISSUED, ListingState.SOLD)
    assert_books_balance(app, stripe)


@pytest.mark.fault("B04")
def test_a_payment_for_a_piece_that_is_gone_goes_back_in_full(
    app: Flask, client: Browser, stripe: StripeDouble, run_jobs: RunJobs, advance: Advance
) -> None:
    listing = live_listing()
    page = to_payment(client, listing)
    let_go(stripe, run_jobs, advance)
    rival = app.test_client()
    press_pay(to_payment(rival, listing, email="rival@example.com"))
    hear(client, stripe)
    run_jobs()
    press_pay(page)
    hear(client, stripe)
    run_jobs()
    late, won = orders()
    assert (late.state, won.state) == (OrderState.EXPIRED, OrderState.LABEL_ISSUED)
    [refund] = stripe.refunds.values()
    assert refund["amount"] == late.total.minor
    assert_books_balance(app, stripe)


@pytest.mark.fault("B10")
def test_webhooks_that_never_come_are_asked_for_and_harmless_when_they_do(
    app: Flask, client: Browser, stripe: StripeDouble, run_jobs: RunJobs, advance: Advance
) -> None:
    press_pay(to_payment(client, live_listing()))
    with unit_of_work():  # even the attempt is closed by mistake: only Stripe's own list still tells of the payment
        db.session.execute(sa.update(PaymentAttempt).values(state=AttemptState.EXPIRED))
    run_jobs()
    assert captures() == 0
    assert len(reconcile.reconcile()["news"]) == 1
    assert captures() == 1
    advance(days=3)
    assert hear(client, stripe) == [200]
    run_jobs()
    assert captures() == 1
    assert_books_balance(app, stripe)


def test_control_without_a_look_at_the_list_the_payment_stays_unheard(
    app: Flask, client: Browser, stripe: StripeDouble, run_jobs: RunJobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    press_pay(to_payment(client, live_listing()))
    with unit_of_work():
        db.session.execute(sa.update(PaymentAttempt).values(state=AttemptState.EXPIRED))
    monkeypatch.setattr(reconcile.looking, "look", lambda **_more: reconcile.looking.News())
    reconcile.reconcile()
    assert captures() == 0


def test_money_that_nobody_here_asked_for_is_an_alarm_once(
    app: Flask, client: Browser, stripe: StripeDouble, run_jobs: RunJobs
) -> None:
    another_shop = stripe_gateway(stripe)
    page = another_shop.open_page(request_for("another-shop", 7_700), "another-shop")
    payment = stripe.pay(page.session_ref)["payment_intent"]
    by_hand = another_shop.refund(payment, Money(700, "USD"), "by hand")
    assert reconcile.reconcile()["unknown"] == [f"{page.session_ref} $77.00", f"{by_hand.ref} $7.00"]
    assert reconcile.reconcile()["unknown"] == []
    assert alarms() == [AlarmKind.UNKNOWN_MONEY] * 2
    found = db.session.scalars(sa.select(UnknownMoney).order_by(UnknownMoney.id)).all()
    assert [(one.kind, one.ref, one.amount_minor) for one in found] == [
        ("payment", page.session_ref, 7_700),
        ("refund", by_hand.ref, 700),
    ]
    assert hear(client, stripe) == [200] * 2
    run_jobs()
    assert captures() == 0


def test_a_provider_that_is_away_is_looked_at_the_next_time(
    app: Flask, client: Browser, stripe: StripeDouble, run_jobs: RunJobs
) -> None:
    press_pay(to_payment(client, live_listing()))
    stripe.stop()
    reconcile.reconcile()
    assert captures() == 0
    stripe.start()
    pass_wall_time()
    reconcile.reconcile()
    assert captures() == 1
    assert_books_balance(app, stripe)


# Addresses in other people's words -----------------------------------------------------------------------------------


class Trap(Double):
    """A server nobody should ever call."""

    @answers("GET", "/{anything}")
    def caught(self, call: Call) -> Answer:
        return Answer({})


@pytest.mark.fault("X09")
def test_no_address_in_a_webhook_or_an_answer_is_ever_fetched(
    app: Flask, client: Browser, stripe: StripeDouble, run_jobs: RunJobs
) -> None:
    with Trap() as trap:
        lure: dict[str, Any] = {"success_url": f"{trap.url}/a", "cancel_url": f"{trap.url}/b", "url": f"{trap.url}/c"}
        stripe.plan("create_session", Fault(status=302, headers={"Location": f"{trap.url}/d"}))
        page = to_payment(client, live_listing())
        [session] = stripe.sessions.values()
        press_pay(page, action="close")
        stripe.plan("retrieve_session", Fault(status=302, headers={"Location": f"{trap.url}/e"}))
        session.update(lure)
        stripe.tell("checkout.session.completed", session)
        assert set(hear(client, stripe)) == {200}
        run_jobs()
        reconcile.reconcile()
        assert captures() == 1
        assert trap.calls == []
