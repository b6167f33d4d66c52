"""A piece that two people find to be a counterfeit: nobody offers it again, and its owner's others are doubted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from marketplace import clock
from marketplace.buybacks import inspecting, requesting
from marketplace.buybacks.requesting import NotBoughtHere
from marketplace.consignments import examining
from marketplace.consignments.examining import NoSuchChoice
from marketplace.consignments.states import Choice, PieceState
from marketplace.custody.examining import NotGenuine, SamePerson
from marketplace.database import db, unit_of_work
from marketplace.jobs.alarms import Alarm, AlarmKind
from marketplace.listings import rechecking, starting
from marketplace.listings.eligibility import IsQuarantined
from marketplace.listings.states import ListingState
from marketplace.programme import versions
from tests.buybacks import steps as bought
from tests.consignments import steps
from tests.programme import world
from tests.programme.policies import changed
from tests.shopping import live_listing, member
from tests.web import Browser, page, post_form


def refused(kind: type[Exception], act: Callable[..., object], *said: Any, **more: Any) -> None:
    with pytest.raises(kind), unit_of_work():
        act(*said, at=clock.now(), **more)
    db.session.expire_all()


def doubted() -> set[tuple[str, int]]:
    """What the desk is told to look at again."""
    told = sa.select(Alarm.subject_type, Alarm.subject_id).where(Alarm.kind == AlarmKind.SELLER_IN_DOUBT)
    return {(kind, number) for kind, number in db.session.execute(told)}


@pytest.mark.rule("GAP-08", "BAL-03")
def test_a_consigned_counterfeit_is_quarantined_and_all_its_owner_offers_is_looked_at_again(
    app: Flask, client: Browser
) -> None:
    with unit_of_work():
        rules = {**steps.RULES, **bought.RULES, "modes.consignment.when_silent": "donate"}
        versions.publish(changed(rules), at=clock.now())
    offered = live_listing()
    owner = offered.seller
    assert owner is not None
    made = steps.requested(owner, steps.a_wish(), steps.a_wish(), steps.a_wish())
    false, benched, coming = made.pieces
    quoted, bystander = bought.quoted(bought.asked(owner)), bought.asked()
    examiner = steps.expert()
    steps.examined(benched)
    steps.received(false)
    with unit_of_work():
        examining.examine(false, by=examiner, at=clock.now())
    refused(SamePerson, examining.decline, false, "altered", is_counterfeit=True, by=examiner)
    assert (false.state, doubted()) == (PieceState.INSPECTING, set())
    client.sign_in_as(steps.expert())
    at_intake = f"/desk/intake/{made.number}/{false.position}"
    assert post_form(client, at_intake, "decline", reason="altered", counterfeit="1").status_code == 303
    db.session.expire_all()
    assert false.item is not None and false.item.quarantined_at is not None
    assert offered.state is ListingState.SUBMITTED
    assert doubted() == {
        ("consigned_pieces", benched.id),
        ("consigned_pieces", coming.id),
        ("buybacks", quoted.id),
    }, bystander.id
    assert benched.found_genuine_by is None, "it has to be found genuine once more"
    client.sign_in_as(owner)
    choices = page(client.get(f"/sell/consign/{made.number}/{false.position}")).select('input[name="choice"]')
    assert [choice["value"] for choice in choices] == ["return", "recycle"]
    refused(NoSuchChoice, examining.choose, false, Choice.DONATE, charity="books", by=owner)
    world.pass_time(days=world.policy().modes.consignment.choice_days, minutes=1)
    assert steps.piece_of(made).state is PieceState.RECYCLED, "no charity is given one"


@pytest.mark.rule("GAP-08")
def test_neither_a_purchase_nor_a_piece_that_was_found_counterfeit_is_offered_again(app: Flask) -> None:
    bought.open_for_buying()
    owner = member("Mia Owner")
    purchase = world.a_purchase(owner)
    with unit_of_work():
        item = starting.item_of_purchase(purchase, 1, owner)
    buyback = bought.asked(owner, item=item)
    buyback = bought.received(bought.accepted(bought.quoted(buyback), by_hand=True))
    with unit_of_work():
        inspecting.examine(buyback, by=bought.clerk(), at=clock.now())
        inspecting.fail(buyback, "altered", is_counterfeit=True, by=bought.expert(), at=clock.now())
    refused(NotBoughtHere, requesting.request, bought.a_wish(), item=buyback.item, by=owner)
    refused(IsQuarantined, starting.start_listing, purchase, 1, by=owner)


@pytest.mark.rule("GAP-08")
def test_what_its_buyer_had_found_counterfeit_is_not_found_genuine_when_it_comes_back(app: Flask) -> None:
    steps.open_for_consigning()
    piece = steps.examined(steps.piece_of(steps.requested()), genuine=False)
    other = steps.requested(piece.consignment.owner).pieces[0]
    assert piece.item is not None
    with unit_of_work():
        rechecking.doubt(piece.item, None, by=steps.expert(), at=clock.now())
    assert doubted() == {("consigned_pieces", other.id)}
    refused(NotGenuine, examining.find_genuine, piece, by=steps.expert())
