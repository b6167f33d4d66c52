"""Paid through Stripe Connect: an account opened on Stripe's pages, what is missing by name, one transfer a payout."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests
import sqlalchemy as sa
from flask import Flask

from marketplace import clock, reconcile
from marketplace.database import db, unit_of_work
from marketplace.errors import NotFound
from marketplace.jobs import outbox, runner
from marketplace.jobs.alarms import Alarm, AlarmKind
from marketplace.jobs.outbox import OutboxRow
from marketplace.ledger import Account, balance, proofs
from marketplace.money import Money
from marketplace.payments.gateway import ForeignNotice
from marketplace.payments.stripe import StripeGateway
from marketplace.payments.stripe_api import StripeAPI
from marketplace.payouts import gates, runs, stripe_connect, wallets
from marketplace.payouts.cash_models import PayoutRun, PayoutTransfer, TaxStatus, TransferState, Wallet
from marketplace.payouts.gates import Step
from marketplace.payouts.models import Payout, PayoutState
from marketplace.payouts.stripe_connect import StripeConnect
from marketplace.payouts.taking_back import PayoutLeaving
from marketplace.people.models import Person
from marketplace.settings import Settings, UnsafeSettings
from tests.accounts import an_account, mail_to
from tests.doubles.faults import lose_answer
from tests.doubles.stripe import KEY, SECRET, StripeDouble
from tests.payouts import test_crashes
from tests.payouts.test_cash_port import connect
from tests.payouts.test_crashes import stops
from tests.payouts.test_runs import a_run, manager, owe, send, state
from tests.web import Browser, page, post_form

__all__ = ["manager"]

ACCOUNTS_SECRET = "whsec_of_the_accounts"


@pytest.fixture
def double(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[StripeDouble]:
    """Stripe behind both ports; its webhooks are carried over by ``hear``."""
    with StripeDouble(secret=ACCOUNTS_SECRET) as stripe:
        api = StripeAPI(KEY, api_base=stripe.url, timeout=(1.0, 0.5), pauses=(0.01, 0.01))
        monkeypatch.setitem(app.extensions, "gateway", StripeGateway(api, SECRET, ACCOUNTS_SECRET))
        monkeypatch.setitem(app.extensions, "cash", connect(stripe))
        yield stripe
        assert stripe.violations == []


def hear(client: Browser, double: StripeDouble) -> list[int]:
    """Carry every webhook there was to the shop, and let it do what follows."""
    bodies, double.postbox.sent = double.postbox.sent, []
    answered = [
        client.post("/webhooks/stripe", data=body, headers={"Stripe-Signature": double.postbox.signature(body)})
        for body in bodies
    ]
    runner.run_until_idle()
    return [answer.status_code for answer in answered]


def onboarded(client: Browser, double: StripeDouble, seller: Person, **press: str) -> str:
    """A seller goes to Stripe's page, presses a button there, and comes back; returns the account's name."""
    client.sign_in_as(seller)
    there = post_form(client, "/sell/payouts/account", "start-onboarding")
    assert there.status_code == 303
    back = requests.post(
        there.headers["Location"], data={"action": "finish", **press}, timeout=5, allow_redirects=False
    )
    assert back.headers["Location"] == "http://localhost/sell/payouts/account"
    db.session.expire_all()
    wallet = wallets.wallet_of(seller.id)
    assert wallet is not None
    assert wallet.ref is not None
    return wallet.ref


def a_ready_seller(client: Browser, double: StripeDouble) -> Person:
    seller = an_account()
    with unit_of_work():
        gates.file_tax_form(seller, TaxStatus.PRIVATE, number="", at=clock.now())
    onboarded(client, double, seller)
    hear(client, double)
    with unit_of_work():
        db.session.execute(sa.update(Wallet).values(usable_from=clock.now()))
    return seller


def named(client: Browser, path: str = "/sell/payouts") -> list[str]:
    return [str(item["data-step"]) for item in page(client.get(path)).select("[data-step]")]


@pytest.mark.rule("LUX-68", "NAP-02")
def test_a_seller_enters_details_at_stripe_and_is_paid_with_the_next_run(
    app: Flask, client: Browser, manager: Person, double: StripeDouble, advance: Callable[..., Any]
) -> None:
    seller = an_account()
    payout = owe(seller)
    client.sign_in_as(seller)
    assert named(client) == ["tax_form", "online_account"]
    post_form(client, "/sell/payouts/tax", "tax-form", status="private")
    account = onboarded(client, double, seller, action="bank")
    hear(client, double)
    assert named(client, "/sell/payouts/account") == ["online_account", "identity", "cooling"]
    with pytest.raises(runs.NothingDue), unit_of_work():
        runs.prepare(by=manager, at=clock.now())
    assert onboarded(client, double, seller) == account
    post_form(client, "/sell/payouts/account", "check-account")  # the webhook is late: its owner looks
    assert named(client) == ["cooling"]
    advance(hours=24)
    assert hear(client, double) == [200]
    assert named(client) == []
    assert "bank_changed" in [one.message for one in mail_to(seller.email)]
    [transfer] = send(a_run(manager), manager)
    assert (transfer.state, state(payout), transfer.sealed) == (TransferState.PAID, PayoutState.ISSUED, None)
    [moved] = double.transfers.values()
    assert (moved["amount"], moved["destination"], moved["id"]) == (10_000, account, transfer.provider_ref)
    assert balance(Account.CLEARING, "USD") == Money(-10_000, "USD")
    assert len(double.accounts) == 1
    assert proofs.faults() == []


def test_each_has_an_account_of_their_own_and_enters_no_details_here(
    client: Browser, manager: Person, double: StripeDouble
) -> None:
    mine, other = an_account(), an_account()
    first = onboarded(client, double, mine)
    client.sign_in_as(other)
    assert "Account ending" not in client.get("/sell/payouts/account").get_data(as_text=True)
    with pytest.raises(NotFound):
        wallets.look(other, at=clock.now())
    for path in ("/sell/payouts/bank", "/sell/payouts/bank/code"):
        assert client.get(path).status_code in (404, 405)
    second = onboarded(client, double, other, account="000111116789")
    assert first != second
    hear(client, double)
    assert wallets.wallet_of(mine.id).last_four == "6789"  # type: ignore[union-attr]
    with pytest.raises(sa.exc.IntegrityError), unit_of_work():
        db.session.execute(sa.update(Wallet).where(Wallet.person_id == other.id).values(ref=first))


def test_an_account_whose_answer_was_lost_is_found_and_not_opened_twice(
    client: Browser, manager: Person, double: StripeDouble
) -> None:
    seller = an_account()
    client.sign_in_as(seller)
    double.plan("create_account", *[lose_answer()] * 3)
    assert post_form(client, "/sell/payouts/account", "start-onboarding").status_code == 503
    double._remembered.clear()  # as after a day: the key alone would open a second one
    onboarded(client, double, seller)
    assert len(double.accounts) == 1


def test_what_stripe_is_checking_or_has_shut_is_named(client: Browser, manager: Person, double: StripeDouble) -> None:
    seller = a_ready_seller(client, double)
    [account] = double.accounts
    double.enter(account, pending_verification=["individual.verification.document"])
    double.postbox.sent.clear()  # nothing arrives: the reconciler asks, once it is known not to be ready
    with unit_of_work():
        db.session.execute(sa.update(Wallet).values(is_ready=False))
    reconcile.ask()
    runner.run_until_idle()
    assert Step.CHECKING in gates.missing(seller.id, at=clock.now())
    double.enter(account, disabled_reason="rejected.fraud")
    assert hear(client, double) == [200]
    assert gates.missing(seller.id, at=clock.now())[0] is Step.SHUT
    client.sign_in_as(seller)
    assert named(client)[0] == "shut"


@pytest.mark.rule("LUX-76")
def test_what_was_paid_wrongly_is_asked_back_and_comes_back_once(
    app: Flask, client: Browser, manager: Person, double: StripeDouble
) -> None:
    seller = a_ready_seller(client, double)
    payout = owe(seller)
    run = a_run(manager)
    [paid] = send(run, manager)
    double.spent.add(paid.provider_ref or "")
    client.sign_in_as(manager)
    post_form(client, f"/desk/payouts/{run.number}/{paid.number}/came-back", "came-back")
    runner.run_until_idle()
    assert state(payout) is PayoutState.ISSUED  # it has left the account: a person hears of it
    assert db.session.scalars(sa.select(Alarm.kind)).all() == [AlarmKind.PAYOUT_REFUSED]
    double.spent.clear()
    double.plan("create_transfer_reversal", *[lose_answer()] * 3)
    post_form(client, f"/desk/payouts/{run.number}/{paid.number}/came-back", "came-back")
    runner.run_until_idle()
    hear(client, double)  # the webhook is faster than the next look
    assert (state(payout), balance(Account.CLEARING, "USD")) == (PayoutState.REFUSED, Money(0, "USD"))
    test_crashes.make_due()
    runner.run_until_idle()
    assert Step.NEW_ACCOUNT in gates.missing(seller.id, at=clock.now())
    assert balance(Account.CLEARING, "USD") == Money(0, "USD")
    assert proofs.faults() == []


def test_what_the_platform_has_not_got_leaves_with_the_next_run(
    client: Browser, manager: Person, double: StripeDouble
) -> None:
    seller = a_ready_seller(client, double)
    payout, double.balance = owe(seller), 9_999
    [failed] = send(a_run(manager), manager)
    assert (failed.state, state(payout)) == (TransferState.FAILED, PayoutState.REFUSED)
    assert [one.message for one in mail_to(seller.email)].count("cash_came_back") == 0  # nothing for her to mend
    double.balance = 10_000
    send(a_run(manager), manager)
    assert (state(payout), len(double.transfers)) == (PayoutState.ISSUED, 1)


def test_nobody_says_in_stripes_place_that_a_transfer_has_come_back(
    client: Browser, manager: Person, double: StripeDouble
) -> None:
    """Its tries are given up and its answer is not known: it was made, and would be made again under another number."""
    seller = a_ready_seller(client, double)
    payout = owe(seller)
    double.plan("create_transfer", *[lose_answer()] * 3)
    [sent] = send(a_run(manager), manager)
    with unit_of_work():
        db.session.execute(sa.update(OutboxRow).where(OutboxRow.subject_id == sent.id).values(state="parked"))
    with pytest.raises(PayoutLeaving), unit_of_work():
        runs.come_back(db.session.get_one(PayoutTransfer, sent.id), by=manager, at=clock.now())
    with unit_of_work():
        db.session.execute(sa.update(OutboxRow).where(OutboxRow.subject_id == sent.id).values(state="unknown"))
    test_crashes.make_due()
    runner.run_until_idle()
    assert (state(payout), len(double.transfers)) == (PayoutState.ISSUED, 1)


def test_only_news_of_accounts_may_name_another_account(app: Flask, double: StripeDouble) -> None:
    ref = connect(double).open_account({"country": "US", "email": "a@example.com", "sells": "x"}, "wallet:1").ref
    gateway = app.extensions["gateway"]

    def told(kind: str, **otherwise: Any) -> Any:
        double.tell(kind, double.accounts[ref], **otherwise)
        body = double.postbox.sent[-1]
        return gateway.read_notice(body, double.postbox.signature(body))

    assert (told("account.updated", account=ref).about, told("account.updated", account=ref).ref) == ("account", ref)
    assert told("account.updated", account=ref, livemode=True).about == "other"
    with pytest.raises(ForeignNotice):
        told("checkout.session.completed", account=ref)


def test_the_settings_say_what_is_missing() -> None:
    with pytest.raises(UnsafeSettings, match=r"needs PAYMENTS=stripe.*STRIPE_CONNECT_WEBHOOK_SECRET"):
        Settings.from_environment({"PAYOUTS": "stripe"})
    keys = {
        "STRIPE_API_KEY": "sk_test_1",
        "STRIPE_WEBHOOK_SECRET": "whsec_1",
        "STRIPE_CONNECT_WEBHOOK_SECRET": "whsec_2",
    }
    settings = Settings.from_environment({"PAYOUTS": "stripe", "PAYMENTS": "stripe", **keys})
    assert "https://connect.stripe.com" in settings.payment_origins


# The process stops ---------------------------------------------------------------------------------------------------


def wrong(payout: Payout, double: StripeDouble) -> str:
    """What is not as it must be after everything has run again; empty when all is well."""
    db.session.expire_all()
    moved = len(double.transfers)
    double.transfers.clear()
    double._remembered.clear()
    if moved != 1:
        return f"money left {moved} times"
    [transfer] = db.session.scalars(sa.select(PayoutTransfer)).all()
    payout = db.session.get_one(Payout, payout.id)
    return "" if (payout.state, transfer.state) == (PayoutState.ISSUED, TransferState.PAID) else "not paid"


@pytest.mark.parametrize("protected", [True, False], ids=["protected", "control"])
def test_killed_between_the_transfer_and_the_commit_it_pays_once(
    client: Browser, manager: Person, double: StripeDouble, monkeypatch: pytest.MonkeyPatch, protected: bool
) -> None:
    """The control has a key of its own for each try and looks for nothing: it must see money that left twice."""
    seller = a_ready_seller(client, double)
    payout = owe(seller)
    run = a_run(manager)
    runner.run_until_idle()
    with unit_of_work():
        runs.start(db.session.get_one(PayoutRun, run.id), by=manager, at=clock.now())
    monkeypatch.setattr(test_crashes, "WATCHED", {outbox.__file__, runs.__file__, stripe_connect.__file__})
    if not protected:
        count = iter(range(1_000))
        monkeypatch.setattr(stripe_connect, "_key", lambda number: f"{number}-{next(count)}")
        monkeypatch.setattr(StripeConnect, "find", lambda _self, _wanted: None)
    found = set(stops(payout, lambda one: wrong(one, double), every=1 if protected else 3))  # type: ignore[arg-type]
    assert found == {""} if protected else "money left 2 times" in found
