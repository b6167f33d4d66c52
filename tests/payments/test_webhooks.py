"""The provider's word: verified, stored once, asked back; late, twice, out of order, forged, or never."""

from __future__ import annotations

import hashlib
import hmac
import itertools
import logging
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest
import sqlalchemy as sa
from flask import Flask

from marketplace import clock, reconcile
from marketplace.database import db, unit_of_work
from marketplace.jobs import runner
from marketplace.jobs.alarms import Alarm, AlarmKind
from marketplace.jobs.inbox import InboxRow
from marketplace.jobs.outbox import OutboxRow
from marketplace.ledger import Account, balance
from marketplace.ledger.models import LedgerTransaction
from marketplace.listings.states import ListingState
from marketplace.orders import paying, refunding
from marketplace.orders.models import Hold, Order
from marketplace.orders.refunding import EndReason
from marketplace.orders.states import OrderState
from marketplace.payments import notices, sandbox, signatures
from marketplace.payments.gateway import SessionReport
from marketplace.payments.models import AttemptState, PaymentAttempt, Refund, RefundState
from marketplace.payments.sandbox import SandboxGateway, SandboxSession
from tests.books import assert_books_balance
from tests.fresh import FreshDatabase
from tests.shopping import live_listing, pay, to_payment
from tests.web import Browser

RunJobs = Callable[[], int]
Advance = Callable[..., datetime]


def session_of(payment_page: str) -> SandboxSession:
    db.session.expire_all()
    ref = payment_page.rsplit("/", 1)[1]
    return db.session.scalars(sa.select(SandboxSession).where(SandboxSession.ref == ref)).one()


def notice(payment_page: str, **changes: Any) -> bytes:
    """The webhook's body for a session's present state; ``changes`` replace fields of the event."""
    event = msgspec.json.decode(sandbox.notice_of(session_of(payment_page)))
    return msgspec.json.encode({**event, **changes})


def send(browser: Browser, body: bytes, signature: str | None = None) -> int:
    header = signatures.sign(body, sandbox.webhook_secret()) if signature is None else signature
    answer = browser.post("/webhooks/stripe", data=body, headers={"Stripe-Signature": header})
    return answer.status_code


def count_of(model: type) -> int:
    return db.session.scalar(sa.select(sa.func.count()).select_from(model)) or 0


def the_order() -> Order:
    db.session.expire_all()
    return db.session.scalars(sa.select(Order)).one()


def captures() -> int:
    query = sa.select(sa.func.count()).select_from(LedgerTransaction).where(LedgerTransaction.kind == "capture")
    return db.session.scalar(query) or 0


@pytest.fixture
def paid_unheard(app: Flask, client: Browser) -> str:
    """A payment page on which the buyer has paid, and whose notice was lost."""
    payment_page = to_payment(client, live_listing())
    pay(client, payment_page, webhook="lose")
    return payment_page


@pytest.mark.fault("B08")
def test_the_same_notice_twenty_times_counts_once(
    app: Flask, client: Browser, paid_unheard: str, run_jobs: RunJobs
) -> None:
    body = notice(paid_unheard)
    assert [send(client, body) for _ in range(20)] == [200] * 20
    run_jobs()
    assert count_of(InboxRow) == 1
    assert captures() == 1
    assert the_order().paid_at is not None
    assert [send(client, body) for _ in range(3)] == [200] * 3
    run_jobs()
    assert captures() == 1
    assert_books_balance(app)


@pytest.mark.fault("B08")
def test_twenty_notices_at_once_count_once(fresh_database: FreshDatabase) -> None:
    def prepare() -> tuple[bytes, str]:
        browser = fresh_database.client()
        payment_page = to_payment(browser, live_listing())
        pay(browser, payment_page, webhook="lose")
        body = notice(payment_page)
        return body, signatures.sign(body, sandbox.webhook_secret())

    body, signature = fresh_database.run(prepare)
    senders = [lambda: send(fresh_database.client(), body, signature) for _ in range(20)]
    assert fresh_database.in_parallel(senders) == [200] * 20
    runs = fresh_database.in_parallel([runner.run_until_idle for _ in range(3)])
    assert all(isinstance(done, int) for done in runs), runs

    def judge() -> tuple[int, int]:
        return count_of(InboxRow), captures()

    assert fresh_database.run(judge) == (1, 1)
    assert_books_balance(fresh_database.app)


@pytest.mark.fault("B09")
@pytest.mark.parametrize(
    "order", list(itertools.permutations(["completed", "expired", "async_payment_failed"])), ids="-".join
)
def test_in_whatever_order_notices_come_the_provider_is_asked(
    app: Flask, client: Browser, paid_unheard: str, run_jobs: RunJobs, order: tuple[str, ...]
) -> None:
    for number, kind in enumerate(order):
        assert send(client, notice(paid_unheard, id=f"evt_{number}", type=f"checkout.session.{kind}")) == 200
        run_jobs()
    assert the_order().state is OrderState.LABEL_ISSUED
    assert captures() == 1
    assert_books_balance(app)


@pytest.mark.fault("B10")
def test_a_notice_that_never_comes_is_found_by_asking(
    app: Flask, client: Browser, paid_unheard: str, advance: Advance, run_jobs: RunJobs
) -> None:
    run_jobs()
    assert the_order().state is OrderState.AWAITING_PAYMENT
    advance(minutes=5)
    with app.app_context():
        reconcile.reconcile()
    assert the_order().paid_at is not None
    advance(days=3)
    assert send(client, notice(paid_unheard)) == 200
    run_jobs()
    assert captures() == 1
    assert_books_balance(app)


@pytest.mark.fault("B07")
def test_a_process_killed_before_its_commit_leaves_the_order_to_the_next_one(
    app: Flask, client: Browser, paid_unheard: str, run_jobs: RunJobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    def die(*_args: object, **_more: object) -> None:
        raise Killed

    assert send(client, notice(paid_unheard)) == 200
    with monkeypatch.context() as patch:
        patch.setattr(paying.fulfilment, "want_label", die)
        with pytest.raises(Killed):
            run_jobs()
    assert the_order().paid_at is None, "nothing of the half-done work was kept"
    assert captures() == 0
    with unit_of_work():
        db.session.execute(sa.update(OutboxRow).values(due_at=clock.shared() - timedelta(seconds=1)))
    run_jobs()
    assert the_order().paid_at is not None
    assert captures() == 1
    assert_books_balance(app)


def forged(body: bytes) -> dict[str, tuple[bytes, str]]:
    """Every way to forge a webhook: the bytes and the header."""
    secret, now = sandbox.webhook_secret(), int(clock.shared().timestamp())
    good = signatures.sign(body, secret)
    v0 = hmac.new(secret.encode(), f"{now}.".encode() + body, hashlib.sha256).hexdigest()
    return {
        "wrong secret": (body, signatures.sign(body, "whsec_other")),
        "301 seconds old": (body, signatures.sign(body, secret, now - 301)),
        "body changed": (body.replace(b'"paid"', b'"PAID"'), good),
        "v0 only": (body, f"t={now},v0={v0}"),
        "none": (body, ""),
        "future-dated": (body, signatures.sign(body, secret, now + 400)),
        "not text": (b"\xff\xfe" + body, good),
        "no time": (body, good.split(",")[1]),
    }


@pytest.mark.fault("B11")
def test_a_forged_notice_is_refused_and_leaves_nothing_but_a_log_line(
    app: Flask, client: Browser, paid_unheard: str, run_jobs: RunJobs, caplog: pytest.LogCaptureFixture
) -> None:
    for name, (body, header) in forged(notice(paid_unheard)).items():
        caplog.clear()
        with caplog.at_level(logging.WARNING, logger="marketplace.payments.webhooks"):
            assert send(client, body, header) == 400, name
        lines = [record for record in caplog.records if record.name == "marketplace.payments.webhooks"]
        assert len(lines) == 1, name
    run_jobs()
    assert count_of(InboxRow) == 0
    assert the_order().state is OrderState.AWAITING_PAYMENT


@pytest.mark.fault("B11")
def test_a_signature_within_the_tolerance_is_accepted(app: Flask, client: Browser, paid_unheard: str) -> None:
    body, now = notice(paid_unheard), int(clock.shared().timestamp())
    for number, stamp in enumerate((now - 290, now + 290)):
        body = notice(paid_unheard, id=f"evt_{number}")
        assert send(client, body, signatures.sign(body, sandbox.webhook_secret(), stamp)) == 200


@pytest.mark.fault("B12")
@pytest.mark.parametrize("change", [{"livemode": True}, {"account": "acct_other"}])
def test_a_notice_of_another_account_or_mode_is_refused_and_tells_the_desk_once(
    app: Flask, client: Browser, paid_unheard: str, run_jobs: RunJobs, change: dict[str, Any], caplog: Any
) -> None:
    assert [send(client, notice(paid_unheard, **change)) for _ in range(2)] == [400, 400]
    run_jobs()
    assert count_of(InboxRow) == 0
    assert the_order().state is OrderState.AWAITING_PAYMENT
    assert any(record.levelno == logging.ERROR for record in caplog.records)
    alarm = db.session.scalars(sa.select(Alarm).where(Alarm.cleared_at.is_(None))).one()
    assert (alarm.kind, next(iter(change)) in alarm.detail["reason"]) == (AlarmKind.FOREIGN_WEBHOOK, True)


@pytest.mark.fault("B12")
@pytest.mark.parametrize(("minor", "currency"), [(1, "USD"), (27_231, "EUR"), (10**9, "USD")])
def test_money_that_is_not_what_we_asked_for_raises_an_alarm_and_pays_nothing(
    app: Flask, client: Browser, paid_unheard: str, run_jobs: RunJobs, minor: int, currency: str
) -> None:
    with unit_of_work():
        session = session_of(paid_unheard)
        session.request = {**session.request, "amount_minor": minor, "currency": currency}
    assert send(client, notice(paid_unheard)) == 200
    run_jobs()
    assert the_order().state is OrderState.AWAITING_PAYMENT
    assert captures() == 0
    assert db.session.scalars(sa.select(Alarm.kind)).all() == [AlarmKind.PAYMENT_MISMATCH]


@pytest.mark.fault("B13")
@pytest.mark.parametrize(
    "change",
    [
        {"type": "radar.early_fraud_warning.created"},
        {"type": "invoice.paid", "data": {"object": {"id": "in_1"}}},
        {"data": {"object": {"id": "cs_test_unknown"}}},
        {"data": {"object": {}}},
        {"type": "refund.updated", "data": {"object": {"id": "re_unknown"}}},
    ],
)
def test_an_unknown_kind_or_object_is_let_go(
    app: Flask, client: Browser, paid_unheard: str, run_jobs: RunJobs, change: dict[str, Any]
) -> None:
    assert send(client, notice(paid_unheard, id="evt_x", **change)) == 200
    run_jobs()
    assert the_order().state is OrderState.AWAITING_PAYMENT
    assert count_of(Alarm) == 0


@pytest.mark.fault("B13")
@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b"null", b'{"id": 1}', b"[" * 20_000, b'{"id":"e","type":"x"}'])
def test_a_signed_body_that_is_no_event_is_refused(app: Flask, client: Browser, body: bytes) -> None:
    assert send(client, body) == 400
    assert count_of(InboxRow) == 0


# Late money ----------------------------------------------------------------------------------------------------------


def let_go(app: Flask, run_jobs: RunJobs, advance: Advance, monkeypatch: pytest.MonkeyPatch) -> None:
    """The provider says the session has expired; the shop believes it and lets the piece go."""

    def expired(_gateway: SandboxGateway, session_ref: str) -> SessionReport:
        row = db.session.scalars(sa.select(SandboxSession).where(SandboxSession.ref == session_ref)).one()
        return SessionReport(row.ref, row.key, "expired", False, row.amount)

    with monkeypatch.context() as patch:
        patch.setattr(SandboxGateway, "expire", expired)
        advance(minutes=40)
        run_jobs()


@pytest.mark.fault("B04")
def test_a_late_payment_wins_while_the_piece_is_still_free(
    app: Flask, client: Browser, run_jobs: RunJobs, advance: Advance, monkeypatch: pytest.MonkeyPatch
) -> None:
    payment_page = to_payment(client, live_listing())
    let_go(app, run_jobs, advance, monkeypatch)
    order = the_order()
    assert (order.state, order.listing.state) == (OrderState.EXPIRED, ListingState.LIVE)
    pay(client, payment_page)
    run_jobs()
    order = the_order()
    assert (order.state, order.listing.state) == (OrderState.LABEL_ISSUED, ListingState.SOLD)
    assert_books_balance(app)


@pytest.mark.fault("B04")
def test_a_late_payment_for_a_piece_that_is_gone_goes_back_in_full_at_once(
    app: Flask, client: Browser, run_jobs: RunJobs, advance: Advance, monkeypatch: pytest.MonkeyPatch
) -> None:
    listing = live_listing()
    payment_page = to_payment(client, listing)
    let_go(app, run_jobs, advance, monkeypatch)
    rival = app.test_client()
    pay(rival, to_payment(rival, listing, email="rival@example.com"))
    run_jobs()
    pay(client, payment_page)
    run_jobs()
    late, won = db.session.scalars(sa.select(Order).order_by(Order.id)).all()
    db.session.expire_all()
    assert (late.state, won.state) == (OrderState.EXPIRED, OrderState.LABEL_ISSUED)
    refund = db.session.scalars(sa.select(Refund)).one()
    assert (refund.order_id, refund.amount, refund.state) == (late.id, late.total, RefundState.DONE)
    assert balance(Account.CLEARING, "USD", order_id=late.id).minor == 0
    assert count_of(Hold) == 2
    live = db.session.scalars(sa.select(Hold).where(Hold.released_at.is_(None))).one()
    assert live.checkout_id == won.checkout_id
    assert_books_balance(app)


def test_the_page_is_closed_at_the_provider_before_the_piece_is_let_go(
    app: Flask, client: Browser, run_jobs: RunJobs, advance: Advance
) -> None:
    payment_page = to_payment(client, live_listing())
    advance(minutes=32, seconds=59)
    run_jobs()
    assert the_order().state is OrderState.AWAITING_PAYMENT
    advance(seconds=1)
    run_jobs()
    assert session_of(payment_page).status == "expired"
    order = the_order()
    assert (order.state, order.listing.state) == (OrderState.EXPIRED, ListingState.LIVE)
    assert db.session.scalars(sa.select(PaymentAttempt.state)).all() == [AttemptState.EXPIRED]


def test_a_payment_page_whose_name_never_reached_us_is_found_by_our_key(
    app: Flask, client: Browser, run_jobs: RunJobs
) -> None:
    payment_page = to_payment(client, live_listing())
    with unit_of_work():
        attempt = db.session.scalars(sa.select(PaymentAttempt)).one()
        db.session.execute(
            sa.update(PaymentAttempt).values(session_ref=None, page_url=None, state=AttemptState.CREATED)
        )
    pay(client, payment_page)
    run_jobs()
    db.session.expire_all()
    assert db.session.get_one(PaymentAttempt, attempt.id).state is AttemptState.PAID
    assert the_order().paid_at is not None


@pytest.mark.rule("GAP-13")
def test_a_refund_that_comes_back_is_owed_again_and_raises_an_alarm(
    app: Flask, client: Browser, run_jobs: RunJobs
) -> None:

    payment_page = to_payment(client, live_listing())
    pay(client, payment_page)
    run_jobs()
    with unit_of_work():
        order = the_order()
        refunding.cancel(order, reason=EndReason.DESK_CANCELLED, by=order.buyer, at=clock.now())
    run_jobs()
    refund = db.session.scalars(sa.select(Refund)).one()
    assert refund.state is RefundState.DONE
    with unit_of_work():
        db.session.scalars(sa.select(sandbox.SandboxRefund)).one().status = "failed"
    event = notices.write(f"evt_{secrets.token_hex(4)}", "refund.failed", {"id": refund.provider_ref}, created=1)
    assert send(client, event) == 200
    run_jobs()
    db.session.expire_all()
    assert db.session.get_one(Refund, refund.id).state is RefundState.FAILED
    assert balance(Account.REFUND_PAYABLE, "USD", order_id=order.id) == -order.total
    assert db.session.scalars(sa.select(Alarm.kind)).all() == [AlarmKind.REFUND_FAILED]
