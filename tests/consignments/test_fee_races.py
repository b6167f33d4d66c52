"""A fee is paid by its link while payouts are to take it: whoever comes first collects it, once (GAP-19)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm.attributes import set_committed_value

from marketplace import clock
from marketplace.consignments import paying
from marketplace.consignments.models import ConsignedPiece
from marketplace.custody import billing, fees
from marketplace.custody.models import BillState, FeeBill
from marketplace.database import db, unit_of_work
from marketplace.jobs import runner
from marketplace.ledger import Account, balance
from marketplace.payments import attempts
from marketplace.payments.models import PaymentAttempt, Refund, RefundState
from marketplace.payouts.models import Payout
from marketplace.people.models import Person
from tests.accounts import an_account
from tests.books import assert_ledger_is_sound
from tests.consignments import steps
from tests.consignments.test_fee_links import fees_booked, going_back, to_payment
from tests.fresh import FreshDatabase
from tests.shopping import pay

OF_EACH, FEE, NET = 2, 1500, 18_000


def race(fresh: FreshDatabase) -> list[Any]:
    """The provider's word that the link was paid comes several times, while several pieces of hers are paid out."""
    browser = fresh.client()

    def begin() -> tuple[Person, FeeBill, list[int]]:
        owner = an_account()
        _back, bill, sold = going_back(owner, others=OF_EACH, pay_business_days=5)
        for piece in sold:
            steps.settled(piece)
        keys = [piece.id for piece in sold]
        for known in (owner, bill):
            db.session.refresh(known)
        return owner, bill, keys

    owner, bill, sold = fresh.run(begin)
    browser.sign_in_as(owner)
    pay(browser, to_payment(browser, bill), webhook="lose")

    def heard() -> None:
        attempt = db.session.scalars(sa.select(PaymentAttempt).where(PaymentAttempt.fee_bill_id.is_not(None))).one()
        key, report = attempt.id, attempts.ask_provider(attempt, ending=False)
        with unit_of_work():
            attempts.apply(db.session.get_one(PaymentAttempt, key), report, at=clock.now())

    def paid_out(key: int) -> Callable[[], None]:
        def act() -> None:
            with unit_of_work():
                paying.pay(db.session.get_one(ConsignedPiece, key), at=clock.now())

        return act

    return fresh.in_parallel([act for key in sold for act in (heard, paid_out(key))])


@pytest.mark.rule("GAP-19")
def test_a_fee_that_is_paid_and_deducted_at_once_is_collected_once(fresh_database: FreshDatabase) -> None:
    assert race(fresh_database) == [None] * 2 * OF_EACH

    def judge() -> None:
        runner.run_until_idle()
        bill = db.session.scalars(sa.select(FeeBill)).one()
        refunded = db.session.scalars(sa.select(Refund.amount_minor).where(Refund.state == RefundState.DONE)).all()
        paid = sorted(db.session.scalars(sa.select(Payout.amount_minor)))
        by_link = bill.state is BillState.PAID
        assert by_link or bill.state is BillState.OVER
        assert (fees_booked(), list(refunded)) == (FEE, [] if by_link else [FEE])
        assert paid == sorted([NET] * OF_EACH if by_link else [NET - FEE, *[NET] * (OF_EACH - 1)])
        assert balance(Account.REFUND_PAYABLE, "USD").minor == 0
        assert_ledger_is_sound()

    fresh_database.run(judge)


def test_control_where_each_goes_by_what_it_has_read_before_the_fee_is_collected_again(
    fresh_database: FreshDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    def as_read(owner_id: int) -> list[Any]:
        return [_unsettled(piece) for piece in db.session.scalars(sa.select(ConsignedPiece)) if piece.fee_minor]

    def _unsettled(piece: ConsignedPiece) -> ConsignedPiece:
        set_committed_value(piece, "fee_settled_at", None)
        return piece

    monkeypatch.setattr(fees, "_open", as_read)
    monkeypatch.setattr(billing, "close", lambda *_piece, **_at: None)
    monkeypatch.setattr(
        billing, "_locked_piece", lambda bill: _unsettled(db.session.get_one(ConsignedPiece, bill.subject_id))
    )
    race(fresh_database)
    assert fresh_database.run(fees_booked) > FEE
