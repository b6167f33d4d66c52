"""Smart Pricing: what an owner receives falls by compounding steps, if she chose it, and the price moves with it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.orm.attributes import set_committed_value

from marketplace import clock, events
from marketplace.consignments import proposing, selling, smart_pricing, terms
from marketplace.consignments.models import ConsignedPiece
from marketplace.consignments.states import PieceState
from marketplace.database import db, unit_of_work
from marketplace.money import Money
from tests.accounts import an_account, mail_to
from tests.consignments import steps
from tests.fresh import FreshDatabase
from tests.programme import world
from tests.web import Browser, page, post_form


def on_sale(*, smart: bool = True, minor: int = 60_000, **changes: object) -> ConsignedPiece:
    steps.open_for_consigning(**{"modes.consignment.smart_pricing.is_on": True, **changes})
    piece = steps.proposed(minor=minor)
    with unit_of_work():
        proposing.accept(piece, smart=smart, by=piece.consignment.owner, at=clock.now())
    db.session.expire_all()
    return piece


def brings(piece: ConsignedPiece) -> tuple[int, int]:
    """Its payout and its price in the shop, in minor units."""
    db.session.expire_all()
    net = terms.net_of(piece)
    assert net is not None
    assert piece.listing is not None
    assert piece.listing.price_minor == piece.price_minor == net.price.minor
    return net.payout.minor, net.price.minor


@pytest.mark.rule("GAP-10", "NAP-36")
def test_three_steps_compound_on_the_payout_and_the_price_moves_with_each(app: Flask) -> None:
    piece = on_sale()
    seen = [brings(piece)]
    announced = [
        (step.net.payout.minor, step.net.price.minor) for step in smart_pricing.steps(piece, begins_at=clock.now())
    ]
    world.pass_time(days=44, hours=23)
    assert brings(piece) == seen[0]
    for _step in range(4):
        world.pass_time(days=45, hours=1)
        seen.append(brings(piece))
    # 450 × 0.85, × 0.85, × 0.85 = 0.614 of it; below 500 the band would keep 40% of a piece first listed there.
    assert seen == [(45_000, 60_000), (38_250, 51_000), (32_513, 43_351), (27_636, 36_848), (27_636, 36_848)]
    assert seen[1:4] == announced
    assert round(seen[3][0] / seen[0][0], 3) == 0.614
    order = steps.settled(piece)
    assert (order.price_minor, piece.owed_minor) == (36_848, 27_636)


@pytest.mark.rule("NAP-36")
def test_nobodys_price_falls_who_did_not_choose_it(app: Flask) -> None:
    piece = on_sale(smart=False)
    world.pass_time(days=200)
    assert brings(piece) == (45_000, 60_000)
    assert piece.next_cut_at is None


@pytest.mark.rule("GAP-10")
def test_a_step_counts_from_what_the_owner_has_made_of_it_herself(app: Flask) -> None:
    piece = on_sale()
    with unit_of_work():
        selling.lower_price(piece, Money(40_000, "USD"), by=piece.consignment.owner, at=clock.now())
    world.pass_time(days=45, hours=1)
    assert brings(piece) == (25_500, 34_000)


@pytest.mark.rule("NAP-36")
def test_each_step_is_told_with_what_comes_next_and_its_owner_stops_the_rest(app: Flask, client: Browser) -> None:
    piece = on_sale()
    client.sign_in_as(piece.consignment.owner)
    address = f"/sell/consign/{piece.consignment.number}/{piece.position}"

    def told() -> list[str]:
        letters = mail_to(piece.consignment.owner.email)
        return [" ".join(one.text.split()) for one in letters if one.message == "consigned_stepped"]

    world.pass_time(days=45, hours=1)
    [first] = told()
    assert "you receive $382.50 instead of $450" in first and "you would then receive $325.13" in first
    assert "you can stop it on the page of the piece" in first and address in first
    kept = brings(piece)
    assert post_form(client, address, "stop-smart-pricing").status_code == 303
    shown = page(client.get(address))
    assert "Still to come" not in shown.get_text() and not shown.select("#stop-smart-pricing")
    world.pass_time(days=100)
    assert (brings(piece), len(told())) == (kept, 1)  # the share we keep is that of the first band still
    assert [one.actor_id for one in events.history(piece) if one.action == "stop_steps"] == [piece.consignment.owner_id]
    with pytest.raises(smart_pricing.NoStepToCome), unit_of_work():
        smart_pricing.stop(piece, by=piece.consignment.owner, at=clock.now())


def test_the_last_step_says_that_it_is_the_last(app: Flask) -> None:
    piece = on_sale(**{"modes.consignment.smart_pricing.times": 1})
    world.pass_time(days=45, hours=1)
    letter = mail_to(piece.consignment.owner.email)[-1]
    assert letter.message == "consigned_stepped" and "That was the last step" in letter.text


def due_and_stopped(fresh: FreshDatabase) -> tuple[int, list[Any]]:
    """A step is due while its owner stops it, several times each."""
    key: int = fresh.run(lambda: on_sale().id)

    def step() -> None:
        with unit_of_work():
            smart_pricing.sweep([key], clock.now() + timedelta(days=46))

    def stop() -> None:
        with unit_of_work():
            found = db.session.get_one(ConsignedPiece, key)
            smart_pricing.stop(found, by=found.consignment.owner, at=clock.now())

    return key, fresh.in_parallel([step, stop] * 3)


@pytest.mark.rule("NAP-36")
def test_a_step_and_its_stop_at_once_are_decided_by_the_row(fresh_database: FreshDatabase) -> None:
    key, outcomes = due_and_stopped(fresh_database)
    stops = outcomes[1::2]
    assert outcomes[::2] == [None] * 3 and stops.count(None) == 1
    assert all(isinstance(one, smart_pricing.NoStepToCome) for one in stops if one is not None)

    def judge() -> None:
        piece = db.session.get_one(ConsignedPiece, key)
        actions = [one.action for one in events.history(piece) if one.action in ("step", "stop_steps")]
        assert piece.next_cut_at is None and actions[-1] == "stop_steps"
        assert (piece.price_cuts, brings(piece)[1]) == ((1, 51_000) if "step" in actions else (0, 60_000))

    fresh_database.run(judge)


def test_control_a_step_that_does_not_ask_the_row_undoes_the_stop(app: Flask) -> None:
    piece = on_sale()
    due = piece.next_cut_at
    with unit_of_work():
        smart_pricing.stop(piece, by=piece.consignment.owner, at=clock.now())
    with unit_of_work():
        set_committed_value(piece, "next_cut_at", due)  # as the sweep had read it before
        smart_pricing._cut(piece, due or clock.now())
    assert brings(piece) == (38_250, 51_000) and piece.next_cut_at is not None


def test_a_step_waits_while_somebody_pays_and_a_piece_that_left_the_shop_is_let_be(app: Flask) -> None:
    piece = on_sale()
    assert piece.listing is not None
    world.pass_time(days=44, hours=23, minutes=45)
    order = world.an_order(piece.listing)
    smart_sweep(piece, days=0.02)
    assert brings(piece) == (45_000, 60_000)
    world.paid(order)
    world.pass_time(days=2)
    db.session.expire_all()
    assert (piece.state, piece.price_minor, piece.next_cut_at) == (PieceState.SOLD, 60_000, None)


def smart_sweep(piece: ConsignedPiece, *, days: float) -> None:
    """The step is due, and nothing else is done."""
    with unit_of_work():
        smart_pricing.sweep([piece.id], clock.now() + timedelta(days=days))


def test_a_price_never_falls_below_what_anything_is_sold_for(app: Flask) -> None:
    least = world.policy().price.min_minor
    piece = on_sale(minor=least + 100)
    before = brings(piece)
    world.pass_time(days=46)
    assert brings(piece) == before
    assert piece.next_cut_at is None


@pytest.mark.rule("NAP-36", "GAP-10")
def test_the_owner_is_shown_each_step_before_she_chooses_and_what_comes_next_after(app: Flask, client: Browser) -> None:
    steps.open_for_consigning(**{"modes.consignment.smart_pricing.is_on": True})
    owner = an_account()
    piece = steps.proposed(steps.piece_of(steps.requested(owner)), minor=60_000)
    client.sign_in_as(owner)
    address = f"/sell/consign/{piece.consignment.number}/{piece.position}"
    shown = page(client.get(address)).get_text(" ", strip=True)
    for payout in ("$382.50", "$325.13", "$276.36"):
        assert f"you receive {payout}" in shown
    assert post_form(client, address, "accept-with-smart-pricing").status_code == 303
    assert "Still to come" in page(client.get(address)).get_text(" ", strip=True)
    assert "Smart Pricing: $382.50 for you from" in page(client.get("/sell/consigned")).get_text(" ", strip=True)
