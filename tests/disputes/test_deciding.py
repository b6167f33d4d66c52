"""Decisions: the money shown is the money moved; two people above an amount; nobody decides their own; appeals."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from marketplace import clock
from marketplace.database import db, unit_of_work
from marketplace.disputes import appealing, deciding, outcomes, returning
from marketplace.disputes.deciding import NotThatRemedy, NotThatRule
from marketplace.disputes.models import Dispute
from marketplace.disputes.outcomes import Outcome
from marketplace.disputes.permissions import DecidedBefore, OwnCase
from marketplace.disputes.states import CannotAppeal, CannotDecide, DisputeState, Kind, Remedy, Side, Wish
from marketplace.ledger import Account, balance
from marketplace.listings.states import ListingState
from marketplace.orders.states import OrderState
from marketplace.payments.models import Refund
from marketplace.payouts.models import Payout
from marketplace.people.models import Role, StaffRole
from marketplace.presentation import deadline
from marketplace.programme import versions
from tests.accounts import mail_to
from tests.books import assert_books_balance
from tests.disputes.cases import (
    act,
    again,
    an_agent,
    decided,
    delivered,
    in_review,
    opened,
    ruling,
    seller,
    send_back,
    until,
)
from tests.disputes.test_pages import browser
from tests.orders.stories import held
from tests.programme.policies import changed
from tests.programme.reading_pages import publish
from tests.shipping.sales import sold_order


def payouts(dispute: Dispute) -> list[int]:
    return list(db.session.scalars(sa.select(Payout.amount_minor).where(Payout.order_id == dispute.order_id)))


def refunded(dispute: Dispute) -> int:
    rows = sa.select(sa.func.sum(Refund.amount_minor)).where(Refund.order_id == dispute.order_id)
    return int(db.session.scalar(rows) or 0)


def losses(dispute: Dispute) -> int:
    return balance(Account.LOSSES, "USD", order_id=dispute.order_id).minor


def shown(dispute: Dispute, remedy: Remedy, of_price: int | None = None, *, at_fault: bool = False) -> Outcome:
    return deciding.preview(again(dispute), ruling(remedy, of_price, at_fault=at_fault))


@pytest.mark.rule("GAP-18")
def test_a_decision_cites_a_rule_in_the_words_the_piece_was_bought_under(app: Flask) -> None:
    publish(changed({"disputes.clauses[0].text": "It has to be as it was shown."}))
    case = in_review()
    publish(changed({"disputes.clauses[0].key": "another", "disputes.clauses[0].text": "Something else."}))
    with pytest.raises(NotThatRule):
        act(case, deciding.decide, replace(ruling(Remedy.DISMISS), clause="another"), by=an_agent())
    assert again(case).decisions == []
    case = decided(Remedy.DISMISS, dispute=again(case))
    buyers = browser(app, case.order.buyer).get(f"/disputes/{case.number}").get_data(as_text=True)
    desks = browser(app, an_agent()).get(f"/desk/disputes/{case.number}").get_data(as_text=True)
    for shown_text in (buyers, desks):
        assert shown_text.count("It has to be as it was shown.") == 2  # among the rules, and cited
        assert "Something else." not in shown_text
    (letter,) = [one for one in mail_to(seller(case).email) if one.message == "dispute_decided"]
    assert "As described: It has to be as it was shown." in " ".join(letter.text.split())


@pytest.mark.rule("GAP-21")
def test_the_letter_of_a_decision_says_until_when_and_by_whom_it_can_be_appealed(app: Flask) -> None:
    """The moment the appeals end, not the one the desk had to decide by; none where nobody may appeal any more."""
    case = decided(Remedy.DISMISS)
    buyer = case.order.checkout.email

    def newest() -> str:
        return " ".join([one for one in mail_to(buyer) if one.message == "dispute_decided"][-1].text.split())

    assert case.due_at is not None
    ends = " ".join(deadline(case.due_at).split())
    assert f"until {ends}. Without an appeal the case closes" in newest()
    assert f"may appeal once, until {ends}" in newest()
    case = act(case, appealing.appeal, side=Side.BUYER, words="Look again.", by=case.order.buyer)
    case = decided(Remedy.DISMISS, dispute=case)
    assert case.state is DisputeState.CLOSED
    assert "The case is closed." in newest()
    assert "appeal" not in newest()


@pytest.mark.rule("GAP-21")
def test_a_dismissal_pays_the_seller_only_after_the_appeal_days(app: Flask) -> None:
    dispute = in_review()
    outcome = shown(dispute, Remedy.DISMISS)
    dispute = decided(Remedy.DISMISS, dispute=dispute)
    assert (dispute.state, payouts(dispute)) == (DisputeState.DECIDED, [])
    assert held(dispute.order) == dispute.order.total.minor
    assert dispute.appeal_until is not None and dispute.due_at == dispute.appeal_until
    assert (dispute.appeal_until - dispute.decisions[0].decided_at).days == 7
    until(dispute.due_at)
    dispute = again(dispute)
    assert (dispute.state, dispute.order.state) == (DisputeState.CLOSED, OrderState.SETTLED)
    assert payouts(dispute) == [outcome.to_seller.minor] == [19_600]
    assert_books_balance(app)


@pytest.mark.rule("GAP-08", "MK-61", "GAP-13")
def test_a_refund_with_return_leaves_at_the_decision_and_asks_for_the_piece(app: Flask) -> None:
    dispute = in_review()
    outcome = shown(dispute, Remedy.REFUND_WITH_RETURN)
    dispute = decided(Remedy.REFUND_WITH_RETURN, dispute=dispute)
    assert (dispute.state, dispute.order.state) == (DisputeState.RETURN_LABEL, OrderState.REFUNDED)
    assert refunded(dispute) == outcome.to_buyer.minor == dispute.order.total.minor
    assert dispute.due_at == versions.current().calendar.end_of_business_day_after(clock.now(), 5)
    send_back(dispute, "scan")
    send_back(dispute, "deliver")
    dispute = act(dispute, returning.receive, by=seller(dispute))
    assert dispute.state is DisputeState.DECIDED, "the seller may still appeal"
    until(dispute.due_at)
    dispute = again(dispute)
    assert (dispute.state, payouts(dispute), losses(dispute)) == (DisputeState.CLOSED, [], 0)
    assert dispute.order.listing.state is not ListingState.SOLD
    assert_books_balance(app)


@pytest.mark.rule("GAP-08")
@pytest.mark.parametrize(("at_fault", "paid"), [(False, [19_600]), (True, [])])
@pytest.mark.parametrize("lost", [False, True])
def test_a_piece_that_does_not_come_back_is_the_programmes_loss_unless_the_seller_was_at_fault(
    app: Flask, at_fault: bool, paid: list[int], lost: bool
) -> None:
    dispute = decided(Remedy.REFUND_WITH_RETURN, at_fault=at_fault)
    if lost:
        send_back(dispute, "scan")
    for _ in range(4):
        dispute = again(dispute)
        if dispute.due_at is not None:
            until(dispute.due_at)
    dispute = again(dispute)
    assert dispute.state is DisputeState.CLOSED
    assert payouts(dispute) == paid
    assert losses(dispute) == sum(paid)
    assert_books_balance(app)


@pytest.mark.rule("GAP-08")
def test_where_the_policy_says_so_the_refund_waits_for_the_first_scan_of_the_return(app: Flask) -> None:
    publish(changed({"disputes.refund_leaves": "return_scan"}))
    dispute = decided(Remedy.REFUND_WITH_RETURN)
    assert (dispute.order.state, refunded(dispute)) == (OrderState.DISPUTED, 0)
    send_back(dispute, "scan")
    dispute = again(dispute)
    assert dispute.order.state is OrderState.REFUNDED
    assert refunded(dispute) == dispute.order.total.minor
    assert_books_balance(app)


@pytest.mark.parametrize(("at_fault", "ours"), [(False, 19_600), (True, 0)])
def test_a_refund_without_return_pays_the_seller_from_losses_unless_at_fault(
    app: Flask, at_fault: bool, ours: int
) -> None:
    dispute = in_review()
    outcome = shown(dispute, Remedy.REFUND_WITHOUT_RETURN, at_fault=at_fault)
    assert outcome.from_programme.minor == ours
    dispute = decided(Remedy.REFUND_WITHOUT_RETURN, dispute=dispute, at_fault=at_fault)
    assert refunded(dispute) == outcome.to_buyer.minor
    until(dispute.due_at)
    assert (sum(payouts(dispute)), losses(dispute)) == (ours, ours)
    assert_books_balance(app)


@pytest.mark.fault("B16")
@pytest.mark.rule("GAP-21")
@pytest.mark.parametrize("part", [333, 24_499])
def test_a_partial_refund_moves_what_was_shown_to_the_cent(app: Flask, part: int) -> None:
    dispute = in_review()
    outcome = shown(dispute, Remedy.PARTIAL_REFUND, part)
    dispute = decided(Remedy.PARTIAL_REFUND, part, dispute=dispute)
    assert refunded(dispute) == outcome.to_buyer.minor
    assert outcome.of_price.minor == part
    until(dispute.due_at)
    assert payouts(dispute) == [outcome.to_seller.minor]
    assert held(again(dispute).order) == 0
    assert_books_balance(app)


def test_an_undelivered_piece_cannot_be_asked_back(app: Flask) -> None:
    dispute = in_review(opened(kind=Kind.NEVER_ARRIVED, wish=Wish.REFUND))
    with pytest.raises(NotThatRemedy):
        decided(Remedy.REFUND_WITH_RETURN, dispute=dispute)
    assert again(dispute).decisions == []


@pytest.mark.rule("MK-68")
def test_an_agent_refunds_what_was_never_sent(app: Flask) -> None:
    dispute = in_review(opened(sold_order(), kind=Kind.NEVER_ARRIVED, wish=Wish.REFUND))
    dispute = decided(Remedy.REFUND_WITHOUT_RETURN, dispute=dispute)
    assert (dispute.order.state, refunded(dispute)) == (OrderState.REFUNDED, dispute.order.total.minor)
    assert payouts(dispute) == []
    assert_books_balance(app)


# Two people ----------------------------------------------------------------------------------------------------------


def dear_case() -> Dispute:
    """A case whose refund is above what one agent may decide."""
    publish(changed({"disputes.approval_above_minor": 10_000}))
    return in_review()


@pytest.mark.fault("P06")
def test_above_the_amount_nothing_moves_before_a_second_agent_approves(app: Flask) -> None:
    dispute, first, second = dear_case(), an_agent(), an_agent()
    dispute = act(dispute, deciding.decide, ruling(Remedy.REFUND_WITHOUT_RETURN, at_fault=True), by=first)
    assert (dispute.state, refunded(dispute)) == (DisputeState.AWAITING_APPROVAL, 0)
    with pytest.raises(DecidedBefore):
        act(dispute, deciding.approve, by=first)
    until(again(dispute).due_at)
    assert (again(dispute).state, refunded(dispute)) == (DisputeState.AWAITING_APPROVAL, 0), "silence decides nothing"
    dispute = act(dispute, deciding.approve, by=second)
    assert (dispute.state, refunded(dispute)) == (DisputeState.DECIDED, dispute.order.total.minor)
    assert (dispute.decisions[0].author_id, dispute.decisions[0].approver_id) == (first.id, second.id)
    assert_books_balance(app)


def test_a_proposal_sent_back_is_decided_anew(app: Flask) -> None:
    dispute, first, second = dear_case(), an_agent(), an_agent()
    dispute = act(dispute, deciding.decide, ruling(Remedy.REFUND_WITHOUT_RETURN), by=first)
    dispute = act(dispute, deciding.send_back, words="Look at photo 2.", by=second)
    assert (dispute.state, dispute.proposal, refunded(dispute)) == (DisputeState.IN_REVIEW, None, 0)
    dispute = act(dispute, deciding.decide, ruling(Remedy.PARTIAL_REFUND, 5_000), by=first)
    assert dispute.state is DisputeState.DECIDED


@pytest.mark.fault("P06")
@pytest.mark.parametrize("side", [Side.BUYER, Side.SELLER])
def test_nobody_decides_or_approves_a_case_they_are_party_to(app: Flask, side: Side) -> None:
    dispute = dear_case()
    party = dispute.order.buyer if side is Side.BUYER else seller(dispute)
    with unit_of_work():
        db.session.add(StaffRole(person_id=party.id, role=Role.AGENT, given_at=dispute.opened_at))
    with pytest.raises(OwnCase):
        act(dispute, deciding.decide, ruling(Remedy.DISMISS), by=party)
    act(dispute, deciding.decide, ruling(Remedy.REFUND_WITHOUT_RETURN), by=an_agent())
    with pytest.raises(OwnCase):
        act(dispute, deciding.approve, by=party)
    with pytest.raises(OwnCase):
        act(dispute, deciding.send_back, words="No.", by=party)
    assert refunded(dispute) == 0


def test_a_case_is_decided_once(app: Flask) -> None:
    dispute = decided(Remedy.PARTIAL_REFUND, 1_000)
    with pytest.raises(CannotDecide):
        act(dispute, deciding.decide, ruling(Remedy.PARTIAL_REFUND, 1_000), by=an_agent())
    assert again(dispute).order.refunded_price_minor == 1_000


# Appeals -------------------------------------------------------------------------------------------------------------


def appeal(dispute: Dispute, side: Side) -> Dispute:
    by = dispute.order.buyer if side is Side.BUYER else seller(dispute)
    return act(dispute, appealing.appeal, side=side, words="Look again.", by=by)


@pytest.mark.rule("GAP-21")
def test_a_buyers_appeal_is_heard_by_another_agent_and_may_reverse(app: Flask) -> None:
    dispute, first = in_review(), an_agent()
    dispute = act(dispute, deciding.decide, ruling(Remedy.DISMISS), by=first)
    dispute = appeal(dispute, Side.BUYER)
    assert (dispute.state, dispute.hearing) == (DisputeState.IN_REVIEW, Side.BUYER)
    with pytest.raises(DecidedBefore):
        act(dispute, deciding.decide, ruling(Remedy.DISMISS), by=first)
    dispute = decided(Remedy.PARTIAL_REFUND, 4_500, dispute=dispute)
    assert dispute.decisions[-1].reverses
    with pytest.raises(CannotAppeal):
        appeal(dispute, Side.BUYER)
    until(dispute.due_at)
    dispute = again(dispute)
    assert (dispute.state, payouts(dispute)) == (DisputeState.CLOSED, [16_000])
    assert_books_balance(app)


@pytest.mark.rule("GAP-21")
def test_a_dismissal_upheld_closes_and_pays_at_once_as_nobody_can_appeal_any_more(app: Flask) -> None:
    dispute = appeal(decided(Remedy.DISMISS), Side.BUYER)
    dispute = decided(Remedy.DISMISS, dispute=dispute)
    assert (dispute.state, payouts(dispute)) == (DisputeState.CLOSED, [19_600])
    assert not dispute.decisions[-1].reverses


@pytest.mark.rule("GAP-21")
@pytest.mark.parametrize("make", [(Remedy.PARTIAL_REFUND, 4_500), (Remedy.REFUND_WITHOUT_RETURN, None)])
def test_a_sellers_appeal_is_paid_by_the_programme_and_never_taken_from_the_buyer(app: Flask, make: Any) -> None:
    dispute = decided(*make, at_fault=True)
    given = refunded(dispute)
    dispute = appeal(dispute, Side.SELLER)
    assert outcomes.remedies(dispute) == [Remedy.LEAVE, Remedy.PAY_SELLER]
    dispute = decided(Remedy.PAY_SELLER, dispute=dispute)
    until(dispute.due_at or dispute.closed_at)  # after a part, the buyer has still an appeal
    assert payouts(dispute) == [19_600]
    assert refunded(dispute) == given
    assert_books_balance(app)


@pytest.mark.rule("GAP-21")
def test_a_sellers_appeal_during_the_return_is_heard_when_the_piece_is_back(app: Flask) -> None:
    dispute = appeal(decided(Remedy.REFUND_WITH_RETURN, at_fault=True), Side.SELLER)
    assert dispute.state is DisputeState.RETURN_LABEL
    send_back(dispute, "scan")
    send_back(dispute, "deliver")
    dispute = act(dispute, returning.receive, by=seller(dispute))
    assert (dispute.state, dispute.hearing) == (DisputeState.IN_REVIEW, Side.SELLER)
    dispute = decided(Remedy.LEAVE, dispute=dispute)
    assert (dispute.state, payouts(dispute)) == (DisputeState.CLOSED, [])
    assert_books_balance(app)


@pytest.mark.rule("GAP-08")
@pytest.mark.parametrize(("remedy", "paid"), [(Remedy.PAY_SELLER, [19_600]), (Remedy.LEAVE, [])])
def test_a_swapped_piece_is_looked_at_by_the_desk(app: Flask, remedy: Remedy, paid: list[int]) -> None:
    dispute = decided(Remedy.REFUND_WITH_RETURN)
    send_back(dispute, "deliver")
    dispute = act(dispute, returning.report_swap, words="Not my bag.", by=seller(dispute))
    assert dispute.state is DisputeState.IN_REVIEW
    dispute = decided(remedy, dispute=dispute)
    until(dispute.due_at or dispute.closed_at)
    assert payouts(dispute) == paid
    assert_books_balance(app)


def test_appeals_end_with_their_days(app: Flask) -> None:
    dispute = decided(Remedy.DISMISS)
    until(dispute.appeal_until)
    with pytest.raises(CannotAppeal):
        appeal(dispute, Side.BUYER)


def test_who_got_everything_has_nothing_to_appeal_against(app: Flask) -> None:
    with pytest.raises(CannotAppeal):
        appeal(decided(Remedy.REFUND_WITHOUT_RETURN), Side.BUYER)
    with pytest.raises(CannotAppeal):
        appeal(decided(Remedy.DISMISS), Side.SELLER)


def test_the_houses_own_piece_is_decided_and_closed_without_a_seller(app: Flask) -> None:
    dispute = opened(delivered(supply=True))
    dispute = decided(Remedy.REFUND_WITHOUT_RETURN, dispute=dispute)
    assert (dispute.state, payouts(dispute), losses(dispute)) == (DisputeState.CLOSED, [], 0)
    assert_books_balance(app)
