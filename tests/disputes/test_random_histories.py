"""Random histories of sales, cases and chargebacks over the real operations: the money is right after each (fault G07).

After each step the ledger sums to zero, no escrow is negative, what came in is where DESIGN says, a seller is paid at
most once, a buyer gets back at most what was captured, and every open case waits for somebody until one moment.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta

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
from marketplace.disputes.models import Clause, Dispute
from marketplace.disputes.opening import Report, wishes_for
from marketplace.disputes.states import OVER, DisputeState, Kind, Remedy, Side, Wish
from marketplace.errors import Refusal
from marketplace.events import ActorKind, Event
from marketplace.jobs import deadlines
from marketplace.ledger import Account
from marketplace.money import Money
from marketplace.orders import refunding, settling
from marketplace.orders.models import Order
from marketplace.orders.refunding import EndReason
from marketplace.orders.states import OrderState
from marketplace.payments import chargebacks, sandbox
from marketplace.payments.chargeback_models import Chargeback, ChargebackState
from marketplace.payments.models import PaymentAttempt, Refund, RefundState
from marketplace.payments.sandbox import SandboxSession
from marketplace.payments.sandbox_chargebacks import SandboxChargeback, play
from marketplace.payouts.models import Payout, PayoutState
from marketplace.people.models import Person
from marketplace.shipping import label_document, parcels, tracking
from marketplace.shipping.carrier import TrackingReport
from marketplace.shipping.models import TrackingStatus
from tests.orders.test_random_histories import ORDERS, History
from tests.programme.policies import changed
from tests.programme.reading_pages import publish

CASES = st.integers(0, 9)
AGENTS = tuple(f"agent{number}@example.com" for number in range(3))
PARTS = st.sampled_from([1, 6, 333, 4_500, 24_499])
BACK = {"scan": TrackingStatus.TRANSIT, "deliver": TrackingStatus.DELIVERED}


class Abandoned(Exception):
    """The unit of work is given up where it stands: nothing of it may stay."""


class Cases(History):
    """The sales of ``History``, and what their buyers, sellers, agents and time make of them."""

    refund_a_part = None  # in a case the desk gives a part back by deciding, and nobody settles beside it

    @initialize()
    def begin(self) -> None:
        History.begin(self)
        self.agents = db.session.scalars(sa.select(Person.id).where(Person.email.in_(AGENTS)).order_by(Person.id)).all()

    def open_the_shop(self) -> None:
        """Three agents, one delivered piece that its buyer wants to send back, and one still on its way."""
        History.open_the_shop(self)
        with unit_of_work():
            db.session.add_all([Person(email=email, joined_at=clock.now()) for email in AGENTS])
            order = db.session.scalars(sa.select(Order).where(Order.state == OrderState.DELIVERED)).first()
            assert order is not None
            opening.open_dispute(order, Report(Kind.CONDITION, Wish.RETURN), by=order.buyer, at=clock.now())

    @rule(place=ORDERS, verb=st.sampled_from(["confirm", "cancel"]), fitting=st.sampled_from([True, True, False]))
    def act(self, place: int, verb: str, fitting: bool) -> None:
        """Outside a case: carried out, or refused with nothing changed."""
        with suppress(Refusal), unit_of_work():
            if order := self._order(place, verb, fitting=fitting):
                if verb == "confirm":
                    settling.confirm(order, stars=5, words="", by=order.buyer, at=clock.now())
                else:
                    refunding.cancel(order, reason=EndReason.DESK_CANCELLED, by=order.buyer, at=clock.now())
        db.session.expire_all()

    # Cases -----------------------------------------------------------------------------------------------------------

    def _case(self, place: int, *states: DisputeState) -> Dispute | None:
        """One of the cases in these states, or else any case at all."""
        query = sa.select(Dispute).order_by(Dispute.id)
        cases = db.session.scalars(query.where(Dispute.state.in_(states)) if states else query).all()
        return cases[place % len(cases)] if cases else None

    def _try(self, move: Callable[[], object], *, abandoned: bool = False) -> None:
        with suppress(Refusal, Abandoned), unit_of_work():
            move()
            if abandoned:
                raise Abandoned
        db.session.expire_all()

    @rule(place=ORDERS, kind=st.sampled_from([*Kind, Kind.CONDITION]), wish=st.integers(0, 1), part=PARTS)
    def report(self, place: int, kind: Kind, wish: int, part: int) -> None:
        def move() -> None:
            if order := self._order(place, "contest"):
                wishes = wishes_for(kind)
                said = Report(kind, wishes[wish % len(wishes)], "", (), Money(part, "USD"))
                opening.open_dispute(order, said, by=order.buyer, at=clock.now())

        self._try(move)

    @rule(
        place=CASES,
        verb=st.sampled_from(["accept", "offer", "contest", "take", "decline", "withdraw", "receive", "swap"]),
        fitting=st.sampled_from([True, True, True, False]),
        part=PARTS,
        abandoned=st.sampled_from([False, False, False, True]),
    )
    def answer(self, place: int, verb: str, fitting: bool, part: int, abandoned: bool) -> None:
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
        abandoned=st.sampled_from([False, False, False, True]),
    )
    def decide(self, place: int, remedy: int, part: int, at_fault: bool, agent: int, abandoned: bool) -> None:
        def move() -> None:
            if case := self._case(place, DisputeState.IN_REVIEW):
                choices = outcomes.remedies(case)
                ruling = Ruling(
                    choices[remedy % len(choices)], "So.", Clause.AS_DESCRIBED, Money(part, "USD"), at_fault
                )
                deciding.decide(case, ruling, by=db.session.get_one(Person, self.agents[agent]), at=clock.now())

        self._try(move, abandoned=abandoned)

    @rule(place=CASES, agrees=st.booleans(), agent=st.integers(0, 2))
    def look_at_a_proposal(self, place: int, agrees: bool, agent: int) -> None:
        def move() -> None:
            if case := self._case(place, DisputeState.AWAITING_APPROVAL):
                second = db.session.get_one(Person, self.agents[agent])
                if agrees:
                    deciding.approve(case, by=second, at=clock.now())
                else:
                    deciding.send_back(case, words="Look again.", by=second, at=clock.now())

        self._try(move)

    @rule(place=CASES, side=st.sampled_from([Side.BUYER, Side.SELLER]))
    def appeal(self, place: int, side: Side) -> None:
        def move() -> None:
            if case := self._case(place, DisputeState.DECIDED, DisputeState.RETURN_LABEL, DisputeState.RETURNED):
                by = case.order.buyer if side is Side.BUYER else case.order.seller or case.order.buyer
                appealing.appeal(case, side=side, words="Again.", by=by, at=clock.now())

        self._try(move)

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
        abandoned=st.sampled_from([False, False, True]),
    )
    def hear_from_a_bank(self, place: int, action: str, abandoned: bool) -> None:
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

    @rule(place=CASES, pays_seller=st.booleans(), abandoned=st.sampled_from([False, False, True]))
    def conclude(self, place: int, pays_seller: bool, abandoned: bool) -> None:
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
        with unit_of_work(reading=True):
            for attempt in db.session.scalars(sa.select(PaymentAttempt).where(PaymentAttempt.paid_at.is_not(None))):
                back = sa.select(sa.func.coalesce(sa.func.sum(Refund.amount_minor), 0))
                refunded = db.session.scalar(
                    back.where(Refund.attempt_id == attempt.id, Refund.state == RefundState.DONE)
                )
                assert int(refunded or 0) + chargebacks.taken_by_banks(attempt.id) <= attempt.amount_minor
            for case in db.session.scalars(sa.select(Chargeback)):
                deadline = deadlines.waiting_deadline(banks_deadlines.DUE, case)
                assert (deadline is None) == case.is_over == (case.due_at is None)
                orders = [order.id for order in bank_cases.orders_of(case)]
                due = sa.select(Payout.id).where(Payout.order_id.in_(orders), Payout.state == PayoutState.DUE)
                assert case.is_over or db.session.scalar(due) is None

    # After every step ------------------------------------------------------------------------------------------------

    @invariant()
    def every_open_case_waits_for_somebody_until_one_moment(self) -> None:
        if not hasattr(self, "savepoint"):
            return
        with unit_of_work(reading=True):
            for case in db.session.scalars(sa.select(Dispute)):
                deadline = deadlines.waiting_deadline(waiting.DUE, case)
                if case.state in OVER:
                    assert (case.due_at, deadline, waiting.waiting_on(case)) == (None, None, None)
                    continue
                assert waiting.waiting_on(case) is not None
                assert case.due_at is not None
                assert deadline is not None and deadline.due_at == case.due_at
                assert case.order.state in (OrderState.DISPUTED, OrderState.REFUNDED)
            disputed = sa.select(Order.id).where(Order.state == OrderState.DISPUTED)
            open_cases = sa.select(Dispute.order_id).where(Dispute.state.not_in(OVER))
            contested = set(db.session.scalars(disputed)) - set(db.session.scalars(open_cases))
            assert contested <= self._taken_back_by_the_carrier() | self._with_a_bank()

    @staticmethod
    def _with_a_bank() -> set[int]:
        cases = db.session.scalars(sa.select(Chargeback).where(Chargeback.due_at.is_not(None)))
        return {order.id for case in cases for order in bank_cases.orders_of(case)}

    @staticmethod
    def _taken_back_by_the_carrier() -> set[int]:
        """Contested by the carrier and not by a buyer: the desk decides those outside a case."""
        query = sa.select(Event.subject_id).where(
            Event.subject_type == "orders", Event.action == "contest", Event.actor_kind == ActorKind.CARRIER
        )
        return set(db.session.scalars(query))

    @staticmethod
    def _judge(order: Order, sums: dict[Account, int], credit: int) -> None:
        """Escrow in = refunds + seller + commission + shipping + tax; what losses fund stands apart."""
        escrow, ours = -sums.get(Account.ESCROW, 0), sums.get(Account.LOSSES, 0)
        captured = order.total.minor if order.paid_at else 0
        refunded = order.refunded.minor
        assert escrow >= 0 and ours >= 0 and refunded <= captured
        if order.state is OrderState.SETTLED:
            assert escrow == 0
            parts = [Account.COMMISSION, Account.OWN_STOCK_SALES, Account.SHIPPING_INCOME, Account.TAX_PAYABLE]
            assert credit - ours - sum(sums.get(account, 0) for account in parts) + refunded == captured
        elif order.state is OrderState.REFUNDED:
            assert (escrow, refunded, credit) == (0, captured, ours)
        else:
            assert (escrow, credit, ours) == (captured - refunded, 0, 0)


@pytest.mark.fault("G07")
@pytest.mark.property
@pytest.mark.timeout(900)
@pytest.mark.parametrize("refund_leaves", ["decision", "return_scan"])
def test_every_step_of_a_random_case_keeps_the_ledgers_promises(
    app: Flask, monkeypatch: pytest.MonkeyPatch, refund_leaves: str
) -> None:
    monkeypatch.setattr(label_document, "render_label", lambda _contents: b"%PDF-")
    publish(changed({"disputes.refund_leaves": refund_leaves, "disputes.approval_above_minor": 5_000}))
    Cases().open_the_shop()
    run_state_machine_as_test(Cases, settings=settings(max_examples=max(5, settings().max_examples // 20)))


def test_the_remedies_a_random_history_can_choose_are_all_there_are() -> None:
    assert set(Remedy) == {*outcomes.ON_THE_CLAIM, Remedy.PAY_SELLER, Remedy.LEAVE}
