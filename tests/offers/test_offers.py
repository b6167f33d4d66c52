"""A buyer proposes, the seller answers or stays silent, and the price agreed is charged once, to that buyer alone."""

from __future__ import annotations

import pytest
from flask import Flask

from marketplace import clock
from marketplace.database import db, unit_of_work
from marketplace.errors import LostRace, Refusal
from marketplace.listings.finding import public_path
from marketplace.listings.models import Listing
from marketplace.listings.states import ListingState
from marketplace.money import Money
from marketplace.offers import bargaining, pricing
from marketplace.offers.models import Offer
from marketplace.offers.states import CannotAnswer, OfferState
from marketplace.people.models import Person
from tests.accounts import an_account, mail_to
from tests.programme.world import pass_time
from tests.shopping import (
    buy,
    checkout_of,
    live_listing,
    member,
    orders_of,
    path_of,
    pay,
    put_in_bag,
    to_payment,
    words_of,
)
from tests.web import Browser, post_form


def dollars(amount: int) -> Money:
    return Money(amount * 100, "USD")


def offered(listing: Listing, buyer: Person, amount: int = 200) -> Offer:
    with unit_of_work():
        return bargaining.propose(listing, dollars(amount), by=buyer, at=clock.now())


def agreed(listing: Listing, buyer: Person, amount: int = 200) -> Offer:
    offer = offered(listing, buyer, amount)
    with unit_of_work():
        bargaining.accept(db.session.get_one(Offer, offer.id), by=seller_of(listing), at=clock.now())
    return offer


def seller_of(listing: Listing) -> Person:
    assert listing.seller is not None
    return listing.seller


def state_of(offer: Offer) -> OfferState:
    db.session.expire_all()
    return db.session.get_one(Offer, offer.id).state


def refusal(listing: Listing, buyer: Person, amount: int = 200) -> type[Refusal]:
    with pytest.raises(Refusal) as refused, unit_of_work():
        bargaining.propose(listing, dollars(amount), by=buyer, at=clock.now())
    return type(refused.value)


def test_an_offer_is_refused_where_the_price_is_fixed_too_low_ones_own_or_made_twice(app: Flask) -> None:
    listing, buyer = live_listing(), an_account()  # 245 dollars: 70% are 171.50
    assert refusal(listing, buyer, 171) is bargaining.OfferOutOfBounds
    assert refusal(listing, buyer, 245) is bargaining.OfferOutOfBounds
    assert refusal(listing, seller_of(listing)) is bargaining.OwnListing
    assert refusal(live_listing(supply=True), buyer) is bargaining.NoOffersForThis
    offered(listing, buyer, 172)
    assert refusal(listing, buyer) is bargaining.AlreadyOffered
    assert bargaining.running_of(buyer) == 1


def test_an_offer_goes_to_the_seller_comes_back_with_another_price_and_is_taken(app: Flask, client: Browser) -> None:
    seller, buyer = member(), an_account()
    listing = live_listing(seller)
    client.sign_in_as(buyer)
    wrong = post_form(client, f"/account/offers/new/{listing.number}", "make-offer", price="100")
    assert wrong.status_code == 422
    assert "Offer at least $171.50 and less than $245." in words_of(wrong)
    assert post_form(client, f"/account/offers/new/{listing.number}", "make-offer", price="180").status_code == 303
    (offer,) = bargaining.offers_by(buyer)
    client.sign_in_as(seller)
    assert "Answer an offer: Marlow tote" in words_of(client.get("/sell/wardrobe"))
    page = f"/sell/offers/{offer.id}"
    assert post_form(client, page, "counter-offer", price="250").status_code == 422
    assert post_form(client, page, "counter-offer", price="210").status_code == 303
    client.sign_in_as(an_account())
    assert client.get(page).status_code == 404
    client.sign_in_as(buyer)
    assert "You offered $180.00. Answer by" in words_of(client.get("/account/offers"))
    assert post_form(client, "/account/offers", f"take-offer-{offer.id}").status_code == 303
    assert post_form(client, "/account/offers", f"add-{offer.id}").location == "/bag"
    assert "$218.95" in words_of(client.get("/bag"))
    words = words_of(client.get(public_path(listing)))
    assert words.index("Your price: $218.95 with shipping, until") < words.index("In your bag")
    assert "Make an offer" not in words
    pass_time(minutes=1)
    assert [letter.message for letter in mail_to(seller.email)] == ["offer_made"]
    assert [letter.message for letter in mail_to(buyer.email)][-1:] == ["offer_countered"]


def test_silence_lets_it_lapse_and_an_agreed_price_ends_with_its_time(app: Flask) -> None:
    buyer = an_account()
    listing, other = live_listing(), live_listing()
    silent, unused = offered(listing, buyer), agreed(other, buyer)
    assert pricing.prices_for([other], buyer.id, at=clock.now()) == {other.id: 20_000}
    assert pricing.prices_for([other], an_account().id, at=clock.now()) == {other.id: 24_500}
    pass_time(hours=25)
    assert (state_of(silent), state_of(unused)) == (OfferState.OPEN, OfferState.EXPIRED)
    assert pricing.prices_for([other], buyer.id, at=clock.now()) == {other.id: 24_500}
    pass_time(hours=24)
    assert state_of(silent) is OfferState.LAPSED
    assert "offer_over" in [letter.message for letter in mail_to(buyer.email)]


@pytest.mark.fault("B05")
def test_the_agreed_price_is_shown_and_charged_to_that_buyer_alone_and_once(app: Flask, client: Browser) -> None:
    buyer, rival = an_account(), an_account()
    listing = live_listing()
    offer, theirs = agreed(listing, buyer), offered(listing, rival, 190)
    client.sign_in_as(buyer)
    payment = to_payment(client, listing, email=buyer.email)
    assert state_of(offer) is OfferState.USED
    checkout = checkout_of(path_of(pay(client, payment)))
    (order,) = orders_of(checkout)
    assert (order.price_minor, order.shipping_minor) == (20_000, 895)
    assert checkout.total_minor == order.price_minor + order.shipping_minor + order.tax_minor
    pass_time(minutes=1)
    assert (state_of(offer), state_of(theirs)) == (OfferState.USED, OfferState.ENDED)


@pytest.mark.fault("B05")
def test_a_payment_that_comes_to_nothing_gives_the_price_back_for_what_is_left_of_its_time(
    app: Flask, client: Browser
) -> None:
    buyer, listing = an_account(), live_listing()
    offer = agreed(listing, buyer)
    client.sign_in_as(buyer)
    to_payment(client, listing, email=buyer.email)
    pass_time(minutes=45)
    db.session.expire_all()
    assert (state_of(offer), db.session.get_one(Listing, listing.id).state) == (OfferState.ACCEPTED, ListingState.LIVE)
    pass_time(hours=24)
    assert state_of(offer) is OfferState.EXPIRED
    client.sign_in_as(buyer)
    (order,) = buy(client, listing, email=buyer.email)
    assert order.price_minor == 24_500


@pytest.mark.fault("B05")
def test_a_price_that_ends_between_the_offer_and_the_payment_is_shown_anew(app: Flask, client: Browser) -> None:
    buyer, listing = an_account(), live_listing()
    agreed(listing, buyer)
    client.sign_in_as(buyer)
    put_in_bag(client, listing)
    assert "$208.95" in words_of(client.get("/bag"))
    answer = post_form(client, "/checkout", "checkout", email=buyer.email, **HOME)
    assert answer.status_code == 303
    pass_time(hours=1)
    with unit_of_work():
        (offer,) = bargaining.offers_by(buyer)
        offer.due_at = clock.now()
    anew = post_form(client, str(answer.location), "pay")
    assert anew.status_code == 303
    assert "A price has changed" in words_of(client.get(str(anew.location)))
    (order,) = orders_of(checkout_of(path_of(anew)))
    assert order.price_minor == 24_500


HOME = {"name": "Grace Buyer", "line1": "350 Fifth Avenue", "city": "New York", "region": "NY", "postcode": "10118"}


def test_of_two_answers_to_one_offer_the_second_is_refused_and_changes_nothing(app: Flask) -> None:
    listing, buyer = live_listing(), an_account()
    offer = offered(listing, buyer)
    stale = db.session.get_one(Offer, offer.id)
    assert stale.state is OfferState.OPEN
    with unit_of_work():
        db.session.execute(
            Offer.__table__.update().where(Offer.__table__.c.id == offer.id).values(state=OfferState.WITHDRAWN)
        )
        rival = db.session.get_one(Offer, offer.id)
        assert rival.state is OfferState.OPEN  # as the seller's page still had it: the row decides, not what was read
        with pytest.raises(LostRace):
            bargaining.accept(rival, by=seller_of(listing), at=clock.now())
        db.session.rollback()
    db.session.expire_all()
    with unit_of_work():
        bargaining.withdraw(db.session.get_one(Offer, offer.id), by=buyer, at=clock.now())
    with pytest.raises(CannotAnswer), unit_of_work():
        bargaining.accept(db.session.get_one(Offer, offer.id), by=seller_of(listing), at=clock.now())
    assert state_of(offer) is OfferState.WITHDRAWN
