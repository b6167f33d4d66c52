"""From the wish to sell to the payout or the way back: each fork, each silence, each cent."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from marketplace import clock
from marketplace.consignments import arriving, estimating, examining, proposing, selling, standing, terms
from marketplace.consignments.examining import NoSuchCharity
from marketplace.consignments.proposing import CounterOutOfBounds, NoCounter, NotFoundGenuine
from marketplace.consignments.requesting import ConsigningIsOff, TooFewPieces
from marketplace.consignments.selling import OnlyLower
from marketplace.consignments.states import (
    CannotAnswerProposal,
    CannotWithdrawConsigned,
    Choice,
    PieceState,
)
from marketplace.custody import log
from marketplace.custody.arranging import Arrangement
from marketplace.custody.examining import NoSuchReason, OwnPiece, SamePerson
from marketplace.custody.fees import FeeIsOpen
from marketplace.custody.taking import PieceNotTaken, Wish
from marketplace.database import db, unit_of_work
from marketplace.jobs import runner
from marketplace.jobs.alarms import Alarm, AlarmKind
from marketplace.ledger import Account, balance
from marketplace.listings import supply
from marketplace.listings.states import ListingState
from marketplace.money import Money
from marketplace.orders import late_refunds, settling
from marketplace.orders.models import Order
from marketplace.payouts.models import Payout
from marketplace.people.models import Role
from marketplace.programme import versions
from marketplace.shipping import parcels
from marketplace.shipping.models import ParcelState, TrackingStatus
from tests.accounts import an_account, mail_to
from tests.books import assert_ledger_is_sound
from tests.consignments import steps
from tests.programme import world

S = PieceState


def dollars(amount: int) -> Money:
    return Money(amount * 100, "USD")


# Asking --------------------------------------------------------------------------------------------------------------


@pytest.mark.rule("NAP-23", "NAP-05", "NAP-08")
def test_a_request_is_refused_with_the_reason_and_nothing_is_sent(app: Flask) -> None:
    owner = an_account()

    def refused(kind: type[Exception], *wishes: Wish) -> str:
        with pytest.raises(kind) as caught:
            steps.requested(owner, *wishes)
        return str(caught.value.message)  # type: ignore[attr-defined]

    refused(ConsigningIsOff, steps.a_wish())
    steps.open_for_consigning(min_pieces=2, min_reason="Fewer journeys.", houses=["Velorne"])
    two = (steps.a_wish(), steps.a_wish())
    assert refused(TooFewPieces, steps.a_wish()) == "Send at least 2 pieces. Fewer journeys."
    assert refused(PieceNotTaken, two[0], steps.a_wish(grade="fair")).startswith("Pieces in fair condition")
    assert refused(PieceNotTaken, two[0], steps.a_wish(category="watch")).startswith("Watches cannot be sold here")
    assert (
        refused(PieceNotTaken, two[0], steps.a_wish(house="Other")) == "We take pieces of these houses only: Velorne."
    )
    assert db.session.query(steps.ConsignedPiece).count() == 0
    steps.requested(owner, *two)


@pytest.mark.rule("NAP-21", "NAP-26", "NAP-18")
def test_one_label_for_all_pieces_and_its_scan_takes_the_risk(app: Flask) -> None:
    steps.open_for_consigning()
    made = steps.requested(None, steps.a_wish(), steps.a_wish(title="Isla clutch"))
    parcel = parcels.inbound_parcel(made.number)
    assert parcel is not None and parcel.state is ParcelState.LABEL_BOUGHT
    (letter,) = mail_to(made.owner.email)
    assert letter.message == "consigned_label" and letter.attachment is not None
    assert [piece.state for piece in made.pieces] == [S.REQUESTED, S.REQUESTED]
    steps.carried(made, TrackingStatus.TRANSIT)
    db.session.expire_all()
    assert [piece.state for piece in made.pieces] == [S.INBOUND, S.INBOUND]
    assert [entry.place for entry in log.entries(made.pieces[0].number)] == ["carrier"]
    nobody_delivers = replace(world.HOME, line1="3 No Label Lane")
    without = steps.requested(None, steps.a_wish(), comes=Arrangement(nobody_delivers))
    late = db.select(Alarm.subject_id).where(Alarm.kind == AlarmKind.LABEL_LATE)
    world.pass_time(hours=47, minutes=59)
    assert db.session.scalars(late).all() == []
    world.pass_time(minutes=2)
    assert db.session.scalars(late).all() == [without.id]  # 48 hours, and of the request with a label nothing is said


def test_what_is_never_sent_ends_by_itself_and_its_label_is_void(app: Flask) -> None:
    steps.open_for_consigning(send_days=5)
    made = steps.requested()
    world.pass_time(days=5, minutes=1)
    parcel = parcels.inbound_parcel(made.number)
    assert parcel is not None
    assert (steps.piece_of(made).state, parcel.state) == (S.WITHDRAWN, ParcelState.CANCELLED)


@pytest.mark.rule("NAP-18", "NAP-19", "NAP-20")
def test_a_parcel_lost_on_its_way_to_us_counts_as_sold_at_the_net_estimate(app: Flask) -> None:
    steps.open_for_consigning(pay_business_days=90)
    unpriced, hoped = steps.a_wish(), steps.a_wish(hoped=dollars(77))
    made = steps.requested(None, unpriced, hoped)
    steps.carried(made, TrackingStatus.TRANSIT)
    world.pass_time(days=world.policy().limits.no_movement_days, minutes=1)
    first, second = steps.piece_of(made, 1), steps.piece_of(made, 2)
    assert (first.state, second.state) == (S.LOST, S.LOST)
    # 60% of $400 for its grade, less 40% commission; and what its owner had said.
    assert (first.owed, second.owed) == (dollars(144), dollars(77))
    assert balance(Account.LOSSES, "USD") == dollars(221)
    assert steps.owed_in_ledger() == steps.owed_in_pieces() == 22_100
    assert "consigned_lost" in [letter.message for letter in mail_to(made.owner.email)]


# At the desk ---------------------------------------------------------------------------------------------------------


@pytest.mark.rule("LUX-02", "BAL-03")
def test_two_people_find_a_piece_genuine_and_none_proposes_before(app: Flask) -> None:
    steps.open_for_consigning(needs_two_people=True)
    piece = steps.received(steps.piece_of(steps.requested()))
    examiner = steps.expert()
    with unit_of_work():
        examining.examine(piece, by=examiner, at=clock.now())
    for refusal, act in (
        (NotFoundGenuine, lambda: proposing.propose(piece, by=examiner, at=clock.now())),
        (SamePerson, lambda: examining.find_genuine(piece, by=examiner, at=clock.now())),
    ):
        with pytest.raises(refusal), unit_of_work():
            act()
    db.session.expire_all()
    assert (piece.state, piece.found_genuine_by) == (S.INSPECTING, None)
    with unit_of_work():
        examining.find_genuine(piece, by=steps.expert(), at=clock.now())
    assert [entry.place for entry in log.entries(piece.number)] == ["Shelf A1", "bench"]


@pytest.mark.fault("P06")
def test_nobody_at_the_desk_decides_about_a_piece_of_their_own(app: Flask) -> None:
    steps.open_for_consigning()
    owner = an_account(roles=[Role.REVIEWER, Role.WAREHOUSE, Role.MANAGER])
    piece = steps.piece_of(steps.requested(owner))
    at = clock.now()

    def refused(act: Callable[..., object], *said: Any, **more: Any) -> None:
        with pytest.raises(OwnPiece), unit_of_work():
            act(piece, *said, by=owner, at=at, **more)
        db.session.expire_all()

    refused(arriving.receive, place="Shelf A1")
    steps.received(piece)
    refused(examining.examine)
    steps.examined(piece)
    refused(examining.find_genuine)
    refused(examining.decline, "altered")
    refused(proposing.propose)
    refused(selling.waive_fee)
    assert piece.state is S.INSPECTING


@pytest.mark.rule("NAP-34", "NAP-09")
@pytest.mark.parametrize(
    ("choice", "charity", "state", "fee"),
    [
        (Choice.RETURN, None, S.GOING_BACK, 1500),
        (Choice.DONATE, "books", S.DONATED, 0),
        (Choice.RECYCLE, None, S.RECYCLED, 0),
        (None, "coats", S.DONATED, 0),
    ],
    ids=["return", "donate", "recycle", "silence"],
)
def test_the_owner_of_a_declined_piece_chooses_or_policy_does(
    app: Flask, choice: Choice | None, charity: str | None, state: PieceState, fee: int
) -> None:
    steps.open_for_consigning(when_silent="donate", choice_days=3)
    piece = steps.received(steps.piece_of(steps.requested()))
    owner = piece.consignment.owner
    with unit_of_work():
        examining.examine(piece, by=steps.clerk(), at=clock.now())
    with pytest.raises(NoSuchReason), unit_of_work():
        examining.decline(piece, "we would rather not", by=steps.clerk(), at=clock.now())
    with unit_of_work():
        examining.decline(piece, "altered", by=steps.clerk(), at=clock.now())
    if choice is None:
        world.pass_time(days=3, minutes=1)
    else:
        with pytest.raises(NoSuchCharity), unit_of_work():
            examining.choose(piece, Choice.DONATE, charity="nobody", by=owner, at=clock.now())
        with unit_of_work():
            examining.choose(piece, choice, charity=charity, by=owner, at=clock.now())
    db.session.expire_all()
    assert (piece.state, piece.charity, piece.fee_minor) == (state, charity, fee)


def test_a_desk_that_is_late_is_alarmed_and_decides_nothing(app: Flask) -> None:
    steps.open_for_consigning(examine_business_days=2)
    piece = steps.received(steps.piece_of(steps.requested()))
    due = piece.due_at
    assert due is not None
    world.pass_time(days=8)
    alarm = db.session.scalars(db.select(Alarm).where(Alarm.kind == AlarmKind.CONSIGNED_OVERDUE)).one()
    assert (alarm.subject_id, piece.state) == (piece.id, S.RECEIVED)
    assert piece.due_at is not None and piece.due_at > due


# The price -----------------------------------------------------------------------------------------------------------


@pytest.mark.rule("LUX-62", "NAP-30", "GAP-13")
@pytest.mark.parametrize(
    ("price", "commission", "payout"),
    [(30_000, 12_000, 18_000), (49_999, 20_000, 29_999), (50_000, 12_500, 37_500), (33_333, 13_333, 20_000)],
)
def test_the_commission_is_that_of_the_band_and_the_payout_the_rest(price: int, commission: int, payout: int) -> None:
    rule = steps.changed(steps.RULES).modes.consignment
    found = terms.net(rule, Money(price, "USD"))
    assert (found.commission.minor, found.payout.minor) == (commission, payout)


@pytest.mark.rule("NAP-29", "NAP-28", "NAP-16")
def test_nothing_is_listed_before_its_owner_agrees(app: Flask) -> None:
    steps.open_for_consigning()
    piece = steps.proposed()
    owner, listing = piece.consignment.owner, piece.listing
    assert listing is not None and listing.state is ListingState.DRAFT
    with pytest.raises(supply.OwnersToDecide), unit_of_work():
        supply.publish(listing, by=steps.clerk(), at=clock.now())
    with unit_of_work():
        proposing.accept(piece, by=owner, at=clock.now())
    steps.runner.run_until_idle()
    db.session.expire_all()
    assert (piece.state, listing.state, listing.seller_id) == (S.LIVE, ListingState.LIVE, None)
    assert [letter.message for letter in mail_to(owner.email)] == [
        "consigned_label",
        "consigned_arrived",
        "consigned_proposed",
        "consigned_live",
    ]
    with pytest.raises(CannotAnswerProposal), unit_of_work():
        proposing.accept(piece, by=owner, at=clock.now())


def test_an_owner_names_a_price_once_and_the_desk_agrees_or_stands(app: Flask) -> None:
    steps.open_for_consigning()
    piece = steps.proposed(minor=30_000)
    owner = piece.consignment.owner
    with pytest.raises(CounterOutOfBounds), unit_of_work():
        proposing.counter(piece, dollars(300), by=owner, at=clock.now())
    with unit_of_work():
        proposing.counter(piece, dollars(350), by=owner, at=clock.now())
        proposing.stand(piece, by=steps.expert(), at=clock.now())
    with pytest.raises(NoCounter), unit_of_work():
        proposing.counter(piece, dollars(340), by=owner, at=clock.now())
    assert (piece.state, piece.price) == (S.PROPOSED, dollars(300))
    other = steps.proposed(minor=30_000)
    with unit_of_work():
        proposing.counter(other, dollars(350), by=other.consignment.owner, at=clock.now())
        proposing.agree(other, by=steps.expert(), at=clock.now())
    assert other.listing is not None
    assert (other.state, other.price, other.listing.price) == (S.LIVE, dollars(350), dollars(350))


def test_a_proposal_without_an_answer_is_refused_and_the_piece_goes_back(app: Flask) -> None:
    steps.open_for_consigning(answer_days=4)
    piece = steps.proposed()
    world.pass_time(days=4, minutes=-1)
    assert piece.state is S.PROPOSED
    world.pass_time(minutes=2)
    assert piece.listing is not None
    assert (piece.state, piece.listing.state) == (S.GOING_BACK, ListingState.WITHDRAWN)


# Sold ----------------------------------------------------------------------------------------------------------------


@pytest.mark.rule("NAP-30", "NAP-37", "LUX-71")
def test_a_sale_pays_its_owner_what_was_approved_to_the_cent(app: Flask) -> None:
    steps.open_for_consigning(pay_business_days=5)
    piece = steps.live(minor=33_300)
    approved = terms.net_of(piece)
    assert approved is not None and approved.payout.minor == 19_980
    assert piece.listing is not None
    reckoned = estimating.day_if_bought(piece, at=clock.now())  # as its proposal said
    order = world.paid(world.an_order(piece.listing))
    db.session.expire_all()
    assert (piece.state, estimating.payment_day(piece, standing.of(piece))) == (S.SOLD, reckoned)
    order = world.delivered(order)
    db.session.expire_all()
    assert piece.state is S.SOLD
    assert order.window_closes_at is not None
    calendar = terms.calendar()
    day = calendar.end_of_business_day_after(order.window_closes_at, 5).astimezone(calendar.zone).date()
    assert estimating.payment_day(piece, standing.of(piece)) == day
    world.confirmed(order)
    db.session.expire_all()
    assert (piece.state, piece.owed) == (S.PAYABLE, approved.payout)
    assert balance(Account.OWN_STOCK_SALES, "USD").minor == 0
    assert -balance(Account.COMMISSION, "USD") == approved.commission
    assert steps.owed_in_ledger() == steps.owed_in_pieces() == 19_980
    assert db.session.query(Payout).count() == 0
    world.pass_time(days=8)
    payout = db.session.scalars(db.select(Payout)).one()
    assert (piece.state, payout.amount, payout.seller_id) == (S.PAID, approved.payout, piece.consignment.owner_id)
    assert steps.owed_in_ledger() == steps.owed_in_pieces() == 0
    assert "consigned_sold" in [letter.message for letter in mail_to(piece.consignment.owner.email)]
    places = [place for _entry, place in log.told(piece.number)]
    assert places == ["Shelf A1", "With our experts", "With the carrier", "With its buyer"]
    assert_ledger_is_sound()


@pytest.mark.rule("LUX-69")
def test_a_sale_that_its_buyer_may_still_undo_is_owed_to_nobody(app: Flask) -> None:
    steps.open_for_consigning(pay_business_days=0)
    piece = steps.live()
    order = steps.bought(piece)
    assert order.window_closes_at is not None
    world.pass_time(minutes=int((order.window_closes_at - clock.now()).total_seconds() // 60) - 1)
    db.session.expire_all()
    assert (piece.state, piece.owed, db.session.query(Payout).count()) == (S.SOLD, None, 0)
    assert steps.owed_in_ledger() == 0
    world.pass_time(minutes=3)
    db.session.expire_all()
    assert (piece.state, db.session.query(Payout).count()) == (S.PAID, 1)


@pytest.mark.rule("NAP-35")
def test_an_owner_lowers_the_price_whenever_she_likes(app: Flask) -> None:
    steps.open_for_consigning()
    piece = steps.live(minor=30_000)
    owner = piece.consignment.owner
    with pytest.raises(OnlyLower), unit_of_work():
        selling.lower_price(piece, dollars(301), by=owner, at=clock.now())
    with unit_of_work():
        selling.lower_price(piece, dollars(200), by=owner, at=clock.now())
    assert piece.listing is not None
    assert (piece.listing.price, piece.price) == (dollars(200), dollars(200))
    steps.settled(piece)
    assert piece.owed == dollars(120)


def test_a_sale_that_came_to_nothing_brings_the_piece_back_to_be_examined(app: Flask) -> None:
    steps.open_for_consigning()
    piece = steps.live()
    assert piece.listing is not None
    order = world.sent(world.paid(world.an_order(piece.listing)))
    world.reported(order, TrackingStatus.RETURNED)
    assert (order.state.value, piece.state) == ("refunded", S.INBOUND)
    world.pass_time(minutes=1)
    steps.received(piece)
    places = [place for _entry, place in log.told(piece.number)]
    assert places == ["Shelf A1", "With our experts", "With the carrier", "Back with us", "Shelf A1"]
    steps.examined(piece, minor=25_000)
    assert piece.listing is not None and piece.listing.state is ListingState.DRAFT


# Taken back ----------------------------------------------------------------------------------------------------------


@pytest.mark.rule("NAP-32", "NAP-33", "LUX-72")
@pytest.mark.parametrize(("days", "fee"), [(179, 1500), (180, 0)])
def test_who_takes_a_piece_back_early_pays_the_fee(app: Flask, days: int, fee: int) -> None:
    steps.open_for_consigning()
    piece = steps.live()
    with unit_of_work():
        clock.advance(timedelta(days=days))
        selling.take_back(piece, by=piece.consignment.owner, at=clock.now())
    assert piece.listing is not None
    assert (piece.state, piece.listing.state, piece.fee_minor) == (S.GOING_BACK, ListingState.WITHDRAWN, fee)
    assert piece.due_at == clock.now() + timedelta(days=30)


@pytest.mark.rule("LUX-73")
def test_a_piece_that_somebody_is_paying_for_cannot_be_taken_back(app: Flask) -> None:
    steps.open_for_consigning()
    piece = steps.live()
    assert piece.listing is not None
    world.an_order(piece.listing)
    db.session.expire_all()
    with pytest.raises(CannotWithdrawConsigned), unit_of_work():
        selling.take_back(piece, by=piece.consignment.owner, at=clock.now())
    db.session.expire_all()
    assert (piece.state, piece.listing.state) == (S.LIVE, ListingState.HELD)


@pytest.mark.rule("GAP-19", "GAP-11")
def test_a_fee_is_taken_from_the_next_payout_and_holds_the_piece_until_one_is_coming(app: Flask) -> None:
    steps.open_for_consigning()
    owner = an_account()
    made = steps.requested(owner, steps.a_wish(), steps.a_wish())
    back, sold = steps.live(steps.piece_of(made, 1)), steps.live(steps.piece_of(made, 2))
    assert terms.early_fee(back, clock.now()).currency == versions.current().policy.market.currency
    with unit_of_work():
        selling.take_back(back, by=owner, at=clock.now())
    assert back.fee_open == Money(1_500, versions.current().policy.market.currency)
    with pytest.raises(FeeIsOpen), unit_of_work():
        selling.hand_back(back, place="Counter", by=steps.clerk(), at=clock.now())
    assert back.state is S.GOING_BACK
    steps.settled(sold)
    db.session.expire_all()
    payout = db.session.scalars(db.select(Payout)).one()
    assert (payout.amount, -balance(Account.FEE_INCOME, "USD").minor) == (dollars(180 - 15), 1500)
    with unit_of_work():
        selling.hand_back(back, place="Counter", by=steps.clerk(), at=clock.now())
    assert (back.state, back.fee_open) == (S.RETURNED, Money.zero("USD"))
    assert_ledger_is_sound()


# Refunded long after ------------------------------------------------------------------------------------------------


def late(order: Order, **asked: Any) -> late_refunds.LateRefund:
    agent = an_account(roles=[Role.AGENT])
    with unit_of_work():
        mine = db.session.get_one(Order, order.id)
        shown = late_refunds.preview(mine, **asked)
        assert late_refunds.refund(mine, **asked, by=agent, at=clock.now()) == shown
    db.session.expire_all()
    return shown


@pytest.mark.rule("GAP-21")
@pytest.mark.parametrize("is_paid", [False, True])
def test_the_owner_of_a_piece_refunded_late_is_paid_all_the_same_unless_it_was_fraud(app: Flask, is_paid: bool) -> None:
    steps.open_for_consigning()
    made = steps.requested(an_account(), steps.a_wish(), steps.a_wish())
    pieces = [steps.live(steps.piece_of(made, position)) for position in (1, 2)]
    orders = [steps.bought(piece) for piece in pieces]
    for order in orders:
        with unit_of_work():
            mine = db.session.get_one(Order, order.id)
            settling.confirm(mine, stars=5, words="", by=mine.buyer, at=clock.now())
        if is_paid:
            runner.run_until_idle()
    good, fraud = late(orders[0]), late(orders[1], is_fraud=True)
    zero, share = dollars(0), dollars(180)
    assert (good.from_payout, good.unspent, good.owed_by_seller) == (zero, zero, zero)
    taken = (zero, share, zero) if is_paid else (share, zero, zero)
    assert (fraud.from_payout, fraud.unspent, fraud.owed_by_seller) == taken
    runner.run_until_idle()
    db.session.expire_all()
    assert [piece.state for piece in pieces] == [S.PAID, S.PAID if is_paid else S.FORFEITED]
    assert -balance(Account.GIFT_CARD_LIABILITY, "USD").minor == share.minor
    assert steps.owed_in_ledger() == steps.owed_in_pieces() == 0
    letters = [letter for letter in mail_to(made.owner.email) if letter.message == "refunded_late_seller"]
    assert [("We found that it was fraud" in one.text, "$180.00" in one.text) for one in letters] == [(True, True)]
    assert_ledger_is_sound()
