"""Selling for the owner: how many, which, how long, what it costs."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from marketplace import clock
from marketplace.consignments import describing, examining, proposing, requesting, selling, terms
from marketplace.consignments.describing import TooManyPieces
from marketplace.consignments.models import ConsignedPiece
from marketplace.consignments.proposing import NoCounter
from marketplace.consignments.requesting import ConsigningIsOff, TooFewPieces
from marketplace.consignments.states import Choice, PieceState
from marketplace.custody.arranging import Arrangement
from marketplace.custody.examining import SamePerson
from marketplace.custody.taking import PieceNotTaken
from marketplace.database import db, unit_of_work
from marketplace.jobs import deadlines
from marketplace.jobs.alarms import Alarm, AlarmKind
from marketplace.money import Money
from tests.consignments import steps
from tests.programme import world
from tests.programme.rows import Behaviour, Row, Scene, refusing

PAGE = "/help/consigning"
MODE = "modes.consignment"


def ask(count: int = 1, **said: Any) -> None:
    requesting.check_count(world.policy(), count)
    piece = steps.a_wish(**said)
    describing.check_piece(world.policy(), house=piece.house, category=piece.category, grade=piece.grade)


def nothing_is_sold_for_anybody(scene: Scene) -> None:
    with refusing(ConsigningIsOff):
        ask()
    assert scene.client.get(PAGE).status_code == 404


def two_at_least(scene: Scene) -> None:
    ask(2)
    with refusing(TooFewPieces):
        ask(1)


def the_reason_is_told(scene: Scene) -> None:
    with pytest.raises(TooFewPieces, match="Fewer vans"):
        ask(0)


def two_at_most(scene: Scene) -> None:
    ask(2)
    with refusing(TooManyPieces):
        ask(3)


def one_house(scene: Scene) -> None:
    ask(house="velorne ")
    with refusing(PieceNotTaken):
        ask(house="Somebody")


def late_label(scene: Scene) -> None:
    """Nobody has made the label: after so many hours the desk is alarmed."""
    owner = steps.an_account()
    with unit_of_work():
        draft = describing.add(steps.a_wish(), by=owner, at=clock.now()).consignment
        requesting.request(draft, Arrangement(world.HOME), by=owner, at=clock.now())
        deadlines_pass = clock.advance(timedelta(hours=24, minutes=1))
    deadlines.sweep(deadlines_pass)
    assert db.session.scalars(db.select(Alarm).where(Alarm.kind == AlarmKind.LABEL_LATE)).first() is not None


def a_piece(state: PieceState) -> ConsignedPiece:
    piece = steps.piece_of(steps.requested())
    if state is PieceState.REQUESTED:
        return piece
    if state is PieceState.RECEIVED:
        return steps.received(piece)
    if state is PieceState.PROPOSED:
        return steps.proposed(piece)
    return steps.live(piece)


def declined() -> ConsignedPiece:
    piece = a_piece(PieceState.RECEIVED)
    with unit_of_work():
        examining.examine(piece, by=steps.clerk(), at=clock.now())
        examining.decline(piece, "altered", by=steps.clerk(), at=clock.now())
    return piece


def waits(state: PieceState, days: int) -> Behaviour:
    """A piece in this state is waited for so many days."""

    def due(scene: Scene) -> None:
        piece = a_piece(state)
        assert piece.due_at == clock.now() + timedelta(days=days)

    return due


def examined_within_five(scene: Scene) -> None:
    piece = a_piece(PieceState.RECEIVED)
    assert piece.due_at == terms.calendar().end_of_business_day_after(clock.now(), 5)


def no_other_price(scene: Scene) -> None:
    piece = a_piece(PieceState.PROPOSED)
    with refusing(NoCounter), unit_of_work():
        proposing.counter(piece, Money(40_000, "USD"), by=piece.consignment.owner, at=clock.now())


def another_finds_it_genuine(scene: Scene) -> None:
    piece, examiner = a_piece(PieceState.RECEIVED), steps.expert()
    with refusing(SamePerson), unit_of_work():
        examining.examine(piece, by=examiner, at=clock.now())
        examining.find_genuine(piece, by=examiner, at=clock.now())


def keeps(basis_points: int, of: int) -> Behaviour:
    def kept(scene: Scene) -> None:
        assert world.policy().modes.consignment.commission_on(of) == basis_points

    return kept


def paid_after_five_days(scene: Scene) -> None:
    piece = a_piece(PieceState.LIVE)
    with unit_of_work():
        selling.move(piece, "sell", by=selling.SYSTEM, at=clock.now())
        selling.lose(piece, at=clock.now())
    assert piece.due_at == terms.calendar().end_of_business_day_after(clock.now(), 5)


def chosen_within_four(scene: Scene) -> None:
    assert declined().due_at == clock.now() + timedelta(days=4)


def silence_recycles(scene: Scene) -> None:
    piece = declined()
    world.pass_time(days=15)
    assert piece.state is PieceState.RECYCLED


def choosing(choice: Choice, **more: Any) -> ConsignedPiece:
    piece = declined()
    with unit_of_work():
        examining.choose(piece, choice, by=piece.consignment.owner, at=clock.now(), **more)
    return piece


def return_costs_nine(scene: Scene) -> None:
    assert choosing(Choice.RETURN).fee_minor == 900


def given_to(key: str) -> Behaviour:
    def given(scene: Scene) -> None:
        assert choosing(Choice.DONATE, charity=key).charity == key

    return given


def charity_is_offered(scene: Scene) -> None:
    assert "Shoes for Two" in scene.text(PAGE)


def fee_after(days: int, minor: int) -> Behaviour:
    """Taking a piece back so many days after it went into the shop costs this."""

    def costs(scene: Scene) -> None:
        piece = a_piece(PieceState.LIVE)
        assert terms.early_fee(piece, clock.now() + timedelta(days=days)).minor == minor

    return costs


def sent_within_nine(scene: Scene) -> None:
    piece = a_piece(PieceState.LIVE)
    with unit_of_work():
        selling.take_back(piece, by=piece.consignment.owner, at=clock.now())
    assert piece.due_at == clock.now() + timedelta(days=9)


def row(key: str, to: Any, behaviour: Behaviour, says: str = "", **more: Any) -> Row:
    """A key of consigning, where it is on."""
    return Row(f"{MODE}.{key}", to, behaviour, page=PAGE if says else None, says=says, given=steps.RULES, **more)


SMART = {**steps.RULES, f"{MODE}.smart_pricing.is_on": True}


def lowered(*payouts: int, after_days: int, times: int = 1) -> Behaviour:
    """A piece that brings 180 dollars brings these after each of so many days."""

    def falls(scene: Scene) -> None:
        piece = a_piece(PieceState.PROPOSED)
        with unit_of_work():
            proposing.accept(piece, smart=True, by=piece.consignment.owner, at=clock.now())
        told = []
        for _payout in payouts:
            deadlines_pass = pass_days(after_days)
            deadlines.sweep(deadlines_pass)
            db.session.expire_all()
            net = terms.net_of(piece)
            told.append(net.payout.minor if net else 0)
        assert tuple(told) == payouts

    return falls


def pass_days(days: int) -> Any:
    with unit_of_work():
        return clock.advance(timedelta(days=days, minutes=1))


def smart_rows() -> list[Row]:
    key = f"{MODE}.smart_pricing"
    return [
        Row(f"{key}.is_on", True, lowered(15_300, after_days=45), PAGE, "With Smart Pricing", given=steps.RULES),
        Row(f"{key}.step_basis_points", 1000, lowered(16_200, after_days=45), PAGE, "falls by 10%", given=SMART),
        Row(f"{key}.every_days", 9, lowered(15_300, after_days=9), PAGE, "every 9 days", given=SMART),
        Row(f"{key}.times", 1, lowered(15_300, 15_300, after_days=45), PAGE, "after 45 days, 1 time;", given=SMART),
    ]


ROWS = [
    Row(
        f"{MODE}.is_on",
        False,
        nothing_is_sold_for_anybody,
        page="/help",
        says="Members cannot sell here at the moment.",
        given={**steps.RULES, "modes.peer_to_peer": False},
    ),
    row("min_pieces", 2, two_at_least, "Send at least 2 pieces."),
    row("min_reason", "Fewer vans.", the_reason_is_told, "Fewer vans."),
    row("max_pieces", 2, two_at_most, "One parcel holds 2 pieces."),
    row("houses", ["Velorne"], one_house, "We take pieces of these houses only: Velorne."),
    row("label_hours", 24, late_label, "e-mailed within 1 day;"),
    row("send_days", 6, waits(PieceState.REQUESTED, 6), "send the parcel within 6 days"),
    row("examine_business_days", 5, examined_within_five, "our proposal within 5 business days"),
    row("answer_days", 3, waits(PieceState.PROPOSED, 3), "you have 3 days to answer"),
    row("counters", False, no_other_price, "Our price is not negotiable."),
    row("needs_two_people", True, another_finds_it_genuine, "Two people find a piece genuine"),
    row("bands[1].from_minor", 70_000, keeps(4000, 60_000), "25% from $700 on"),
    row("bands[1].basis_points", 2000, keeps(2000, 60_000), "20% from $500 on"),
    row("pay_business_days", 5, paid_after_five_days, "paid within 5 business days of the end of the sale"),
    row("choice_days", 4, chosen_within_four, "yours to choose within 4 days"),
    row("when_silent", "recycle", silence_recycles, "Without an answer we recycle it."),
    row("return_fee_minor", 900, return_costs_nine, "we send it back for $9"),
    Row(
        f"{MODE}.charities[0].key",
        "shoes",
        given_to("shoes"),
        untold="what a row keeps; people read its label",
        given=steps.RULES,
    ),
    row("charities[0].label", "Shoes for Two", charity_is_offered, "Shoes for Two"),
    *smart_rows(),
    row("min_days", 90, fee_after(100, 0), "Before it has been on sale for 90 days"),
    row("early_fee_minor", 2000, fee_after(100, 2000), "that costs $20, taken from your next payout"),
    row("back_days", 9, sent_within_nine, "is sent within 9 days"),
]
