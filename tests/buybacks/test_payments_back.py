"""A bank sends the payment for a piece back: its owner and the desk read it, and what is to be done."""

from __future__ import annotations

import pytest
from flask import Flask

from marketplace import clock
from marketplace.buybacks.states import BuybackState as S
from marketplace.database import db, unit_of_work
from marketplace.ledger import Account, balance
from marketplace.payouts import accounts, runs
from marketplace.payouts.cash_models import PayoutTransfer, TransferState
from marketplace.payouts.models import Payout, PayoutForm, PayoutState
from marketplace.people.models import Role
from tests.accounts import an_account
from tests.books import assert_ledger_is_sound
from tests.buybacks import steps
from tests.payouts.test_runs import GOOD, a_run, a_seller, send
from tests.programme import world
from tests.web import Browser, page


@pytest.mark.rule("LUX-76")
def test_cash_that_a_bank_sends_back_is_unpaid_until_other_details_are_paid(app: Flask, client: Browser) -> None:
    steps.open_for_buying()
    manager = an_account(roles=[Role.MANAGER])
    buyback = steps.accepted(steps.quoted(steps.asked(a_seller(manager))), PayoutForm.CASH, by_hand=True)
    buyback, payout = steps.bought(buyback), db.session.scalars(db.select(Payout)).one()
    [transfer] = send(a_run(manager), manager)
    assert (steps.fresh(buyback).state, transfer.state) == (S.PAID, TransferState.PAID)

    def told() -> list[str]:
        shown = []
        for who, address in (
            (buyback.owner, f"/sell/quote/{buyback.number}"),
            (buyback.owner, "/sell/quotes"),
            (steps.expert(), f"/desk/quotes/{buyback.number}"),
        ):
            client.sign_in_as(who)
            shown.append(" ".join(page(client.get(address)).get_text(" ").split()))
        return shown

    with unit_of_work():
        runs.come_back(db.session.get_one(PayoutTransfer, transfer.id), by=manager, at=clock.now())
    buyback = steps.fresh(buyback)
    assert (buyback.state, buyback.is_over, payout.state) == (S.UNPAID, False, PayoutState.REFUSED)
    assert all("Payment came back" in one and "other bank details" in one for one in told())
    assert buyback.item is not None and buyback.item.owner_id is None  # the piece stays ours
    world.pass_time(hours=1)
    with unit_of_work():
        account = accounts.change(buyback.owner, GOOD, at=clock.now())
        account.usable_from = clock.now()
    [again] = send(a_run(manager), manager)
    assert (steps.fresh(buyback).state, again.amount_minor) == (S.PAID, transfer.amount_minor)
    assert all("Payment came back" not in one for one in told())
    assert -balance(Account.CLEARING, "USD").minor == transfer.amount_minor
    assert_ledger_is_sound()
