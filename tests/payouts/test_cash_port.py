"""One suite for whoever carries cash: the sandbox's bank, a file for a bank, and Stripe Connect on a double."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
import sqlalchemy as sa

from marketplace import clock
from marketplace.database import db
from marketplace.jobs.outbox import NotDone, OutcomeUnknown
from marketplace.money import Money
from marketplace.payments.stripe_api import StripeAPI
from marketplace.payouts.bank_file import BankFile
from marketplace.payouts.cash import CashCarrier, NotTaken, TransferWanted
from marketplace.payouts.cash_models import SandboxTransfer
from marketplace.payouts.sandbox_bank import SandboxBank
from marketplace.payouts.stripe_connect import StripeConnect
from tests.doubles.faults import fail_after_work, lose_answer, lose_request, refuse
from tests.doubles.stripe import KEY, StripeDouble

WISH = {"country": "US", "email": "ada@example.com", "sells": "Second hand"}


@dataclass(frozen=True)
class Rig:
    """A carrier, an account that takes money and one that does not, and how much was moved there under a key."""

    carrier: CashCarrier
    good: str
    bad: str
    moved: Callable[[str], int]
    first: str = "paid"


def connect(double: StripeDouble) -> StripeConnect:
    """The real adapter in front of a double, with a test's patience."""
    return StripeConnect(StripeAPI(KEY, api_base=double.url, timeout=(1.0, 0.5), pauses=(0.01, 0.01)))


def open_account(double: StripeDouble, **entered: object) -> str:
    """An account whose owner has entered everything that is not ``left``."""
    ref = connect(double).open_account(WISH, f"wallet:{secrets.token_hex(4)}").ref
    double.enter(ref, **entered)  # type: ignore[arg-type]
    return ref


def _sandbox() -> Iterator[Rig]:
    def moved(key: str) -> int:
        total = sa.select(sa.func.coalesce(sa.func.sum(SandboxTransfer.amount_minor), 0))
        return int(db.session.scalar(total.where(SandboxTransfer.key == key, SandboxTransfer.is_paid)) or 0)

    yield Rig(SandboxBank(), "DE89370400440532013000", "1230000", moved)


def _file() -> Iterator[Rig]:
    yield Rig(BankFile(name="H", account="1", bank=""), "1", "1", lambda _key: 0, first="on_its_way")


def _stripe() -> Iterator[Rig]:
    with StripeDouble() as double:

        def moved(key: str) -> int:
            return sum(one["amount"] for one in double.transfers.values() if one["transfer_group"] == key)

        yield Rig(connect(double), open_account(double), open_account(double, left=["external_account"]), moved)
        assert double.violations == []


RIGS = {"sandbox": _sandbox, "bank file": _file, "stripe": _stripe}


@pytest.fixture(params=RIGS)
def rig(app, request: pytest.FixtureRequest) -> Iterator[Rig]:
    yield from RIGS[request.param]()


def wanted(account: str, key: str = "") -> TransferWanted:
    return TransferWanted(key or "N" + secrets.token_hex(5), Money(10_000, "USD"), "Ada Quill", account, "")


def test_a_key_is_sent_once_and_found_again(rig: Rig) -> None:
    one, other = wanted(rig.good), wanted(rig.good)
    first = rig.carrier.send(one)
    assert first.status == rig.first
    assert rig.carrier.send(one) == first
    assert rig.carrier.send(other).ref != first.ref
    if rig.first == "paid":
        assert rig.carrier.find(one) == first
        assert rig.moved(one.key) == 10_000
    assert rig.carrier.find(wanted(rig.good)) is None


def test_what_an_account_does_not_take_fails_with_a_reason(rig: Rig) -> None:
    asked = wanted(rig.bad)
    report = rig.carrier.send(asked)
    if rig.first == "on_its_way":  # a person says what became of a file
        return
    assert (report.status, bool(report.reason), rig.moved(asked.key)) == ("failed", True, 0)


def test_only_a_file_is_a_file(rig: Rig) -> None:
    content = rig.carrier.file("P1", [wanted(rig.good)], at=clock.wall())
    assert (content is not None) is (rig.carrier.name == "bank_file")


# Stripe alone --------------------------------------------------------------------------------------------------------


@pytest.fixture
def double(app) -> Iterator[StripeDouble]:
    with StripeDouble() as stripe:
        yield stripe
        assert stripe.violations == []


def test_a_lost_answer_is_found_by_its_group_and_a_refused_request_was_not_done(double: StripeDouble) -> None:
    carrier, account = connect(double), open_account(double)
    lost, never = wanted(account), wanted(account)
    double.plan("create_transfer", *[lose_answer()] * 3)
    with pytest.raises(OutcomeUnknown):
        carrier.send(lost)
    found = carrier.find(lost)
    assert found is not None
    assert (found.status, len(double.transfers)) == ("paid", 1)
    assert carrier.send(lost) == found
    busy = {"error": {"type": "invalid_request_error", "message": "Too many requests"}}
    for fault, raised in (
        (refuse(429, busy), NotDone),
        (lose_request(), OutcomeUnknown),
        (fail_after_work(500), OutcomeUnknown),
    ):
        double.plan("create_transfer", *[fault] * 3)
        with pytest.raises(raised):
            carrier.send(never)
    assert carrier.send(never).status == "paid"
    assert len(double.transfers) == 2
    double.plan("list_transfers", *[refuse(500)] * 3)
    with pytest.raises(NotDone):
        carrier.find(lost)


def test_what_the_platform_has_not_got_is_sent_later_under_another_number(double: StripeDouble) -> None:
    carrier, account = connect(double), open_account(double)
    double.balance = 9_999
    assert carrier.send(wanted(account)).reason == "balance_insufficient"
    double.balance = 10_000
    assert carrier.send(wanted(account)).status == "paid"


def test_a_transfer_is_taken_back_whole_once_and_not_what_has_been_spent(double: StripeDouble) -> None:
    carrier, account = connect(double), open_account(double)
    paid, spent = carrier.send(wanted(account)).ref, carrier.send(wanted(account)).ref
    for _press in range(2):
        assert carrier.take_back(paid, Money(10_000, "USD"), "take-back:N1").status == "returned"
    assert carrier.transfer(paid).status == "returned"
    double.spent.add(spent)
    with pytest.raises(NotTaken, match="insufficient_funds"):
        carrier.take_back(spent, Money(10_000, "USD"), "take-back:N2")
    double.reverse(spent, 1)
    assert carrier.transfer(spent).status == "partly_returned"
    with pytest.raises(LookupError):
        carrier.transfer("tr_unknown")


def test_an_account_is_opened_once_and_says_what_is_missing(double: StripeDouble) -> None:
    carrier, began = connect(double), clock.wall()
    double.plan("create_account", *[lose_answer()] * 3)
    with pytest.raises(OutcomeUnknown):
        carrier.open_account(WISH, "wallet:1")
    found = carrier.find_account("wallet:1", since=began)
    assert found is not None
    assert carrier.open_account(WISH, "wallet:1") == found
    assert carrier.find_account("wallet:2", since=began) is None
    assert "external_account" in found.due
    page = carrier.account_page(found.ref, key="page:1", again_url="https://shop/again", back_url="https://shop/back")
    assert page.startswith(double.url)
    double.enter(found.ref, number="000111116789", pending_verification=["individual.verification.document"])
    entered = carrier.account(found.ref)
    assert (entered.is_submitted, entered.is_ready, entered.last_four) == (True, False, "6789")
    assert entered.pending == ("individual.verification.document",)
    double.enter(found.ref)
    assert carrier.account(found.ref).is_ready
    with pytest.raises(NotDone):  # Stripe says the same where our key may not look: a person has to
        carrier.account("acct_unknown")
    with pytest.raises(NotDone):
        carrier.account_page("acct_unknown", key="page:2", again_url="https://shop/again", back_url="https://shop/back")
