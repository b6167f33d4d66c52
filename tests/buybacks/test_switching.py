"""A consigned piece sold to us instead: the offer beside the proposal, its fee, and what ends it (LUX-74)."""

from __future__ import annotations

import pytest
from flask import Flask

from marketplace import clock
from marketplace.buybacks import quoting, switching
from marketplace.buybacks.models import Buyback
from marketplace.buybacks.quoting import ConsignedHere
from marketplace.buybacks.requesting import PrivatePeopleOnly
from marketplace.buybacks.switching import CannotSwitch
from marketplace.consignments import selling
from marketplace.consignments.models import ConsignedPiece
from marketplace.consignments.states import PieceState
from marketplace.database import db, unit_of_work
from marketplace.events import history
from marketplace.ledger import Account, balance
from marketplace.listings.states import ListingState
from marketplace.payouts.models import Payout, PayoutForm
from tests.books import assert_ledger_is_sound
from tests.buybacks import steps
from tests.buybacks.steps import BuybackState as S
from tests.consignments import steps as consigned
from tests.programme import world
from tests.web import Browser, page, post_form

FEE = {"switch_days": 120, "switch_fee_minor": 5_000}


def open_for_both(**changes: object) -> None:
    steps.open_for_buying(**{**consigned.RULES, **FEE, **changes})


def offer_of(piece: ConsignedPiece) -> Buyback:
    return db.session.scalars(db.select(Buyback).filter_by(consigned_piece_id=piece.id)).one()


@pytest.mark.rule("LUX-74")
@pytest.mark.parametrize(("in_shop", "fee"), [(True, 5_000), (False, 0)], ids=["in the shop", "at the proposal"])
def test_its_owner_takes_the_earlier_offer_for_the_fee(app: Flask, in_shop: bool, fee: int) -> None:
    open_for_both()
    piece = consigned.live() if in_shop else consigned.proposed()
    offer = offer_of(piece)
    assert (offer.state, offer.quoted) == (S.QUOTED, offer.model_price)
    assert offer.quoted is not None
    with pytest.raises(ConsignedHere), unit_of_work():
        quoting.accept(offer, PayoutForm.STORE_CREDIT, steps.TO_THE_STORE, by=offer.owner, at=clock.now())
    world.pass_time(days=1)
    with unit_of_work():
        switching.switch(offer, PayoutForm.STORE_CREDIT, by=offer.owner, at=clock.now())
    db.session.expire_all()
    payout = db.session.scalars(db.select(Payout)).one()
    assert (piece.state, offer.state, payout.amount.minor) == (PieceState.SOLD_TO_US, S.PAID, offer.quoted.minor - fee)
    assert -balance(Account.FEE_INCOME, "USD").minor == fee
    assert steps.purchases_in_ledger() == steps.bought_for() == offer.quoted.minor
    assert piece.listing is not None and piece.item is not None
    assert piece.item.owner_id is None
    assert piece.listing.state is (ListingState.LIVE if in_shop else ListingState.DRAFT)
    if in_shop:  # and it is sold as our own, with nothing owed to anybody
        world.confirmed(world.delivered(world.paid(world.an_order(piece.listing))))
        assert consigned.owed_in_ledger() == 0
        assert -balance(Account.OWN_STOCK_SALES, "USD").minor == piece.listing.price_minor
    assert_ledger_is_sound()


@pytest.mark.rule("LUX-64")
def test_where_policy_buys_from_private_people_only_a_switch_asks_for_the_same_word(
    app: Flask, client: Browser
) -> None:
    open_for_both(private_only=True)
    piece = consigned.live()
    offer = offer_of(piece)
    with pytest.raises(PrivatePeopleOnly), unit_of_work():
        switching.switch(offer, PayoutForm.STORE_CREDIT, by=offer.owner, at=clock.now())
    db.session.expire_all()
    assert (piece.state, offer.state, db.session.scalars(db.select(Payout)).all()) == (PieceState.LIVE, S.QUOTED, [])
    client.sign_in_as(offer.owner)
    shown = f"/sell/quote/{offer.number}"
    assert "you declare that you sell this piece as a private person" in page(client.get(shown)).get_text()
    assert post_form(client, shown, "switch-store_credit").status_code == 303
    db.session.expire_all()
    assert piece.state is PieceState.SOLD_TO_US
    assert [event.detail for event in history(offer) if event.action == "declare"] == [{"is_private": True}]


@pytest.mark.rule("LUX-74", "LUX-73")
def test_the_offer_ends_with_its_days_with_the_consignment_and_while_somebody_pays(app: Flask) -> None:
    open_for_both(switch_days=3)
    held = consigned.live()
    assert held.listing is not None
    world.an_order(held.listing)
    offer = offer_of(held)
    with pytest.raises(CannotSwitch), unit_of_work():
        switching.switch(offer, PayoutForm.STORE_CREDIT, by=offer.owner, at=clock.now())
    back = consigned.live()
    with unit_of_work():
        selling.take_back(back, by=back.consignment.owner, at=clock.now())
    assert offer_of(back).state is S.LAPSED
    world.pass_time(days=3, minutes=1)
    db.session.expire_all()
    assert (offer_of(held).state, steps.purchases_in_ledger()) == (S.LAPSED, 0)


def test_without_the_policy_there_is_no_offer(app: Flask) -> None:
    open_for_both(switch_days=0)
    consigned.proposed()
    assert db.session.query(Buyback).count() == 0
