"""A fee is paid by a link before its piece is sent back, once; what settles it first leaves nothing to pay (GAP-19)."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from marketplace import clock
from marketplace.consignments import selling
from marketplace.consignments.models import ConsignedPiece
from marketplace.consignments.states import PieceState
from marketplace.custody.fees import FeeIsOpen
from marketplace.custody.models import BillState, FeeBill
from marketplace.database import db, unit_of_work
from marketplace.jobs import runner
from marketplace.ledger import Account, balance
from marketplace.payments.models import PaymentAttempt, Refund, RefundState
from marketplace.payments.sandbox import SandboxSession
from marketplace.people.models import Person, Role
from tests.accounts import an_account, mail_to
from tests.books import assert_ledger_is_sound
from tests.consignments import steps
from tests.shopping import pay as press_pay
from tests.web import Browser, page, post_form


def going_back(
    owner: Person, *, others: int = 0, **changes: Any
) -> tuple[ConsignedPiece, FeeBill, list[ConsignedPiece]]:
    """A piece asked back too early, its bill, and pieces of the same owner that stay in the shop."""
    steps.open_for_consigning(**changes)
    made = steps.requested(owner, *[steps.a_wish()] * (1 + others))
    back, *stay = [steps.live(steps.piece_of(made, position + 1)) for position in range(1 + others)]
    with unit_of_work():
        selling.take_back(back, by=owner, at=clock.now())
    runner.run_until_idle()
    return back, db.session.scalars(sa.select(FeeBill)).one(), stay


def hand_back(piece: ConsignedPiece) -> None:
    with unit_of_work():
        selling.hand_back(piece, place="Counter", by=steps.clerk(), at=clock.now())


def to_payment(client: Browser, bill: FeeBill) -> str:
    there = post_form(client, f"/sell/fees/{bill.number}", "pay-fee")
    assert there.status_code == 303
    return str(there.headers["Location"])


def pay(client: Browser, where: str, **press: str) -> None:
    press_pay(client, where, **press)
    runner.run_until_idle()
    db.session.expire_all()


def shown(client: Browser, bill: FeeBill) -> str:
    main = page(client.get(f"/sell/fees/{bill.number}")).find("main")
    assert main is not None
    return str(main["data-state"])


def fees_booked() -> int:
    return -balance(Account.FEE_INCOME, "USD").minor


@pytest.mark.rule("GAP-19", "NAP-33")
def test_a_fee_is_paid_by_a_link_before_its_piece_is_sent_back(app: Flask, client: Browser) -> None:
    owner = an_account()
    back, bill, _stay = going_back(owner)
    [letter] = [one for one in mail_to(owner.email) if one.message == "fee_link"]
    assert f"/sell/fees/{bill.number}" in letter.text
    assert "$15" in letter.text
    with pytest.raises(FeeIsOpen):
        hand_back(back)
    client.sign_in_as(owner)
    assert shown(client, bill) == "open"
    where = to_payment(client, bill)
    assert to_payment(client, bill) == where  # a second press is the same payment
    pay(client, where, webhook="twice")
    assert (shown(client, bill), fees_booked(), balance(Account.CLEARING, "USD").minor) == ("paid", 1500, 1500)
    assert post_form_refused(client, bill)
    hand_back(back)
    assert back.state is PieceState.RETURNED
    assert db.session.scalar(sa.select(sa.func.count(PaymentAttempt.id))) == 1
    assert_ledger_is_sound()


def post_form_refused(client: Browser, bill: FeeBill) -> bool:
    """Whether the page has no button any more."""
    return page(client.get(f"/sell/fees/{bill.number}")).find(id="pay-fee") is None


@pytest.mark.rule("GAP-19")
@pytest.mark.parametrize("settled_by", ["payout", "waiver"])
def test_what_is_paid_for_a_fee_that_is_settled_already_goes_back(app: Flask, client: Browser, settled_by: str) -> None:
    """The payout, or the desk, is faster than the person on the payment page."""
    owner = an_account()
    back, bill, [sold] = going_back(owner, others=1)
    client.sign_in_as(owner)
    where = to_payment(client, bill)
    if settled_by == "payout":
        steps.settled(sold)
    else:
        with unit_of_work():
            selling.waive_fee(back, by=an_account(roles=[Role.MANAGER]), at=clock.now())
    db.session.expire_all()
    taken = 1500 if settled_by == "payout" else 0
    assert (bill.state, fees_booked()) == (BillState.OVER, taken)
    clearing = balance(Account.CLEARING, "USD").minor
    pay(client, where)
    refund = db.session.scalars(sa.select(Refund)).one()
    assert (refund.state, refund.amount_minor, fees_booked()) == (RefundState.DONE, 1500, taken)
    assert (shown(client, bill), balance(Account.CLEARING, "USD").minor) == ("over", clearing)
    assert balance(Account.REFUND_PAYABLE, "USD").minor == 0
    assert_ledger_is_sound()


def test_nobody_elses_fee_can_be_seen_or_paid(app: Flask, client: Browser) -> None:
    _back, bill, _stay = going_back(an_account())
    client.sign_in_as(an_account())
    token = page(client.get("/track")).find("input", attrs={"name": "csrf_token"})
    assert token is not None
    assert client.get(f"/sell/fees/{bill.number}").status_code == 404
    assert client.post(f"/sell/fees/{bill.number}", data={"csrf_token": token["value"]}).status_code == 404
    assert db.session.scalar(sa.select(sa.func.count(PaymentAttempt.id))) == 0


def test_a_bank_that_takes_a_fee_back_is_in_the_books_and_before_the_desk(app: Flask, client: Browser) -> None:
    owner = an_account()
    _back, bill, _stay = going_back(owner)
    client.sign_in_as(owner)
    pay(client, to_payment(client, bill))
    session = db.session.scalars(sa.select(SandboxSession)).one()
    post_form(client, f"/sandbox/pay/{session.ref}", "sandbox-bank", action="charge_back")
    runner.run_until_idle()
    assert balance(Account.CHARGEBACKS, "USD").minor == 1500
    client.sign_in_as(an_account(roles=[Role.MANAGER]))
    assert client.get("/desk/chargebacks").status_code == 200
    number = page(client.get("/desk/chargebacks")).select_one("a[href^='/desk/chargebacks/']")
    assert number is not None
    assert client.get(str(number["href"])).status_code == 200
    assert_ledger_is_sound()
