"""Whether prices may be proposed, within which limits, and how long each side has."""

from __future__ import annotations

from datetime import timedelta

from marketplace import clock
from marketplace.database import db, unit_of_work
from marketplace.money import Money
from marketplace.offers import bargaining
from marketplace.offers.bargaining import OfferOutOfBounds, OffersAreOff, TooManyOffers
from marketplace.offers.models import Offer
from tests.accounts import an_account
from tests.programme import world
from tests.programme.rows import Behaviour, Row, Scene, refusing

PAGE = "/help/who-can-buy"


def an_offer(minor: int = 16_000, buyer: object = None) -> Offer:
    """For a piece of 180 dollars."""
    listing = world.a_live_listing()
    with unit_of_work():
        return bargaining.propose(listing, Money(minor, "USD"), by=buyer or an_account(), at=clock.now())  # type: ignore[arg-type]


def none_is_taken(scene: Scene) -> None:
    with refusing(OffersAreOff):
        an_offer()


def half_is_enough(scene: Scene) -> None:
    assert an_offer(9_000).state == "open"
    with refusing(OfferOutOfBounds):
        an_offer(8_999)


def answered_within(hours: int) -> Behaviour:
    def due(scene: Scene) -> None:
        offer = an_offer()
        assert offer.due_at == offer.made_at + timedelta(hours=hours)

    return due


def agreed_for(hours: int) -> Behaviour:
    def holds(scene: Scene) -> None:
        offer, at = an_offer(), clock.now()
        seller = offer.listing.seller
        assert seller is not None
        with unit_of_work():
            bargaining.accept(db.session.get_one(Offer, offer.id), by=seller, at=at)
        assert db.session.get_one(Offer, offer.id).due_at == at + timedelta(hours=hours)

    return holds


def second_is_refused(scene: Scene) -> None:
    buyer = an_account()
    an_offer(buyer=buyer)
    with refusing(TooManyOffers):
        an_offer(buyer=buyer)


ROWS = [
    Row("offers.is_on", False, none_is_taken, page=PAGE, says="Prices are fixed; no offers can be made."),
    Row("offers.lowest_basis_points", 5000, half_is_enough, page=PAGE, says="down to 50% of it"),
    Row("offers.answer_hours", 72, answered_within(72), page=PAGE, says="Each side has 72 hours"),
    Row("offers.price_hours", 12, agreed_for(12), page=PAGE, says="yours alone for 12 hours"),
    Row("offers.running_per_person", 1, second_is_refused, page=PAGE, says="with 1 offer running"),
]
