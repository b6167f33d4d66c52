"""A buyer's bank asks about a payment or takes it back: what stops, what moves, and that nobody is refunded twice."""

from __future__ import annotations

import io
import re
from datetime import timedelta
from itertools import product
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from marketplace import clock
from marketplace.database import db, unit_of_work
from marketplace.disputes import answering, chargebacks, deciding, opening, returning
from marketplace.disputes.banks_deadlines import SILENCE
from marketplace.disputes.permissions import OwnCase
from marketplace.disputes.states import DisputeState, Remedy
from marketplace.jobs.alarms import Alarm, AlarmKind, is_alarmed
from marketplace.jobs.outbox import NotDone, OutboxRow
from marketplace.ledger import Account, balance
from marketplace.listings.states import ListingState
from marketplace.orders import held_payouts, late_refunds, refunding, settling
from marketplace.orders.models import Order
from marketplace.orders.refunding import EndReason
from marketplace.orders.states import CannotRefund, OrderState
from marketplace.payments import sandbox
from marketplace.payments.chargeback_models import (
    ACTION_TO,
    CHARGEBACK,
    ENDED_WELL,
    OPEN,
    CannotConclude,
    Chargeback,
    ChargebackState,
)
from marketplace.payments.chargebacks import ChargebackOpen
from marketplace.payments.models import PaymentAttempt, Refund, RefundState
from marketplace.payments.refunds import MoreThanPaid, RefundSending, request_refund
from marketplace.payments.sandbox import SandboxSession
from marketplace.payments.sandbox_chargebacks import SandboxChargeback, SandboxFile, play
from marketplace.payments.sandbox_pages import deliver
from marketplace.payouts import holding
from marketplace.payouts.models import Payout, PayoutHold, PayoutState
from marketplace.people.models import Person, Role, StaffRole
from marketplace.people.readings import Reading
from tests.accounts import mail_to
from tests.books import assert_books_balance
from tests.disputes.cases import act, again, an_agent, decided, delivered, in_review, opened, ruling, seller, send_back
from tests.disputes.test_pages import browser
from tests.orders.stories import again as order_again
from tests.orders.stories import confirm, held
from tests.shipping.sales import labelled_order, sold_order, sweep, travel
from tests.web import page, post_form


def session_of(order: Order) -> SandboxSession:
    attempt = db.session.scalars(sa.select(PaymentAttempt).filter_by(checkout_id=order.checkout_id)).one()
    return db.session.scalars(sa.select(SandboxSession).filter_by(payment_ref=attempt.payment_ref)).one()


def bank(order: Order, action: str, *, times: int = 1) -> Chargeback:
    """The bank acts, and the provider tells the shop by its webhook route; some webhooks come again."""
    with unit_of_work():
        session = session_of(order)
        told = play(action, session.payment_ref or "", sandbox.left_of(session))
    for body in told * times:
        assert deliver(body) == 200
    sweep()
    db.session.expire_all()
    return db.session.scalars(sa.select(Chargeback).order_by(Chargeback.id.desc())).first()  # type: ignore[return-value]


def cost(order: Order) -> tuple[int, int]:
    """What chargebacks of an order have cost, and what was left in clearing of it."""
    accounts = (Account.CHARGEBACKS, Account.CLEARING)
    return tuple(balance(account, "USD", order_id=order.id).minor for account in accounts)  # type: ignore[return-value]


def payout_state(order: Order) -> PayoutState | None:
    db.session.expire_all()
    return db.session.scalar(sa.select(Payout.state).where(Payout.order_id == order.id))


def conclude(chargeback: Chargeback, *, pays_seller: bool) -> None:
    with unit_of_work():
        mine = db.session.get_one(Chargeback, chargeback.id)
        chargebacks.conclude(mine, pays_seller=pays_seller, words="So.", by=an_agent(), at=clock.now())
    sweep()
    db.session.expire_all()


# The table -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("state", "action"), list(product(ChargebackState, CHARGEBACK.refusals)))
def test_each_pair_leads_on_or_is_refused_by_name(state: ChargebackState, action: str) -> None:
    news = {name: target for target, name in ACTION_TO.items()}
    target = news.get(action, ChargebackState.CONCLUDED)
    follows = action != "conclude" and target is not state
    reopened = state is ChargebackState.INQUIRY_CLOSED and action in ("charge_back", "await_bank", "win", "lose")
    if (state in OPEN and follows) or reopened or (state, action) in (("lost", "win"), ("lost", "conclude")):
        assert CHARGEBACK.next_state(state, action) is target
    else:
        with pytest.raises(CHARGEBACK.refusals[action]):
            CHARGEBACK.next_state(state, action)


def test_each_state_that_is_not_over_waits_for_one_and_says_what_silence_does() -> None:
    assert set(SILENCE) == {*OPEN, ChargebackState.LOST} == set(ChargebackState) - {*ENDED_WELL, "concluded"}
    assert all(str(silence.outcome) for silence in SILENCE.values())


# While it is open ----------------------------------------------------------------------------------------------------


@pytest.mark.fault("B18")
def test_an_inquiry_moves_no_money_and_everything_goes_on_when_it_closes(app: Flask) -> None:
    order = labelled_order()
    travel(order, "scan")
    case = bank(order, "inquire", times=2)
    assert (case.state, cost(order)[0], held(order)) == (ChargebackState.INQUIRY, 0, order.total.minor)
    assert order_again(order).state is OrderState.DISPUTED
    assert case.due_by is not None and case.due_at is not None
    with pytest.raises(ChargebackOpen):
        request_refund(
            attempt=db.session.get_one(PaymentAttempt, case.attempt_id),
            amount=order.price,
            reason="any",
            key="any",
            reference="any",
            order_id=order.id,
            at=clock.now(),
        )
    case = bank(order, "win")
    assert (case.state, case.due_at, order_again(order).state) == ("inquiry_closed", None, OrderState.IN_TRANSIT)
    travel(order, "deliver")
    confirm(order)
    assert payout_state(order) is PayoutState.ISSUED
    told = [letter.message for letter in mail_to(order.seller.email) if letter.message.startswith("chargeback")]  # type: ignore[union-attr]
    assert told == ["chargeback_opened", "chargeback_let_go"]
    assert_books_balance(app)


@pytest.mark.fault("B18")
def test_what_is_withdrawn_is_posted_once_and_reversed_when_it_is_reinstated(app: Flask) -> None:
    order = delivered()
    case = bank(order, "charge_back", times=3)
    assert (case.state, cost(order)) == (ChargebackState.NEEDS_ANSWER, (order.total.minor, 0))
    assert (case.withdrawn_minor, case.fee_minor) == (order.total.minor, 1_500)
    assert balance(Account.PROVIDER_FEES, "USD").minor == 1_500
    assert db.session.scalar(sa.select(Alarm.id).filter_by(kind=AlarmKind.CHARGEBACK, cleared_at=None))
    assert_books_balance(app)
    case = bank(order, "win", times=3)
    assert (case.state, cost(order)) == (ChargebackState.WON, (0, order.total.minor))
    assert order_again(order).state is OrderState.DELIVERED
    assert db.session.scalar(sa.select(Alarm.id).filter_by(kind=AlarmKind.CHARGEBACK, cleared_at=None)) is None
    assert_books_balance(app)


@pytest.mark.fault("B17", "B18")
def test_an_unpaid_payout_stops_and_one_already_issued_stays(app: Flask) -> None:
    unpaid, paid = delivered(), delivered()
    confirm(paid)
    with unit_of_work():
        from marketplace.orders import settling

        mine = db.session.get_one(Order, unpaid.id)
        settling.confirm(mine, stars=5, words="", by=mine.buyer, at=clock.now())
        told = play("charge_back", session_of(unpaid).payment_ref or "", unpaid.total)
    with unit_of_work():
        chargebacks.stop(db.session.get_one(Order, unpaid.id), at=clock.now())
    for body in told:
        deliver(body)
    sweep()
    assert late_refunds.can_refund(order_again(paid))
    bank(paid, "charge_back")
    assert not late_refunds.can_refund(order_again(paid)), "it may be the bank that gives it back"
    assert (payout_state(unpaid), payout_state(paid)) == (PayoutState.STOPPED, PayoutState.ISSUED)
    bank(unpaid, "win")
    assert payout_state(unpaid) is PayoutState.ISSUED
    conclude(bank(paid, "lose"), pays_seller=False)
    assert payout_state(paid) is PayoutState.ISSUED, "a card that was issued stays: the loss is booked, and told"
    assert cost(paid)[0] == paid.total.minor
    with pytest.raises(CannotRefund), unit_of_work():
        mine = db.session.get_one(Order, paid.id)
        refunding.refund_in_full(mine, reason=EndReason.DESK_DECISION, by=mine.buyer, at=clock.now())
    assert [one.message for one in mail_to(paid.seller.email)][-1] == "chargeback_not_paid"  # type: ignore[union-attr]
    assert_books_balance(app)


@pytest.mark.fault("B17", "B18")
@pytest.mark.parametrize("ends_first", ["bank", "hold"])
def test_a_payout_that_the_bank_lets_go_waits_for_the_desks_hold_as_well(app: Flask, ends_first: str) -> None:
    order, agent = delivered(), an_agent()
    with unit_of_work():
        placed = held_payouts.hold_payout(order, reason="account", by=agent, at=clock.now())
    confirm(order)
    assert payout_state(order) is PayoutState.HELD
    bank(order, "charge_back")
    assert payout_state(order) is PayoutState.STOPPED
    steps = [
        lambda: bank(order, "win"),
        lambda: release(placed.id, agent),
    ]
    first, second = steps if ends_first == "bank" else reversed(steps)
    first()
    assert payout_state(order) is (PayoutState.HELD if ends_first == "bank" else PayoutState.STOPPED)
    second()
    assert payout_state(order) is PayoutState.ISSUED
    assert_books_balance(app)


def release(hold_id: int, agent: Person) -> None:
    with unit_of_work():
        holding.release(db.session.get_one(PayoutHold, hold_id), by=agent, at=clock.now())
    sweep()


@pytest.mark.fault("B18")
def test_no_decision_or_agreement_refunds_while_the_bank_decides(app: Flask) -> None:
    dispute = opened()
    bank(dispute.order, "charge_back")
    dispute = again(dispute)
    assert dispute.state is DisputeState.AWAITING_SELLER, "the case itself goes on"
    dispute = in_review(dispute)
    for remedy, part in ((Remedy.REFUND_WITHOUT_RETURN, None), (Remedy.PARTIAL_REFUND, 1_000)):
        with pytest.raises(ChargebackOpen):
            act(dispute, deciding.decide, ruling(remedy, part), by=an_agent())
    assert (again(dispute).decisions, db.session.scalars(sa.select(Refund)).all()) == ([], [])
    bank(dispute.order, "win")
    dispute = decided(Remedy.REFUND_WITHOUT_RETURN, dispute=again(dispute), at_fault=True)
    assert dispute.order.state is OrderState.REFUNDED
    assert_books_balance(app)


@pytest.mark.fault("B18")
def test_a_refund_that_waits_for_the_scan_waits_for_the_bank_too(app: Flask) -> None:
    dispute = opened()
    dispute = act(dispute, answering.accept, by=seller(dispute))
    bank(dispute.order, "charge_back")
    send_back(dispute, "deliver")
    dispute = again(dispute)
    assert (dispute.state, dispute.order.state) == (DisputeState.RETURNED, OrderState.DISPUTED)
    with pytest.raises(ChargebackOpen):
        act(dispute, returning.receive, by=seller(dispute))
    bank(dispute.order, "win")
    assert order_again(dispute.order).state is OrderState.REFUNDED
    dispute = act(dispute, returning.receive, by=seller(dispute))
    assert dispute.state is DisputeState.CLOSED
    assert_books_balance(app)


def test_a_report_taken_back_while_the_bank_decides_leaves_the_order_stopped(app: Flask) -> None:
    dispute = opened()
    bank(dispute.order, "inquire")
    dispute = act(dispute, opening.withdraw, by=dispute.order.buyer)
    assert dispute.order.state is OrderState.DISPUTED
    bank(dispute.order, "win")
    assert order_again(dispute.order).state is OrderState.DELIVERED


# Once it is lost -----------------------------------------------------------------------------------------------------


@pytest.mark.fault("B18")
@pytest.mark.parametrize("pays_seller", [True, False])
def test_a_lost_payment_is_never_refunded_as_well(app: Flask, pays_seller: bool) -> None:
    order = delivered()
    bank(order, "charge_back")
    case = bank(order, "lose")
    assert (case.state, order_again(order).state) == (ChargebackState.LOST, OrderState.DISPUTED)
    with pytest.raises(MoreThanPaid), unit_of_work():
        mine = db.session.get_one(Order, order.id)
        refunding.refund_in_full(mine, reason=EndReason.DESK_DECISION, by=mine.buyer, at=clock.now())
    conclude(case, pays_seller=pays_seller)
    order = order_again(order)
    assert db.session.scalars(sa.select(Refund)).all() == []
    assert held(order) == 0
    if pays_seller:
        assert (order.state, payout_state(order), cost(order)[0]) == ("settled", "issued", order.total.minor)
    else:
        assert (order.state, order.end_reason, payout_state(order), cost(order)[0]) == (
            OrderState.REFUNDED,
            EndReason.CHARGED_BACK,
            None,
            0,
        )
    assert_books_balance(app)


@pytest.mark.fault("B18")
def test_a_piece_never_sent_stays_with_its_seller_whatever_is_concluded(app: Flask) -> None:
    order = sold_order()
    bank(order, "charge_back")
    conclude(bank(order, "lose"), pays_seller=True)
    order = order_again(order)
    assert (order.state, payout_state(order)) == (OrderState.REFUNDED, None)
    assert order.listing.state is ListingState.WITHDRAWN
    assert_books_balance(app)


@pytest.mark.fault("B18")
def test_a_lost_payment_ends_the_buyers_own_case_and_the_stopped_payout(app: Flask) -> None:
    dispute = in_review()
    bank(dispute.order, "charge_back")
    conclude(bank(dispute.order, "lose"), pays_seller=False)
    dispute = again(dispute)
    assert (dispute.state, dispute.due_at, dispute.order.state) == (DisputeState.CLOSED, None, OrderState.REFUNDED)
    settled = delivered()
    bank(settled, "inquire")
    with unit_of_work():
        settling.settle_contested(db.session.get_one(Order, settled.id), by=settled.buyer, at=clock.now())
    assert payout_state(settled) is PayoutState.STOPPED
    bank(settled, "charge_back")
    conclude(bank(settled, "lose"), pays_seller=False)
    assert payout_state(settled) is PayoutState.FORGONE
    assert balance(Account.SELLER_PAYABLE, "USD", order_id=settled.id).minor == 0
    assert_books_balance(app)


@pytest.mark.fault("P06")
def test_only_an_agent_who_is_no_party_concludes_and_only_once(app: Flask) -> None:
    order = delivered()
    case = bank(order, "charge_back")
    with pytest.raises(CannotConclude):
        conclude(case, pays_seller=True)
    case = bank(order, "lose")
    with unit_of_work():
        db.session.add(StaffRole(person_id=order.seller_id, role=Role.AGENT, given_at=clock.now()))
    with pytest.raises(OwnCase), unit_of_work():
        mine = db.session.get_one(Chargeback, case.id)
        chargebacks.conclude(mine, pays_seller=True, words="So.", by=order_again(order).seller, at=clock.now())  # type: ignore[arg-type]
    conclude(case, pays_seller=True)
    with pytest.raises(CannotConclude):
        conclude(case, pays_seller=False)
    assert_books_balance(app)


def test_silence_asks_the_provider_again_and_decides_nothing(app: Flask) -> None:
    order = delivered()
    case = bank(order, "charge_back")
    due = case.due_at
    with unit_of_work():
        clock.advance(timedelta(days=8))
    sweep()
    db.session.expire_all()
    case = db.session.get_one(Chargeback, case.id)
    assert case.due_at is not None and due is not None and case.due_at > due
    assert (case.state, order_again(order).state) == (ChargebackState.NEEDS_ANSWER, OrderState.DISPUTED)


# At the desk ---------------------------------------------------------------------------------------------------------


@pytest.mark.fault("B18")
def test_an_agent_sends_files_and_words_once_and_concludes_what_was_lost(app: Flask) -> None:
    order = delivered()
    pay_page = f"/sandbox/pay/{session_of(order).ref}"
    buyers = browser(app)
    assert post_form(buyers, pay_page, "sandbox-bank", action="charge_back").status_code == 303
    sweep()
    case = db.session.scalars(sa.select(Chargeback)).one()
    agent, path = browser(app, an_agent()), f"/desk/chargebacks/{case.number}"
    assert case.number in agent.get("/desk/chargebacks").get_data(as_text=True)
    assert case.number in agent.get("/desk").get_data(as_text=True)
    about = page(agent.get(f"/desk/orders/{order.number}"))
    assert about.find("a", string=re.compile(case.number)) is not None
    assert [about.find("form", id=verb) for verb in ("refund", "settle")] == [None, None], "the bank decides"
    for number in (case.number, case.ref):
        assert str(post_form(agent, "/desk/find", "find", words=number).location).endswith(path)
    assert path in post_form(agent, "/desk/find", "find", words=order.checkout.email).get_data(as_text=True)
    for content, status in ((b"MZ no picture", 422), (b"%PDF-1.7 scan", 303), (b"%PDF-1.7 better", 303)):
        sent: dict[str, Any] = {"file-field": "shipping_documentation", "file-file": (io.BytesIO(content), "proof.pdf")}
        assert post_form(agent, path, "add-file", **sent).status_code == status
    shown = page(agent.get(path))
    proof = shown.find("a", string="proof.pdf")
    assert proof is not None and agent.get(str(proof["href"])).data == b"%PDF-1.7 better"
    assert str(case.amount_minor + case.fee_minor) in shown.get_text().replace(".", "")  # the fee is a cost too
    reads = db.session.scalars(sa.select(Reading.subject_id).where(Reading.subject_type == "chargebacks")).all()
    assert set(reads) == {case.id} and len(reads) > 1  # what the page shows of the buyer is personal data
    form = shown.find("textarea", attrs={"name": "shipping_tracking_number"})
    assert form is not None and form.get_text().strip()
    last_day = case.due_by
    for due_by, is_open in ((clock.wall() - timedelta(seconds=1), False), (last_day, True)):
        with unit_of_work():
            db.session.get_one(Chargeback, case.id).due_by = due_by
        assert (page(agent.get(path)).find("form", id="send-evidence") is not None) == is_open
    assert post_form(agent, path, "send-evidence", uncategorized_text="It was handed over.").status_code == 303
    assert page(agent.get(path)).find("form", id="send-evidence") is None, "it goes once, on its way already"
    sweep()
    db.session.expire_all()
    case = db.session.get_one(Chargeback, case.id)
    there = db.session.scalars(sa.select(SandboxChargeback)).one()
    [file] = db.session.scalars(sa.select(SandboxFile)).all()
    assert (case.state, there.answers, file.bytes_count) == (ChargebackState.ANSWERED, 1, len(b"%PDF-1.7 better"))
    assert there.evidence["shipping_documentation"] == file.ref
    assert there.evidence["shipping_carrier"] == "USPS"
    assert (there.evidence["uncategorized_text"], there.evidence["customer_email_address"]) == (
        "It was handed over.",
        order.checkout.email,
    )
    assert post_form(buyers, pay_page, "sandbox-bank", action="lose").status_code == 303
    sweep()
    assert post_form(agent, path, "conclude", **{"end-words": "No."}).status_code == 422
    assert post_form(agent, path, "conclude", **{"end-outcome": "paid", "end-words": "Sent as shown."}).location
    main = page(agent.get(path)).find("main")
    assert main is not None and main["data-state"] == "concluded"
    assert order_again(order).state is OrderState.SETTLED
    assert_books_balance(app)


def test_strangers_to_the_desk_find_no_such_page(app: Flask) -> None:
    order = delivered()
    case = bank(order, "inquire")
    for client in (browser(app), browser(app, order_again(order).seller)):
        assert client.get(f"/desk/chargebacks/{case.number}").status_code in (302, 303, 404)


# A refund that was on its way ----------------------------------------------------------------------------------------


def asked_for_and_not_sent(of_price: int | None = None) -> Order:
    """The desk has decided for the buyer; before the refund is sent the bank takes the whole payment."""
    dispute = in_review()
    remedy = Remedy.REFUND_WITHOUT_RETURN if of_price is None else Remedy.PARTIAL_REFUND
    with unit_of_work():
        mine = db.session.get_one(type(dispute), dispute.id)
        deciding.decide(mine, ruling(remedy, of_price), by=an_agent(), at=clock.now())
    order = order_again(dispute.order)
    bank(order, "charge_back")
    return order_again(order)


def owed_back(order: Order) -> int:
    return -balance(Account.REFUND_PAYABLE, "USD", order_id=order.id).minor


@pytest.mark.fault("B18")
@pytest.mark.parametrize("of_price", [None, 4_500])
def test_what_we_owed_back_and_could_not_send_is_covered_by_what_the_bank_gave(
    app: Flask, of_price: int | None
) -> None:
    order = asked_for_and_not_sent(of_price)
    refund = db.session.scalars(sa.select(Refund)).one()
    assert (refund.state, owed_back(order)) == (RefundState.FAILED, order.refunded.minor)
    desk = browser(app, an_agent())
    for path in ("/desk", f"/desk/orders/{order.number}"):
        assert "The buyer&#39;s bank had the payment in its hands" in desk.get(path).get_data(as_text=True)
    lost = bank(order, "lose")
    conclude(lost, pays_seller=False)
    assert owed_back(order_again(order)) == 0
    assert (cost(order), held(order)) == ((0, 0), 0)
    assert not is_alarmed(AlarmKind.REFUND_FAILED, refund)
    assert db.session.scalars(sa.select(Refund)).all() == [refund]
    assert_books_balance(app)


@pytest.mark.fault("B18")
def test_what_we_could_not_send_leaves_once_the_bank_has_let_go(app: Flask) -> None:
    order = asked_for_and_not_sent()
    bank(order, "win")
    refunds = db.session.scalars(sa.select(Refund).order_by(Refund.id)).all()
    assert [row.state for row in refunds] == [RefundState.FAILED, RefundState.DONE]
    assert not is_alarmed(AlarmKind.REFUND_FAILED, refunds[0])
    assert (owed_back(order), cost(order)) == (0, (0, 0))
    assert_books_balance(app)


@pytest.mark.fault("B18")
def test_a_refund_that_fails_after_the_end_is_covered_then(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as provider:
        provider.setattr(RefundSending, "perform", _away)
        order = asked_for_and_not_sent()
        conclude(bank(order, "lose"), pays_seller=False)
        assert owed_back(order) == order.refunded.minor, "it may still get through"
    with unit_of_work():
        waiting = sa.update(OutboxRow).where(OutboxRow.kind == "refund")
        db.session.execute(waiting.values(due_at=clock.wall() - timedelta(hours=1)))
    sweep()
    assert (owed_back(order), cost(order)) == (0, (0, 0))
    assert_books_balance(app)


def _away(*_any: object) -> None:
    raise NotDone("the provider is away")
