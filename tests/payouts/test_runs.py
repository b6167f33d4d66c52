"""Payout runs: what is missing is named, a second person approves, each is paid once, what comes back is due again."""

from __future__ import annotations

import csv
import io
import itertools
from collections.abc import Sequence
from typing import Any

import pytest
import sqlalchemy as sa

from marketplace import clock
from marketplace.database import db, unit_of_work
from marketplace.errors import ProgrammingError
from marketplace.jobs import outbox, runner
from marketplace.jobs.outbox import OutboxRow, OutboxState
from marketplace.ledger import Account, balance, proofs
from marketplace.money import Money
from marketplace.payouts import accounts, choosing, gates, paying, runs
from marketplace.payouts.accounts import BankDetails
from marketplace.payouts.bank_file import BankFile
from marketplace.payouts.cash_models import (
    BankAccount,
    PayoutRun,
    PayoutTransfer,
    RunIsOver,
    SandboxTransfer,
    TaxStatus,
    TransferState,
)
from marketplace.payouts.gates import Step
from marketplace.payouts.models import Payout, PayoutForm, PayoutState, TooLateToChoose
from marketplace.payouts.sandbox_bank import SandboxBank
from marketplace.payouts.taking_back import PayoutLeaving
from marketplace.people.models import Person, Role
from marketplace.programme import versions
from tests.accounts import an_account, mail_to
from tests.programme.policies import changed
from tests.web import Browser, page, post_form

CASH = {
    "payout.forms": [{"form": "cash", "promised_business_days": 5}, {"form": "store_credit"}],
    "payout.cash.approval_above_minor": 20_000,
}
GOOD, BAD = BankDetails("Ada Quill", "DE89370400440532013000", ""), BankDetails("Ada Quill", "123450000", "021000021")


@pytest.fixture
def manager(app) -> Person:
    with unit_of_work():
        versions.publish(changed(CASH), at=clock.now())
    return an_account(roles=[Role.MANAGER])


def a_seller(manager: Person, details: BankDetails = GOOD) -> Person:
    """Somebody of whom everything is known."""
    seller, at = an_account(), clock.now()
    with unit_of_work():
        gates.file_tax_form(seller, TaxStatus.PRIVATE, number="", at=at)
        gates.confirm_identity(seller.id, by=manager, at=at)
        account = accounts.change(seller, details, at=at)
        account.usable_from = at
    return seller


def owe(seller: Person, minor: int = 10_000, reference: str = "T1") -> Payout:
    with unit_of_work():
        wanted = {"reference": reference, "seller_id": seller.id, "amount": Money(minor, "USD"), "at": clock.now()}
        return paying.owe_payout(order_id=None, **wanted)


def state(payout: Payout) -> PayoutState:
    db.session.expire_all()
    return db.session.get_one(Payout, payout.id).state


def a_run(manager: Person) -> PayoutRun:
    with unit_of_work():
        return runs.prepare(by=manager, at=clock.now())


def send(run: PayoutRun, manager: Person) -> list[PayoutTransfer]:
    with unit_of_work():
        runs.start(db.session.get_one(PayoutRun, run.id), by=manager, at=clock.now())
    runner.run_until_idle()
    db.session.expire_all()
    return list(db.session.get_one(PayoutRun, run.id).transfers)


@pytest.mark.rule("LUX-68", "LUX-70")
def test_the_missing_step_is_named_and_nothing_is_paid_before(app, client: Browser, manager: Person, advance) -> None:
    seller = an_account()
    payout = owe(seller)
    client.sign_in_as(seller)

    def named() -> list[str]:
        return [str(item["data-step"]) for item in page(client.get("/sell/payouts")).select("[data-step]")]

    assert named() == ["tax_form", "identity", "bank_account"]
    with pytest.raises(runs.NothingDue), unit_of_work():
        runs.prepare(by=manager, at=clock.now())
    for rubbish in ("", "<x>", "no number"):
        refused = post_form(client, "/sell/payouts/tax", "tax-form", status="registered", number=rubbish)
        assert refused.status_code == 422, rubbish
    assert named() == ["tax_form", "identity", "bank_account"]
    post_form(client, "/sell/payouts/tax", "tax-form", status="private")
    post_form(client, "/sell/payouts/bank", "send-bank-code")
    runner.run_until_idle()
    [letter] = [one for one in mail_to(seller.email) if one.message == "bank_code"]
    code = next(word for word in letter.text.split() if len(word) == accounts.CODE_LENGTH and word.isupper())
    typed = {"name": "Ada Quill", "account": "de89 3704 0044 0532 0130 00", "bank": "", "code": "WRONG000"}
    assert post_form(client, "/sell/payouts/bank", "bank-details", **typed).status_code == 422
    assert accounts.account_of(seller.id) is None
    post_form(client, "/sell/payouts/bank", "bank-details", **{**typed, "code": code})
    assert named() == ["identity", "cooling"]
    assert post_form(client, "/sell/payouts/bank", "bank-details", **{**typed, "code": code}).status_code == 422
    shown = client.get("/sell/payouts/bank").get_data(as_text=True)
    assert "3000" in shown
    assert "0532" not in shown
    stored = db.session.scalars(sa.select(BankAccount)).one()
    assert b"370400" not in stored.sealed
    desk = app.test_client()
    desk.sign_in_as(manager)
    post_form(desk, "/desk/payouts", "identity-T1")
    advance(hours=24)
    runner.run_until_idle()
    assert [one.message for one in mail_to(seller.email)].count("bank_changed") == 1
    assert named() == []
    [transfer] = send(a_run(manager), manager)
    assert (transfer.state, state(payout), transfer.sealed) == (TransferState.PAID, PayoutState.ISSUED, None)
    assert balance(Account.CLEARING, "USD") == Money(-10_000, "USD")
    table = list(csv.reader(io.StringIO(client.get("/sell/payouts/statement.csv").get_data(as_text=True))))
    assert [row[0] for row in table[1:]] == ["T1"]
    assert client.get("/sell/payouts/statement.pdf").data.startswith(b"%PDF")
    assert proofs.faults() == []


def test_a_run_above_the_sum_needs_a_second_person(app, client: Browser, manager: Person) -> None:
    payouts = [owe(a_seller(manager), 10_001, f"T{number}") for number in (1, 2)]
    client.sign_in_as(manager)
    post_form(client, "/desk/payouts", "prepare-run")
    run = db.session.scalars(sa.select(PayoutRun)).one()
    where = f"/desk/payouts/{run.number}"
    shown = page(client.get(where))
    assert (shown.find(id="start-run"), shown.find(id="approve-run")) == (None, None)
    for act, refusal in ((runs.start, runs.NeedsApproval), (runs.approve, runs.OwnRun)):
        with pytest.raises(refusal), unit_of_work():
            act(db.session.get_one(PayoutRun, run.id), by=manager, at=clock.now())
    assert [state(one) for one in payouts] == [PayoutState.DUE] * 2
    assert client.get(f"{where}/start").status_code == client.get(f"{where}/approve").status_code == 404
    colleague = app.test_client()
    colleague.sign_in_as(an_account(roles=[Role.MANAGER]))
    for verb, says in (("approve", "Nothing leaves before"), ("start", "cannot be called back from here")):
        [link] = [one for one in page(colleague.get(where)).select("a.button") if "outline" not in str(one["class"])]
        assert link["href"] == f"{where}/{verb}"
        asked = page(colleague.get(f"{where}/{verb}")).get_text(" ", strip=True)
        assert all(words in asked for words in (says, "$200.02", "People 2", "Paid as Bank transfer"))
        assert [state(one) for one in payouts] == [PayoutState.DUE] * 2  # looking changes nothing
        post_form(colleague, f"{where}/{verb}", f"{verb}-run")
    runner.run_until_idle()
    assert [state(one) for one in payouts] == [PayoutState.ISSUED] * 2
    assert colleague.get(f"{where}/cancel").status_code == 404
    with pytest.raises(RunIsOver), unit_of_work():
        runs.start(db.session.get_one(PayoutRun, run.id), by=manager, at=clock.now())


def test_a_run_that_is_cancelled_moves_nothing_and_leaves_everything_due(app, client: Browser, manager: Person) -> None:
    payout = owe(a_seller(manager))
    first = a_run(manager)
    client.sign_in_as(manager)
    asking = f"/desk/payouts/{first.number}/cancel"
    assert "due as before" in page(client.get(asking)).get_text()
    assert post_form(client, asking, "cancel-run").status_code == 303
    runner.run_until_idle()
    db.session.expire_all()
    assert [one.state for one in db.session.get_one(PayoutRun, first.id).transfers] == [TransferState.DROPPED]
    assert (state(payout), db.session.query(SandboxTransfer).count()) == (PayoutState.DUE, 0)
    [paid] = send(a_run(manager), manager)
    assert (paid.state, state(payout)) == (TransferState.PAID, PayoutState.ISSUED)


def test_what_has_changed_since_stays_behind_and_what_is_sent_is_chosen_no_more(
    app, client: Browser, manager: Person
) -> None:
    changes_mind, stays = a_seller(manager), a_seller(manager)
    first, second = owe(changes_mind, 100, "T1"), owe(stays, 100, "T2")
    run = a_run(manager)
    with unit_of_work():
        choosing.choose(first, PayoutForm.STORE_CREDIT, by=changes_mind, at=clock.now())
    client.sign_in_as(manager)
    asking = f"/desk/payouts/{run.number}/start"
    asked = page(client.get(asking)).get_text(" ", strip=True)
    assert "Send $1.00" in asked and "Stays behind" in asked
    with unit_of_work():
        runs.start(db.session.get_one(PayoutRun, run.id), by=manager, at=clock.now())
    with pytest.raises(TooLateToChoose), unit_of_work():
        choosing.choose(db.session.get_one(Payout, second.id), PayoutForm.STORE_CREDIT, by=stays, at=clock.now())
    runner.run_until_idle()
    db.session.expire_all()
    assert [one.state for one in db.session.get_one(PayoutRun, run.id).transfers] == ["dropped", "paid"]
    assert db.session.query(SandboxTransfer).count() == 1
    assert proofs.faults() == []


@pytest.mark.rule("LUX-76")
def test_what_the_bank_does_not_take_is_due_again_to_other_details(
    app, client: Browser, manager: Person, advance
) -> None:
    seller = a_seller(manager, BAD)
    payout = owe(seller)
    [failed] = send(a_run(manager), manager)
    assert (failed.state, state(payout)) == (TransferState.FAILED, PayoutState.REFUSED)
    assert [one.message for one in mail_to(seller.email)].count("cash_came_back") == 1
    assert gates.missing(seller.id, at=clock.now()) == [Step.NEW_ACCOUNT]
    with pytest.raises(runs.NothingDue), unit_of_work():
        runs.prepare(by=manager, at=clock.now())
    advance(hours=1)
    with unit_of_work():
        accounts.change(seller, GOOD, at=clock.now()).usable_from = clock.now()
    run = a_run(manager)
    [paid] = send(run, manager)
    assert state(payout) is PayoutState.ISSUED
    client.sign_in_as(manager)
    asking = f"/desk/payouts/{run.number}/{paid.number}/came-back"
    [link] = page(client.get(f"/desk/payouts/{run.number}")).select("td a.button")
    assert link["href"] == asking
    asked = page(client.get(asking)).get_text(" ", strip=True)
    assert seller.name in asked and "its receiver is told" in asked
    assert state(payout) is PayoutState.ISSUED  # looking changes nothing
    post_form(client, asking, "came-back")
    assert (state(payout), balance(Account.CLEARING, "USD")) == (PayoutState.REFUSED, Money(0, "USD"))
    assert proofs.faults() == []


def test_a_bank_file_is_fetched_and_its_run_is_paid_once_the_bank_has_carried_it_out(
    app, client: Browser, manager: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    bank = BankFile(name="House", account="FR1420041010050500013M02606", bank="")
    monkeypatch.setitem(app.extensions, "cash", bank)
    payout = owe(a_seller(manager))
    run = a_run(manager)
    [sent] = send(run, manager)
    assert (sent.state, state(payout)) == (TransferState.SENT, PayoutState.SENT)
    client.sign_in_as(manager)
    fetched = client.get(f"/desk/payouts/{run.number}/file.xml")
    assert sent.number.encode() in fetched.data
    assert b"DE89370400440532013000" in fetched.data
    asking = f"/desk/payouts/{run.number}/carried-out"
    assert "booked as paid" in page(client.get(asking)).get_text()
    assert state(payout) is PayoutState.SENT
    post_form(client, asking, "carried-out-run")
    assert state(payout) is PayoutState.ISSUED
    assert client.get(f"/desk/payouts/{run.number}/file.xml").status_code == 404
    assert proofs.faults() == []


@pytest.mark.parametrize("looks", [True, False], ids=["looked up", "control"])
def test_a_transfer_whose_answer_was_lost_is_sent_once(
    app, manager: Person, monkeypatch: pytest.MonkeyPatch, looks: bool
) -> None:
    """A bank that would pay a repeat again: only looking the transfer up first keeps it at one."""
    payout = owe(a_seller(manager))
    bank, real = ForgetfulBank(looks), SandboxBank()
    monkeypatch.setitem(app.extensions, "cash", bank)
    send(a_run(manager), manager)
    assert state(payout) is PayoutState.SENT
    with unit_of_work():
        db.session.execute(
            sa.update(OutboxRow).where(OutboxRow.state == OutboxState.UNKNOWN).values(due_at=clock.shared())
        )
    runner.run_until_idle()
    assert state(payout) is PayoutState.ISSUED
    assert len(bank.paid) == (1 if looks else 2)
    assert real.name == "sandbox"


def test_a_transfer_the_bank_has_not_answered_for_does_not_come_back(
    app, manager: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else the payout would be due again while the first transfer may be on its way: paid twice."""
    payout, bank = owe(a_seller(manager)), ForgetfulBank(looks=True)
    monkeypatch.setitem(app.extensions, "cash", bank)
    send(a_run(manager), manager)
    [transfer] = db.session.scalars(sa.select(PayoutTransfer)).all()
    with pytest.raises(PayoutLeaving), unit_of_work():
        runs.come_back(transfer, by=manager, at=clock.now())
    assert state(payout) is PayoutState.SENT
    with unit_of_work():
        db.session.execute(
            sa.update(OutboxRow).where(OutboxRow.state == OutboxState.UNKNOWN).values(due_at=clock.shared())
        )
    runner.run_until_idle()
    assert state(payout) is PayoutState.ISSUED
    with unit_of_work():
        runs.come_back(db.session.get_one(PayoutTransfer, transfer.id), by=manager, at=clock.now())
    assert state(payout) is PayoutState.REFUSED
    assert len(bank.paid) == 1


class ForgetfulBank(SandboxBank):
    """Pays every call, and loses its first answer. One that does not ``look`` says it knows of nothing."""

    def __init__(self, looks: bool) -> None:
        self.looks = looks
        self.paid: list[str] = []

    def send(self, wanted: Any) -> Any:
        self.paid.append(wanted.key)
        answer = super().send(wanted)
        if len(self.paid) == 1:
            raise outbox.OutcomeUnknown("lost")
        return answer

    def find(self, wanted: Any) -> Any:
        return super().find(wanted) if self.looks else None


def test_a_transfer_may_not_arrive_without_its_posting(app, manager: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control of the books: an arrival that forgets its posting cannot be committed."""
    owe(a_seller(manager))
    monkeypatch.setattr(app, "extensions", {**app.extensions, "cash": BankFile(name="H", account="1", bank="")})
    [sent] = send(a_run(manager), manager)

    def forgets(*_args: object, **_more: object) -> Sequence[object]:
        return ()

    monkeypatch.setattr(runs, "_post", forgets)
    with pytest.raises(ProgrammingError), unit_of_work():
        runs.arrive(db.session.get_one(PayoutTransfer, sent.id), by=manager, at=clock.now())


def test_runs_and_transfers_move_as_their_tables_say_and_no_other_way() -> None:
    run = {"start": {"prepared": "started"}, "cancel": {"prepared": "cancelled"}}
    transfer = {
        "send": {"planned": "sent"},
        "drop": {"planned": "dropped"},
        "arrive": {"sent": "paid"},
        "fail": {"sent": "failed"},
        "come_back": {"paid": "returned"},
    }
    for machine, leads in ((PayoutRun.machine, run), (PayoutTransfer.machine, transfer)):
        assert set(leads) == set(machine.refusals)
        for state, action in itertools.product(machine.states, leads):
            if target := leads[action].get(state):
                assert machine.next_state(state, action) == target
                continue
            with pytest.raises(machine.refusals[action]):
                machine.next_state(state, action)
