"""The process stops between any two lines of sending a payout run's transfer: afterwards its seller is paid once.

The control takes the look at the bank away, and must see money that left twice.
"""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from marketplace import clock
from marketplace.database import db, unit_of_work
from marketplace.jobs import outbox, runner
from marketplace.ledger.models import LedgerTransaction
from marketplace.payouts import runs
from marketplace.payouts.cash_models import PayoutRun, PayoutTransfer, TransferState
from marketplace.payouts.models import Payout, PayoutState
from marketplace.payouts.sandbox_bank import SandboxBank
from marketplace.people.models import Person
from tests.accounts import mail_to
from tests.payouts import test_crashes
from tests.payouts.test_crashes import open_rows, stops
from tests.payouts.test_runs import a_run, a_seller, manager, owe

__all__ = ["manager"]


class Bank(SandboxBank):
    """Every call moves money. ``looks``: whether it is asked what it did before it is asked again."""

    def __init__(self, *, looks: bool) -> None:
        self.looks = looks
        self.moved: list[str] = []

    def send(self, wanted: Any) -> Any:
        self.moved.append(wanted.key)
        return super().send(wanted)

    def find(self, wanted: Any) -> Any:
        return super().find(wanted) if self.looks else None


def wrong(payout: Payout, bank: Bank) -> str:
    """What is not as it must be after everything has run again; empty when all is well."""
    db.session.expire_all()
    moved, bank.moved = len(bank.moved), []
    if moved != 1:
        return f"money left {moved} times"
    [transfer] = db.session.scalars(sa.select(PayoutTransfer)).all()
    if (payout.state, transfer.state, transfer.sealed) != (PayoutState.ISSUED, TransferState.PAID, None):
        return f"the payout is {payout.state}, its transfer {transfer.state}"
    postings = db.session.scalars(sa.select(LedgerTransaction).where(LedgerTransaction.kind == "transfer_paid")).all()
    owner = db.session.get_one(Person, payout.seller_id)
    letters = [letter for letter in mail_to(owner.email) if letter.message == "cash_sent"]
    return "" if (len(postings), len(letters)) == (1, 1) else f"{len(postings)} postings, {len(letters)} letters"


def sending(app: Any, manager: Person, bank: Bank, monkeypatch: pytest.MonkeyPatch) -> Payout:
    """A run that has been started: its one transfer is still to be sent, and nothing else to be done."""
    payout = owe(a_seller(manager))
    monkeypatch.setitem(app.extensions, "cash", bank)
    monkeypatch.setattr(test_crashes, "WATCHED", {outbox.__file__, runs.__file__})
    run = a_run(manager)
    runner.run_until_idle()
    with unit_of_work():
        runs.start(db.session.get_one(PayoutRun, run.id), by=manager, at=clock.now())
    assert open_rows() == 1
    return payout


def test_wherever_the_process_stops_the_transfer_is_sent_once(
    app, manager: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    bank = Bank(looks=True)
    payout = sending(app, manager, bank, monkeypatch)
    assert set(stops(payout, lambda one: wrong(one, bank))) == {""}  # type: ignore[arg-type, return-value]


def test_control_a_bank_that_is_not_asked_pays_twice(app, manager: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    bank = Bank(looks=False)
    payout = sending(app, manager, bank, monkeypatch)
    assert "money left 2 times" in stops(payout, lambda one: wrong(one, bank), every=3)  # type: ignore[arg-type]
