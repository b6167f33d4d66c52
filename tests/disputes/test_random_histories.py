"""Random histories of sales, cases and chargebacks over the real operations: the money is right after each (fault G07).

After each step the ledger sums to zero, no escrow is negative, what came in is where DESIGN says, a seller is paid at
most once, a buyer gets back at most what was captured, and every open case waits for somebody until one moment.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import timedelta
from functools import cache
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, rule, run_state_machine_as_test

from marketplace import clock
from marketplace.database import db, unit_of_work
from marketplace.disputes import answering, appealing, banks_deadlines, deciding, opening, outcomes, returning, waiting
from marketplace.disputes import chargebacks as bank_cases
from marketplace.disputes.deciding import Ruling
from marketplace.disputes.models import Dispute
from marketplace.disputes.opening import Report, wishes_for
from marketplace.disputes.states import OVER, DisputeState, Kind, Remedy, Side, Wish
from marketplace.errors import Refusal
from marketplace.events import ActorKind, Event
from marketplace.jobs.deadlines import Deadline, DeadlineState
from marketplace.ledger import Account
from marketplace.money import Money
from marketplace.orders import late_refunds, refunding, settling
from marketplace.orders.models import Order
from marketplace.orders.refunding import EndReason
from marketplace.orders.states import OrderState
from marketplace.payments import chargebacks, sandbox
from marketplace.payments.chargeback_models import OPEN as BEFORE_THE_BANK
from marketplace.payments.chargeback_models import Chargeback, ChargebackState
from marketplace.payments.models import PaymentAttempt, Refund, RefundState
from marketplace.payments.sandbox import SandboxSession
from marketplace.payments.sandbox_chargebacks import SandboxChargeback, play
from marketplace.payouts.models import Payout, PayoutState
from marketplace.people.models import Person
from marketplace.programme import Policy
from marketplace.shipping import label_document, parcels, tracking
from marketplace.shipping.carrier import TrackingReport
from marketplace.shipping.models import TrackingStatus
from tests.orders.test_random_histories import ORDERS, OURS, History
from tests.programme.policies import changed
from tests.programme.reading_pages import publish

CASES = st.integers(0, 9)
AGENTS = tuple(f"agent{number}@example.com" for number in range(3))
PARTS = st.sampled_from([1, 6, 333, 4_500, 24_499])
BACK = {"scan": TrackingStatus.TRANSIT, "deliver": TrackingStatus.DELIVERED}


@cache
def policy_where(refund_leaves: str) -> Policy:
    return changed({"disputes.refund_leaves": refund_leaves, "disputes.approval_above_minor": 5_000})


class Abandoned(Exception):
    """The unit of work is given up where it stands: nothing of it may stay."""


# Where one is given up: once the claim is made, a posting booked, an errand written down, or all of it done.
POINTS = {
    "claim": "INSERT INTO events",
    "posting": "INSERT INTO ledger_transactions",
    "errand": "INSERT INTO outbox",
    "end": "",
}
POINT = st.sampled_from([None, None, None, None, *POINTS])


@contextmanager
def given_up_at(connection: sa.Connection, point: str | None) -> Iterator[None]:
    """The block raises ``Abandoned`` at the named point, or at its end where it never comes to that."""

    def give_up(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        if point and POINTS[point] and statement.startswith(POINTS[point]):
            raise Abandoned

    sa.event.listen(connection, "after_cursor_execute", give_up)
    try:
        yield
        if point:
            raise Abandoned
    finally:
        sa.event.remove(connection, "after_cursor_execute", give_up)


class Cases(History):
    """The sales of ``History``, and what their buyers, sellers, agents and time make of them."""

    refund_a_part = None  # in a case the desk gives a part back by deciding, and nobody settles beside it

    @initialize(refund_leaves=st.sampled_from(["decision", "return_scan"]))
    def begin(self, refund_leaves: str) -> None:  # type: ignore[override]
        """Under either policy, which is also that of the orders there are already."""
        History.begin(self)
        version = publish(policy_where(refund_leaves))
        with unit_of_work():
            db.session.execute(sa.update(Order).values(policy_version_id=version.id))
        self.agents = db.session.scalars(sa.select(Person.id).where(Person.email.in_(AGENTS)).order_by(Person.id)).all()

    def open_the_shop(self) -> None:
        """Three agents, one delivered piece that its buyer wants to send back, and one still on its way."""
        History.open_the_shop(self)
        with unit_of_work():
            db.session.add_all([Person(email=email, joined_at=clock.now()) for email in AGENTS])
            order = db.session.scalars(sa.select(Order).where(Order.state == OrderState.DELIVERED)).first()
            assert order is not None
            opening.open_dispute(order, Report(Kind.CONDITION, Wish.RETURN), by=order.buyer, at=clock.now())

    @rule(
        place=ORDERS,
        verb=st.sampled_from(["confirm", "cancel"]),
        fitting=st.sampled_from([True, True, False]),
        abandoned=POINT,
    )
    def act(self, place: int, verb: str, fitting: bool, abandoned: str | None) -> None:
        """Outside a case: carried out, refused with nothing changed, or given up."""

        def move() -> None:
            if order := self._order(place, verb, fitting=fitting):
                if verb == "confirm":
                    settling.confirm(order, stars=5, words="", by=order.buyer, at=clock.now())
                else:
                    refunding.cancel(order, reason=EndReason.DESK_CANCELLED, by=order.buyer, at=clock.now())

        self._try(move, abandoned=abandoned)

    @rule(
        place=ORDERS,
        part=st.sampled_from([None, 1, 4_500]),
        is_fraud=st.booleans(),
        abandoned=POINT,
    )
    def refund_after_the_sale(self, place: int, part: int | None, is_fraud: bool, abandoned: str | None) -> None:
        def move() -> None:
            if order := self._order(place, "refund_settled"):
                agent, of_price = db.session.get_one(Person, self.agents[0]), Money(part, "USD") if part else None
                fraud = is_fraud and of_price is None
                late_refunds.refund(order, of_price=of_price, is_fraud=fraud, by=agent, at=clock.now())

        self._try(move, abandoned=abandoned)

    # Cases -----------------------------------------------------------------------------------------------------------

    def _case(self, place: int, *states: DisputeState) -> Dispute | None:
        """One of the cases in these states, or else any case at all."""
        query = sa.select(Dispute).order_by(Dispute.id)
        cases = db.session.scalars(query.where(Dispute.state.in_(states)) if states else query).all()
        return cases[place % len(cases)] if cases else None

    def _try(self, move: Callable[[], object], *, abandoned: str | None = None) -> None:
        with suppress(Refusal, Abandoned), unit_of_work(), given_up_at(self.connection, abandoned):
            move()
        db.session.expire_all()

    @rule(
        place=ORDERS,
        kind=st.sampled_from([*Kind, Kind.CONDITION]),
        wish=st.integers(0, 1),
        part=PARTS,
        abandoned=POINT,
    )
    def report(self, place: int, kind: Kind, wish: int, part: int, abandoned: str | None) -> None:
        def move() -> None:
            if order := self._order(place, "contest"):
                wishes = wishes_for(kind)
                said = Report(kind, wishes[wish % len(wishes)], "", (), Money(part, "USD"))
                opening.open_dispute(order, said, by=order.buyer, at=clock.now())

        self._try(move, abandoned=abandoned)

    @rule(
        place=CASES,
        verb=st.sampled_from(["accept", "offer", "contest", "take", "decline", "withdraw", "receive", "swap"]),
        fitting=st.sampled_from([True, True, True, False]),
        part=PARTS,
        abandoned=POINT,
    )
    def answer(self, place: int, verb: str, fitting: bool, part: int, abandoned: str | None) -> None:
        """Any answer at any moment, by whoever it is up to; some are given up before they are kept."""
        fits = {
            "take": [DisputeState.AWAITING_BUYER],
            "decline": [DisputeState.AWAITING_BUYER],
            "withdraw": [DisputeState.AWAITING_SELLER, DisputeState.AWAITING_BUYER, DisputeState.IN_REVIEW],
            "receive": [DisputeState.RETURNED],
            "swap": [DisputeState.RETURNED],
        }.get(verb, [DisputeState.AWAITING_SELLER])

        def move() -> None:
            case = self._case(place, *fits) if fitting else self._case(place)
            if case is None:
                return
            at, buyer = clock.now(), case.order.buyer
            seller = case.order.seller or buyer
            {
                "accept": lambda: answering.accept(case, by=seller, at=at),
                "offer": lambda: answering.offer(case, Money(part, "USD"), words="", by=seller, at=at),
                "contest": lambda: answering.contest(case, words="", by=seller, at=at),
                "take": lambda: answering.take_offer(case, by=buyer, at=at),
                "decline": lambda: answering.decline_offer(case, by=buyer, at=at),
                "withdraw": lambda: opening.withdraw(case, by=buyer, at=at),
                "receive": lambda: returning.receive(case, by=seller, at=at),
                "swap": lambda: returning.report_swap(case, words="Not mine.", by=seller, at=at),
            }[verb]()

        self._try(move, abandoned=abandoned)

    @rule(
        place=CASES,
        remedy=st.integers(0, 3),
        part=PARTS,
        at_fault=st.booleans(),
        agent=st.integers(0, 2),
        abandoned=POINT,
    )
    def decide(self, place: int, remedy: int, part: int, at_fault: bool, agent: int, abandoned: str | None) -> None:
        def move() -> None:
            if case := self._case(place, DisputeState.IN_REVIEW):
                choices = outcomes.remedies(case)
                ruling = Ruling(choices[remedy % len(choices)], "So.", "as_described", Money(part, "USD"), at_fault)
                deciding.decide(case, ruling, by=db.session.get_one(Person, self.agents[agent]), at=clock.now())

        self._try(move, abandoned=abandoned)

    @rule(place=CASES, agrees=st.booleans(), agent=st.integers(0, 2), abandoned=POINT)
    def look_at_a_proposal(self, place: int, agrees: bool, agent: int, abandoned: str | None) -> None:
        def move() -> None:
            if case := self._case(place, DisputeState.AWAITING_APPROVAL):
                second = db.session.get_one(Person, self.agents[agent])
                if agrees:
                    deciding.approve(case, by=second, at=clock.now())
                else:
                    deciding.send_back(case, words="Look again.", by=second, at=clock.now())

        self._try(move, abandoned=abandoned)

    @rule(place=CASES, side=st.sampled_from([Side.BUYER, Side.SELLER]), abandoned=POINT)
    def appeal(self, place: int, side: Side, abandoned: str | None) -> None:
        def move() -> None:
            if case := self._case(place, DisputeState.DECIDED, DisputeState.RETURN_LABEL, DisputeState.RETURNED):
                by = case.order.buyer if side is Side.BUYER else case.order.seller or case.order.buyer
                appealing.appeal(case, side=side, words="Again.", by=by, at=clock.now())

        self._try(move, abandoned=abandoned)

    @rule(place=CASES, days=st.integers(1, 20), rests=st.booleans())
    def pause(self, place: int, days: int, rests: bool) -> None:
        def move() -> None:
            if case := self._case(place):
                agent, at = db.session.get_one(Person, self.agents[0]), clock.now()
                if rests:
                    waiting.pause(case, until=at + timedelta(days=days), reason="So.", by=agent, at=at)
                else:
                    waiting.run_on(case, by=agent, at=at)

        self._try(move)

    @rule(place=CASES, news=st.sampled_from(["scan", "deliver"]))
    def hear_of_a_way_back(self, place: int, news: str) -> None:
        def move() -> None:
            case = self._case(place, DisputeState.RETURN_LABEL, DisputeState.RETURN_IN_TRANSIT)
            parcel = parcels.return_parcel_of(case.order_id) if case else None
            if parcel is not None and parcel.tracking_number is not None:
                tracking.record_reports(parcel, [TrackingReport(BACK[news], clock.now())], at=clock.now())

        self._try(move)

    # Banks -----------------------------------------------------------------------------------------------------------

    @rule(
        place=ORDERS,
        action=st.sampled_from(["inquire", "charge_back", "charge_back", "win", "lose"]),
        abandoned=POINT,
    )
    def hear_from_a_bank(self, place: int, action: str, abandoned: str | None) -> None:
        """A buyer's bank acts, and we hear of it, perhaps twice; or we die while writing down what we heard."""
        with unit_of_work():
            paid = sa.select(SandboxSession).where(SandboxSession.payment_ref.is_not(None)).order_by(SandboxSession.id)
            sessions = db.session.scalars(paid).all()
            if not sessions:
                return
            session = sessions[place % len(sessions)]
            play(action, session.payment_ref or "", sandbox.left_of(session))
            reports = [
                row.report() for row in db.session.scalars(sa.select(SandboxChargeback).order_by(SandboxChargeback.id))
            ]

        def move() -> None:
            for report in [*reports, *reports]:
                attempt = chargebacks.attempt_of(report.payment_ref or "")
                assert attempt is not None
                chargebacks.apply(attempt, report, at=clock.now())

        self._try(move, abandoned=abandoned)
        if abandoned:
            self._try(move)

    @rule(place=CASES, pays_seller=st.booleans(), abandoned=POINT)
    def conclude(self, place: int, pays_seller: bool, abandoned: str | None) -> None:
        def move() -> None:
            lost = db.session.scalars(sa.select(Chargeback).filter_by(state=ChargebackState.LOST)).all()
            if lost:
                agent, case = db.session.get_one(Person, self.agents[0]), lost[place % len(lost)]
                bank_cases.conclude(case, pays_seller=pays_seller, words="So.", by=agent, at=clock.now())

        self._try(move, abandoned=abandoned)

    @invariant()
    def what_a_bank_has_is_neither_paid_out_nor_refunded_as_well(self) -> None:
        if not hasattr(self, "savepoint"):
            return
        for payment in self._found(_PAYMENTS):
            assert payment.refunded + payment.taken <= payment.amount_minor
        for case in self._found(_BANKS):
            is_over = case.state not in (*BEFORE_THE_BANK, ChargebackState.LOST)
            assert (case.waits_until is None) == is_over == (case.due_at is None)
            assert is_over or not case.to_be_paid_out

    # After every step ------------------------------------------------------------------------------------------------

    @invariant()
    def every_open_case_waits_for_somebody_until_one_moment(self) -> None:
        if not hasattr(self, "savepoint"):
            return
        for case in self._found(_CASES):
            somebody = waiting.acts_next(case.state, goes_to_house=case.goes_to_house)
            if case.state in OVER:
                assert (case.due_at, case.waits_until, somebody) == (None, None, None)
                continue
            assert somebody is not None
            assert case.due_at is not None
            assert case.waits_until == case.due_at
            assert case.order_state in (OrderState.DISPUTED, OrderState.REFUNDED)
        assert self._found(_CONTESTED_BY_NOBODY) == []

    @staticmethod
    def _judge(state: OrderState, sums: Mapping[Account, int], captured: int, refunded: int, credit: int) -> None:
        """Escrow in = refunds + seller + commission + shipping + tax; what losses fund stands apart."""
        escrow, ours = -sums[Account.ESCROW], sums[Account.LOSSES]
        assert escrow >= 0 and ours >= 0 and refunded <= captured
        if state is OrderState.SETTLED:
            assert escrow == 0
            assert credit - ours - sum(sums[account] for account in OURS) + refunded == captured
        elif state is OrderState.REFUNDED and sums[Account.SHIPPING_INCOME]:  # after it had been settled
            left = -(sums[Account.SELLER_PAYABLE] + sums[Account.GIFT_CARD_LIABILITY])  # nobody spends here
            assert (escrow, refunded, left) == (0, captured, 0)
            assert refunded - ours - sum(sums[account] for account in OURS) == captured
        elif state is OrderState.REFUNDED:
            assert (escrow, refunded, credit) == (0, captured, ours)
        else:
            assert (escrow, credit, ours) == (captured - refunded, 0, 0)


def _deadline(kind: str, subject: type[Dispute | Chargeback]) -> Any:
    waits = (Deadline.kind == kind, Deadline.subject_id == subject.id, Deadline.state == DeadlineState.WAITING)
    return sa.select(Deadline.due_at).where(*waits).scalar_subquery().label("waits_until")


def _total(minor: Any, *of: sa.ColumnElement[bool]) -> Any:
    return sa.select(sa.func.coalesce(sa.func.sum(minor), 0)).where(*of).scalar_subquery()


_PAYMENTS = sa.select(
    PaymentAttempt.amount_minor,
    _total(Refund.amount_minor, Refund.attempt_id == PaymentAttempt.id, Refund.state == RefundState.DONE).label(
        "refunded"
    ),
    _total(Chargeback.withdrawn_minor, Chargeback.attempt_id == PaymentAttempt.id).label("taken"),
).where(PaymentAttempt.paid_at.is_not(None))
_PAID_WITH_IT = (Order.checkout_id == PaymentAttempt.checkout_id, Order.paid_at.is_not(None))
_BANKS = sa.select(
    Chargeback.state,
    Chargeback.due_at,
    _deadline(banks_deadlines.DUE, Chargeback),
    sa.exists()
    .where(Payout.order_id == Order.id, Payout.state == PayoutState.DUE, *_PAID_WITH_IT)
    .label("to_be_paid_out"),
).join(PaymentAttempt, PaymentAttempt.id == Chargeback.attempt_id)
_CASES = sa.select(
    Dispute.state,
    Dispute.due_at,
    sa.or_(Order.seller_id.is_(None), Dispute.is_counterfeit).label("goes_to_house"),
    Order.state.label("order_state"),
    _deadline(waiting.DUE, Dispute),
).join(Order, Order.id == Dispute.order_id)
# What the carrier contests the desk decides outside a case, and what a bank looks into waits for the bank.
_CONTESTED_BY_NOBODY = sa.select(Order.number).where(
    Order.state == OrderState.DISPUTED,
    ~sa.exists().where(Dispute.order_id == Order.id, Dispute.state.not_in(OVER)),
    ~sa.exists().where(
        Event.subject_type == "orders",
        Event.subject_id == Order.id,
        Event.action == "contest",
        Event.actor_kind == ActorKind.CARRIER,
    ),
    ~sa.exists().where(Chargeback.attempt_id == PaymentAttempt.id, Chargeback.due_at.is_not(None), *_PAID_WITH_IT),
)


@pytest.mark.fault("G07")
@pytest.mark.property
@pytest.mark.timeout(900)
def test_every_step_of_a_random_case_keeps_the_ledgers_promises(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(label_document, "render_label", lambda _contents: b"%PDF-")
    Cases().open_the_shop()
    run_state_machine_as_test(Cases, settings=settings())


def test_the_remedies_a_random_history_can_choose_are_all_there_are() -> None:
    assert set(Remedy) == {*outcomes.ON_THE_CLAIM, Remedy.PAY_SELLER, Remedy.LEAVE}
