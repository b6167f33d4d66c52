"""The two sides answer each other; where they agree the money moves at once, and silence goes to the desk."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from marketplace import clock
from marketplace.database import db
from marketplace.disputes import answering, showing, thread, waiting
from marketplace.disputes.masking import MASK
from marketplace.disputes.models import Dispute
from marketplace.disputes.standing import standing
from marketplace.disputes.states import (
    CannotAccept,
    CannotAnswer,
    CannotOffer,
    DisputeOver,
    DisputeState,
    Kind,
    Side,
    WaitingOn,
    Wish,
)
from marketplace.disputes.waiting import CannotPause
from marketplace.listings.states import ListingState
from marketplace.mail.models import SandboxMail
from marketplace.orders.refunding import MoreThanLeft
from marketplace.orders.states import OrderState
from marketplace.payouts.models import Payout
from tests.books import assert_books_balance
from tests.disputes.cases import (
    act,
    again,
    an_agent,
    delivered,
    in_review,
    opened,
    pass_time,
    seller,
    send_back,
    until,
    usd,
)
from tests.orders.stories import held
from tests.shipping.sales import labelled_order


def payouts(dispute: Dispute) -> list[int]:
    return list(db.session.scalars(sa.select(Payout.amount_minor).where(Payout.order_id == dispute.order_id)))


def silence(dispute: Dispute) -> str:
    stands = standing(dispute, Side.BUYER)
    assert stands is not None
    return stands.text


def test_an_offer_taken_lowers_the_price_and_pays_the_seller_of_the_rest(app: Flask) -> None:
    dispute = act(opened(), answering.offer, usd(4_500), words="For the corners.", by=seller(opened()))
    assert (dispute.state, waiting.waiting_on(dispute)) == (DisputeState.AWAITING_BUYER, WaitingOn.BUYER)
    dispute = act(dispute, answering.take_offer, by=dispute.order.buyer)
    assert (dispute.state, dispute.order.state) == (DisputeState.CLOSED, OrderState.SETTLED)
    assert dispute.order.refunded_price_minor == 4_500
    assert payouts(dispute) == [16_000]  # 80% of the remaining 200.00
    assert held(dispute.order) == 0
    assert_books_balance(app)


def test_an_offer_declined_goes_to_the_desk(app: Flask) -> None:
    dispute = opened()
    dispute = act(dispute, answering.offer, usd(100), words="", by=seller(dispute))
    dispute = act(dispute, answering.decline_offer, by=dispute.order.buyer)
    assert dispute.state is DisputeState.IN_REVIEW
    assert dispute.order.refunded.minor == 0


@pytest.mark.parametrize("minor", [0, 24_500])
def test_an_offer_of_nothing_or_of_everything_is_refused(app: Flask, minor: int) -> None:
    dispute = opened()
    with pytest.raises(MoreThanLeft):
        act(dispute, answering.offer, usd(minor), words="", by=seller(dispute))
    assert again(dispute).state is DisputeState.AWAITING_SELLER


def test_nothing_can_be_offered_for_a_piece_that_never_came(app: Flask) -> None:
    dispute = opened(kind=Kind.NEVER_ARRIVED, wish=Wish.REFUND)
    with pytest.raises(CannotOffer):
        act(dispute, answering.offer, usd(100), words="", by=seller(dispute))


def test_a_part_asked_for_and_given_closes_the_case(app: Flask) -> None:
    dispute = opened(wish=Wish.KEEP, asked=5_000)
    dispute = act(dispute, answering.accept, by=seller(dispute))
    assert (dispute.state, dispute.order.state) == (DisputeState.CLOSED, OrderState.SETTLED)
    assert payouts(dispute) == [15_600]
    assert_books_balance(app)


def test_a_refund_the_seller_agrees_to_is_the_sellers_own_loss(app: Flask) -> None:
    dispute = opened(kind=Kind.NEVER_ARRIVED, wish=Wish.REFUND)
    dispute = act(dispute, answering.accept, by=seller(dispute))
    assert (dispute.state, dispute.order.state) == (DisputeState.CLOSED, OrderState.REFUNDED)
    assert payouts(dispute) == []
    assert_books_balance(app)


def test_agreeing_that_it_was_never_sent_gives_the_label_back_and_frees_the_piece(app: Flask) -> None:
    dispute = opened(labelled_order(), kind=Kind.NEVER_ARRIVED, wish=Wish.REFUND)
    dispute = act(dispute, answering.accept, by=seller(dispute))
    assert dispute.order.state is OrderState.REFUNDED
    assert dispute.order.listing.state is not ListingState.SOLD
    assert_books_balance(app)


@pytest.mark.rule("GAP-08")
def test_an_agreed_return_is_refunded_at_its_first_scan_and_the_piece_is_the_sellers_again(app: Flask) -> None:
    dispute = opened()
    dispute = act(dispute, answering.accept, by=seller(dispute))
    assert (dispute.state, dispute.order.state) == (DisputeState.RETURN_LABEL, OrderState.DISPUTED)
    assert "nothing is refunded" in silence(dispute)
    send_back(dispute, "scan")
    dispute = again(dispute)
    assert (dispute.state, dispute.order.state) == (DisputeState.RETURN_IN_TRANSIT, OrderState.REFUNDED)
    send_back(dispute, "deliver")
    assert again(dispute).state is DisputeState.RETURNED
    until(again(dispute).due_at)  # the seller says nothing: it counts as received
    dispute = again(dispute)
    assert dispute.state is DisputeState.CLOSED
    assert payouts(dispute) == []
    assert dispute.order.listing.state is not ListingState.SOLD
    assert_books_balance(app)


@pytest.mark.rule("GAP-08")
def test_an_agreed_return_that_never_leaves_the_buyer_leaves_the_sale_standing(app: Flask) -> None:
    dispute = opened()
    dispute = act(dispute, answering.accept, by=seller(dispute))
    until(dispute.due_at)
    dispute = again(dispute)
    assert (dispute.state, dispute.order.state) == (DisputeState.CLOSED, OrderState.SETTLED)
    assert dispute.order.refunded.minor == 0
    assert payouts(dispute) == [19_600]
    assert_books_balance(app)


@pytest.mark.parametrize("offers", [False, True])
def test_silence_of_a_party_goes_to_the_desk(app: Flask, offers: bool) -> None:
    dispute = opened()
    if offers:
        dispute = act(dispute, answering.offer, usd(100), words="", by=seller(dispute))
    until(dispute.due_at)
    dispute = again(dispute)
    assert (dispute.state, waiting.waiting_on(dispute)) == (DisputeState.IN_REVIEW, WaitingOn.DESK)
    assert held(dispute.order) == dispute.order.total.minor
    told = {side: showing.thread(dispute, side)[0].title for side in Side}
    whose = "The offer lapsed without an answer" if offers else "The seller did not answer in time"
    assert set(told.values()) == {f"{whose}: handed to customer service"}


def test_silence_of_the_desk_sets_a_new_date_and_decides_nothing(app: Flask) -> None:
    dispute = in_review()
    first = dispute.due_at
    assert first is not None
    until(first)
    dispute = again(dispute)
    assert dispute.state is DisputeState.IN_REVIEW
    assert dispute.due_at is not None and dispute.due_at > first
    assert dispute.order.state is OrderState.DISPUTED


def test_an_answer_out_of_turn_is_refused(app: Flask) -> None:
    dispute = in_review()
    for verb, refusal in ((answering.accept, CannotAccept), (answering.take_offer, CannotAccept)):
        with pytest.raises(refusal):
            act(dispute, verb, by=seller(dispute))
    with pytest.raises(CannotAnswer):
        act(dispute, answering.decline_offer, by=dispute.order.buyer)
    with pytest.raises(CannotAnswer):
        act(dispute, answering.contest, words="", by=seller(dispute))
    assert again(dispute).state is DisputeState.IN_REVIEW


@pytest.mark.fault("P12")
def test_a_message_is_kept_masked(app: Flask) -> None:
    dispute = opened()
    dispute = act(dispute, thread.write, "Call 212 555 0142", side=Side.SELLER, by=seller(dispute))
    last = dispute.messages[-1]
    assert (last.words, last.is_masked) == (f"Call {MASK}", True)


def test_nobody_writes_in_a_closed_case(app: Flask) -> None:
    dispute = opened(wish=Wish.KEEP, asked=100)
    dispute = act(dispute, answering.accept, by=seller(dispute))
    with pytest.raises(DisputeOver):
        act(dispute, thread.write, "One more thing", side=Side.BUYER, by=dispute.order.buyer)


# Pausing -------------------------------------------------------------------------------------------------------------


def pause(dispute: Dispute, **step: float) -> Dispute:
    return act(
        dispute, waiting.pause, until=clock.now() + timedelta(**step), reason="A carrier's strike", by=an_agent()
    )


def test_a_paused_deadline_rests_and_then_runs_for_what_was_left(app: Flask) -> None:
    dispute = opened()
    first = dispute.due_at
    assert first is not None
    dispute = pause(dispute, days=5)
    assert dispute.due_at is not None and (dispute.due_at - first).days == 5
    assert dispute.pause_reason == "A carrier's strike"
    until(first)
    assert again(dispute).state is DisputeState.AWAITING_SELLER
    until(dispute.due_at)
    assert again(dispute).state is DisputeState.IN_REVIEW


def test_a_pause_ended_early_gives_back_what_was_left(app: Flask) -> None:
    dispute = opened()
    first = dispute.due_at
    dispute = pause(dispute, days=5)
    pass_time(days=1)
    dispute = act(dispute, waiting.run_on, by=an_agent())
    assert first is not None and dispute.due_at is not None
    assert (dispute.due_at - first).days == 1
    assert dispute.paused_until is None


def test_two_new_dates_at_one_moment_are_two_letters(app: Flask) -> None:
    dispute = pause(opened(), days=5)
    dispute = act(dispute, waiting.run_on, by=an_agent())
    letters = sa.select(SandboxMail).where(SandboxMail.message == "dispute_new_date")
    assert len(db.session.scalars(letters).all()) == 4  # two dates, told to two sides


def test_a_pause_has_a_limit_and_is_one_at_a_time(app: Flask) -> None:
    dispute = opened()
    with pytest.raises(CannotPause):
        pause(dispute, days=60)
    dispute = pause(dispute, days=2)
    with pytest.raises(CannotPause):
        pause(dispute, days=3)
    with pytest.raises(CannotPause):
        act(opened(delivered()), waiting.run_on, by=an_agent())
