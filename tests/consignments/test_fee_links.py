"""A fee is paid by a link before its piece is sent back, once; what settles it first leaves nothing to pay (GAP-19)."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from marketplace import clock
from marketplace.consignments import selling
from marketplace.consignments.models import ConsignedPiece
from marketplace.consignments.states import CannotLoseConsigned, PieceState
from marketplace.custody.fees import FeeIsOpen
from marketplace.custody.models import BillState, FeeBill
from marketplace.database import db, unit_of_work
from marketplace.jobs import runner
from marketplace.ledger import Account, balance
from marketplace.payments.models import PaymentAttempt, Refund, RefundState
from marketplace.payments.sandbox import SandboxSession
from marketplace.payouts.models import Payout
from marketplace.people.models import Person, Role
from tests.accounts import an_account, mail_to
from tests.books import assert_ledger_is_sound
from tests.consignments import steps
from tests.programme import world
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


def lost(piece: ConsignedPiece) -> None:
    with unit_of_work():
        selling.say_lost(piece, by=an_account(roles=[Role.MANAGER]), at=clock.now())
    runner.run_until_idle()
    db.session.expire_all()


def told_of_the_loss(client: Browser, piece: ConsignedPiece) -> tuple[str, str]:
    """What its owner reads on its page, and in the letter."""
    [letter] = [one for one in mail_to(piece.consignment.owner.email) if one.message == "consigned_lost"]
    client.sign_in_as(piece.consignment.owner)
    shown = page(client.get(f"/sell/consign/{piece.consignment.number}/{piece.position}"))
    return shown.get_text(" ", strip=True), letter.text


@pytest.mark.rule("NAP-19", "GAP-19")
@pytest.mark.parametrize("bank", ["", "charge_back"], ids=["ours to give back", "taken by her bank"])
def test_a_fee_that_was_paid_for_a_piece_which_is_then_lost_goes_back_to_the_card_once(
    app: Flask, client: Browser, bank: str
) -> None:
    owner = an_account()
    back, bill, _stay = going_back(owner, pay_business_days=5)
    client.sign_in_as(owner)
    pay(client, to_payment(client, bill))
    if bank:
        session = db.session.scalars(sa.select(SandboxSession)).one()
        post_form(client, f"/sandbox/pay/{session.ref}", "sandbox-bank", action=bank)
        runner.run_until_idle()
    lost(back)
    assert (back.state, back.owed_minor, steps.owed_in_ledger()) == (PieceState.LOST, 18_000, 18_000)
    assert all(("goes back to your card" in words) is not bool(bank) for words in told_of_the_loss(client, back))
    refunded = [(one.state, one.amount_minor) for one in db.session.scalars(sa.select(Refund))]
    if bank:  # it is the bank's to give back, and never given back twice
        assert (refunded, shown(client, bill), fees_booked()) == ([], "paid", 1500)
    else:
        assert (refunded, shown(client, bill), fees_booked()) == ([(RefundState.DONE, 1500)], "returned", 0)
        assert (balance(Account.CLEARING, "USD").minor, balance(Account.REFUND_PAYABLE, "USD").minor) == (0, 0)
    with pytest.raises(CannotLoseConsigned), unit_of_work():
        selling.say_lost(back, by=an_account(roles=[Role.MANAGER]), at=clock.now())
    assert db.session.query(Refund).count() == len(refunded)
    assert_ledger_is_sound()


@pytest.mark.rule("NAP-19", "GAP-19")
def test_a_fee_that_a_payout_was_short_of_is_paid_with_the_piece_that_was_lost(app: Flask, client: Browser) -> None:
    owner = an_account()
    back, bill, [sold] = going_back(owner, others=1)
    steps.settled(sold)
    assert (back.fee_open.minor, fees_booked(), bill.state) == (0, 1500, BillState.OVER)
    lost(back)
    assert (back.owed_minor, fees_booked(), balance(Account.LOSSES, "USD").minor) == (19_500, 0, 18_000)
    assert steps.owed_in_ledger() == steps.owed_in_pieces()
    assert all("includes the fee of $15" in words for words in told_of_the_loss(client, back))
    world.pass_time(days=10)
    paid = db.session.scalars(sa.select(Payout.amount_minor).where(Payout.reference == back.number)).one()
    assert (paid, back.state, db.session.query(Refund).count()) == (19_500, PieceState.PAID, 0)
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
