"""Two who act on offers at once: one is agreed with, one piece is sold; unprotected, both would be."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from werkzeug.test import TestResponse

from marketplace import clock
from marketplace.database import db, unit_of_work
from marketplace.errors import LostRace
from marketplace.money import Money
from marketplace.offers import bargaining
from marketplace.offers.models import Offer
from marketplace.offers.states import CannotAnswer, CannotWithdrawOffer, OfferState
from marketplace.orders.models import Order
from tests.accounts import an_account
from tests.books import assert_books_balance
from tests.buyer.test_races import pay_all, winners
from tests.fresh import FreshDatabase
from tests.shopping import live_listing, to_review
from tests.web import find_form, form_fields

BUYERS = 3
LONG = 20  # seconds: nobody waits this long unless something is broken


def an_offer(fresh: FreshDatabase, listing_id: int, dollars: int, *, is_agreed: bool = False) -> tuple[int, Any]:
    """The offer's id and its buyer."""

    def make() -> tuple[int, Any]:
        buyer = an_account()
        with unit_of_work():
            listing = db.session.get_one(bargaining.Listing, listing_id)
            offer = bargaining.propose(listing, Money(dollars * 100, "USD"), by=buyer, at=clock.now())
        with unit_of_work():
            if is_agreed and listing.seller is not None:
                bargaining.accept(db.session.get_one(Offer, offer.id), by=listing.seller, at=clock.now())
        return offer.id, buyer

    return fresh.run(make)  # type: ignore[no-any-return]


def states(fresh: FreshDatabase) -> dict[int, OfferState]:
    return fresh.run(lambda: dict(db.session.execute(sa.select(Offer.id, Offer.state)).all()))  # type: ignore[no-any-return]


@pytest.mark.fault("B02", "B05")
def test_of_several_agreed_prices_for_one_piece_one_is_paid_and_used(fresh_database: FreshDatabase) -> None:
    """The seller may agree with several; the piece goes to whoever pays first, at that buyer's own price."""
    fresh = fresh_database
    listing_id = fresh.run(lambda: live_listing().id)
    prices: dict[int, int] = {}
    ready: list[Callable[[], TestResponse]] = []
    for dollars in range(200, 200 + BUYERS):
        offer_id, buyer = an_offer(fresh, listing_id, dollars, is_agreed=True)
        prices[offer_id] = dollars * 100
        browser = fresh.client()

        def review(browser: Any = browser, buyer: Any = buyer) -> str:
            browser.sign_in_as(buyer)
            listing = db.session.get_one(bargaining.Listing, listing_id)
            return to_review(browser, listing, email=buyer.email)

        at = fresh.run(review)
        fields = form_fields(find_form(browser.get(at), "pay"))
        ready.append(lambda b=browser, r=at, f=fields: b.post(f"{r}/pay", data=f))
    won = winners(fresh.in_parallel(ready))
    assert len(won) == 1
    used = [offer_id for offer_id, state in states(fresh).items() if state is OfferState.USED]
    assert len(used) == 1
    pay_all(fresh, won)
    (paid,) = fresh.run(
        lambda: db.session.scalars(sa.select(Order.price_minor).where(Order.paid_at.is_not(None))).all()
    )
    assert paid == prices[used[0]]
    assert sorted(states(fresh).values()) == sorted([OfferState.USED] + [OfferState.ENDED] * (BUYERS - 1))
    assert_books_balance(fresh.app)


def accept_and_withdraw(fresh: FreshDatabase) -> list[Any]:
    """The seller says yes while the buyer takes it back, both from the same open offer."""
    listing_id = fresh.run(lambda: live_listing().id)
    offer_id, _buyer = an_offer(fresh, listing_id, 200)
    both_have_read = threading.Barrier(2)

    def act(verb: Callable[..., None], whose: str) -> Callable[[], None]:
        def run() -> None:
            with unit_of_work():
                offer = db.session.get_one(Offer, offer_id)
                person = offer.buyer if whose == "buyer" else offer.listing.seller
                assert offer.state is OfferState.OPEN or db.engine.dialect.name == "sqlite"
                if db.engine.dialect.name != "sqlite":  # which lets one writer in at a time
                    both_have_read.wait(LONG)
                verb(offer, by=person, at=clock.now())

        return run

    return fresh.in_parallel([act(bargaining.accept, "seller"), act(bargaining.withdraw, "buyer")])


def test_of_an_answer_and_a_change_of_mind_at_once_one_counts(fresh_database: FreshDatabase) -> None:
    outcomes = accept_and_withdraw(fresh_database)
    assert outcomes.count(None) == 1, outcomes
    (refused,) = [outcome for outcome in outcomes if outcome is not None]
    assert isinstance(refused, LostRace | CannotAnswer | CannotWithdrawOffer)
    expected = OfferState.ACCEPTED if outcomes[0] is None else OfferState.WITHDRAWN
    assert list(states(fresh_database).values()) == [expected]


def test_control_without_the_condition_on_the_state_both_count(
    fresh_database: FreshDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    targets = {"accept": OfferState.ACCEPTED, "withdraw": OfferState.WITHDRAWN}

    def unprotected(offer: Offer, action: str, *, sets: Any = None, **_more: Any) -> None:
        values = {"state": targets[action], **(sets or {})}
        db.session.execute(sa.update(Offer).where(Offer.id == offer.id).values(values))

    monkeypatch.setattr(bargaining.events, "transition", unprotected)
    assert accept_and_withdraw(fresh_database) == [None, None], "both sides were told yes"
