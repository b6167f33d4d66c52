"""A piece is called paid once its owner has the money, and not while a bank has it or has sent it back."""

from __future__ import annotations

import csv
import io
from datetime import date, datetime

import pytest
from flask import Flask

from marketplace import clock
from marketplace.consignments import estimating, standing, terms
from marketplace.consignments.models import ConsignedPiece
from marketplace.consignments.states import PieceState as S
from marketplace.database import db, unit_of_work
from marketplace.payouts import accounts, runs
from marketplace.payouts.cash_models import PayoutTransfer
from marketplace.payouts.models import Payout, PayoutState
from marketplace.people.models import Person, Role
from tests.accounts import an_account
from tests.books import assert_ledger_is_sound
from tests.consignments import steps
from tests.payouts.test_runs import CASH, GOOD, a_run, a_seller, send
from tests.programme import world
from tests.web import Browser, page


def _day(moment: datetime) -> date:
    return moment.astimezone(terms.calendar().zone).date()


def told(client: Browser, piece: ConsignedPiece) -> list[str]:
    """What its owner reads on the piece, in her wardrobe and in her request, and the desk at intake."""
    where, shown = f"/sell/consign/{piece.consignment.number}", []
    for who, address in (
        (piece.consignment.owner, f"{where}/{piece.position}"),
        (piece.consignment.owner, "/sell/consigned"),
        (piece.consignment.owner, where),
        (steps.clerk(), f"/desk/intake/{piece.consignment.number}/{piece.position}"),
    ):
        client.sign_in_as(who)
        shown.append(" ".join(page(client.get(address)).get_text(" ").split()))
    return shown


def statement(client: Browser, owner: Person) -> list[list[str]]:
    client.sign_in_as(owner)
    return list(csv.reader(io.StringIO(client.get("/sell/payouts/statement.csv").get_data(as_text=True))))[1:]


@pytest.mark.rule("LUX-71", "LUX-76")
def test_what_its_bank_has_not_carried_out_or_sent_back_is_not_called_paid(app: Flask, client: Browser) -> None:
    steps.open_for_consigning(pay_business_days=0, **CASH)
    manager = an_account(roles=[Role.MANAGER])
    owner = a_seller(manager)
    piece = steps.live(steps.piece_of(steps.requested(owner)))
    steps.settled(piece)
    world.pass_time(hours=1)
    db.session.expire_all()
    payout = db.session.scalars(db.select(Payout)).one()
    stands = standing.of(piece)
    assert (piece.state, payout.state, stands.payment) == (S.PAID, PayoutState.DUE, PayoutState.DUE)
    assert payout.promised_by is not None
    assert estimating.payment_day(piece, stands) == _day(payout.promised_by)
    assert all("To be paid" in one for one in told(client, piece))
    assert statement(client, owner) == []

    [transfer] = send(a_run(manager), manager)
    assert all("To be paid" not in one and "Payment came back" not in one for one in told(client, piece))
    assert estimating.payment_day(piece, standing.of(piece)) is None
    paid_on = _day(clock.now()).isoformat()
    assert [row[-1] for row in statement(client, owner)] == [paid_on]

    with unit_of_work():
        runs.come_back(db.session.get_one(PayoutTransfer, transfer.id), by=manager, at=clock.now())
    client.sign_in_as(owner)
    assert "Payment came back" in page(client.get("/sell/payouts")).get_text()
    on_the_piece, in_the_wardrobe, in_the_request, at_intake = told(client, piece)
    assert "Payment came back" in in_the_request and "Payment came back" in at_intake
    for one in (on_the_piece, in_the_wardrobe):
        assert "Payment came back" in one and "Give us other bank details" in one
    assert [row[-1] for row in statement(client, owner)] == [f"came back on {paid_on}"]

    world.pass_time(hours=1)
    with unit_of_work():
        accounts.change(owner, GOOD, at=clock.now()).usable_from = clock.now()
    send(a_run(manager), manager)
    assert all("Payment came back" not in one for one in told(client, piece))
    assert (standing.of(piece).payment, len(statement(client, owner))) == (PayoutState.ISSUED, 1)
    assert "came back" not in statement(client, owner)[0][-1]
    assert_ledger_is_sound()
