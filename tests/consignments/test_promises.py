"""What is promised about a piece on its way and in our care, and in which money its owner is paid."""

from __future__ import annotations

import pytest
from flask import Flask

from marketplace import clock
from marketplace.consignments import selling, terms
from marketplace.consignments.states import PieceState
from marketplace.credits import store_credit
from marketplace.database import unit_of_work
from marketplace.desk import intake_kinds
from marketplace.money import Money
from marketplace.programme import versions
from marketplace.shipping.models import TrackingStatus
from tests.buybacks import steps as bought
from tests.consignments import steps
from tests.programme import world
from tests.programme.policies import changed
from tests.web import Browser, page


@pytest.mark.rule("LUX-66", "NAP-17")
def test_what_arrives_first_is_examined_first_within_the_promised_days(app: Flask) -> None:
    days = {"modes.consignment.examine_business_days": 10, "modes.buyback.examine_business_days": 10}
    with unit_of_work():
        versions.publish(changed({**steps.RULES, **bought.RULES, **days}), at=clock.now())
    later, first = (steps.piece_of(steps.requested()) for _ in range(2))
    offered = bought.accepted(by_hand=True)
    steps.received(first)
    assert first.due_at == terms.calendar().end_of_business_day_after(clock.now(), 10)
    world.pass_time(days=2)
    bought.received(bought.fresh(offered))
    world.pass_time(days=2)
    steps.received(steps.piece_of(later.consignment))
    assert [piece.tag for piece in intake_kinds.waiting("examine")] == [first.tag, offered.number, later.tag]


@pytest.mark.rule("NAP-22")
def test_credit_is_in_the_money_of_the_country_that_the_piece_comes_from(app: Flask) -> None:
    paid = {"payout.forms": [{"form": "store_credit"}, {"form": "cash", "promised_business_days": 5}]}
    with unit_of_work():
        rules = {**steps.RULES, **paid, "market.currency": "CAD", "modes.consignment.pay_business_days": 0}
        versions.publish(changed(rules), at=clock.now())
    made = steps.requested(None, steps.a_wish(retail=Money(40_000, "CAD"), hoped=Money(7_700, "CAD")))
    assert steps.piece_of(made).currency == "CAD"
    steps.carried(made, TrackingStatus.TRANSIT)
    world.pass_time(days=world.policy().limits.no_movement_days, minutes=1)
    world.pass_time(days=1 + world.policy().payout.choice_days)
    assert steps.piece_of(made).state is PieceState.PAID
    assert store_credit.balance_of(made.owner_id, "CAD", at=clock.now()) == Money(7_700, "CAD")
    assert store_credit.balance_of(made.owner_id, "USD", at=clock.now()) == Money(0, "USD")


@pytest.mark.rule("LUX-65", "LUX-71")
def test_its_owner_reads_that_we_answer_for_it_and_what_is_lost_with_us_is_paid_on_the_day_named(
    app: Flask, client: Browser
) -> None:
    steps.open_for_consigning(pay_business_days=3)
    made = steps.requested(None, steps.a_wish(hoped=Money(7_700, "USD")))
    client.sign_in_as(made.owner)
    at = f"/sell/consign/{made.number}"
    assert "From the first scan of its label on, we answer for what happens to it." in page(client.get(at)).get_text()
    piece = steps.received(steps.piece_of(made))
    assert "Arrived" in page(client.get("/sell/consigned")).get_text()
    with unit_of_work():
        selling.lose(piece, at=clock.now())
    day = terms.calendar().end_of_business_day_after(clock.now(), 3).astimezone(terms.calendar().zone)
    assert (piece.state, piece.owed) == (PieceState.LOST, Money(7_700, "USD"))
    told = page(client.get("/sell/consigned")).get_text(" ", strip=True)
    assert f"{day:%b} {day.day}" in told, told
