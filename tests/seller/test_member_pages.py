"""The wardrobe's numbers, the help with a price, and selling on what was bought here."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from marketplace import clock
from marketplace.database import db, unit_of_work
from marketplace.interests import saving
from marketplace.listings import comparing, eligibility, passports, views
from marketplace.listings.comparing import Advice, PastSales, Sale
from marketplace.listings.finding import public_path
from marketplace.listings.models import Item, Listing, ListingViews
from marketplace.listings.states import ListingState
from marketplace.money import Money
from marketplace.orders.models import Order
from marketplace.people.models import Person
from tests.accounts import an_account
from tests.fresh import FreshDatabase
from tests.programme import world
from tests.shopping import live_listing, member, words_of
from tests.web import Browser, post_form


def sold(price: int, days: int) -> Sale:
    return Sale(price, timedelta(days=days))


def dollars(amount: int) -> Money:
    return Money(amount * 100, "USD")


def test_advice_names_the_highest_lower_price_that_sold_sooner_with_its_sample() -> None:
    sales = [sold(10_000, 3), sold(11_000, 10), sold(12_000, 29), sold(13_000, 31), sold(20_000, 60), sold(21_000, 90)]
    assert comparing.advice(sales, dollars(250), enough=4) == Advice(dollars(200), 60, 5)
    assert comparing.advice(sales, dollars(150), enough=4) is None
    assert comparing.advice(sales, dollars(150), enough=3) == Advice(dollars(120), 100, 3)
    assert comparing.advice(sales, dollars(250), enough=6) is None
    assert comparing.advice([], dollars(250), enough=1) is None


def test_the_range_of_past_sales_is_told_from_enough_of_them_on() -> None:
    sales = [sold(20_000, 1), sold(10_000, 1), sold(15_000, 1)]
    expected = PastSales(3, dollars(100), dollars(200), dollars(150))
    assert comparing.past_sales(sales, enough=3, currency="USD") == expected
    assert comparing.past_sales(sales, enough=4, currency="USD") is None


def test_the_wardrobe_says_how_each_listing_does(app: Flask, client: Browser) -> None:
    seller, shopper = member(), an_account()
    listing = live_listing(seller, price=25_000, live_at=clock.now() - timedelta(days=3))
    live_listing(price=20_000)
    live_listing(price=30_000)
    with unit_of_work():
        saving.save(listing, by=shopper, at=clock.now())
    views.write()  # what other tests looked at
    with unit_of_work():
        db.session.execute(sa.delete(ListingViews))
    for _again in range(3):
        client.get(public_path(listing))
    engine = {"User-Agent": "Mozilla/5.0 (compatible; Searchbot/2.1; +https://search.example/bot.html)"}
    app.test_client().get(public_path(listing), headers=engine)
    client.sign_in_as(seller)
    client.get(public_path(listing))
    views.write()
    said = words_of(client.get("/sell/wardrobe"))
    assert "1 view · saved by 1 · 3 days in the shop · 1 of 3 like it cost less" in said.replace("\xa0", " ")
    assert "Nothing to do right now." in said
    assert "In all $0.00" in said


def test_views_that_several_processes_write_at_once_add_up(fresh_database: FreshDatabase) -> None:
    """Each writer brings what it counted; none takes another's away."""
    listing_id = fresh_database.run(lambda: live_listing().id)
    views._waiting.clear()  # what other tests' visitors looked at in this process

    def look() -> None:
        views.note(listing_id)
        views.write()

    assert fresh_database.in_parallel([look] * 8) == [None] * 8
    fresh_database.run(views.write)
    assert fresh_database.run(lambda: views.views_of([listing_id])) == {listing_id: 8}


def test_the_sellers_page_helps_with_the_price_only_where_the_sample_allows(app: Flask, client: Browser) -> None:
    seller, now = member(), clock.now()
    listing = live_listing(seller, price=30_000)
    for number in range(5):
        past = live_listing(price=20_000 + 1_000 * number, state=ListingState.SOLD)
        with unit_of_work():
            past.item.style_id = listing.item.style_id
            past.live_at, past.sold_at = now - timedelta(days=50), now - timedelta(days=50 - 20 * (number % 3))
        if number == 3:
            client.sign_in_as(seller)
            assert "sold here lately" not in words_of(client.get(f"/sell/wardrobe/{listing.number}"))
    said = words_of(client.get(f"/sell/wardrobe/{listing.number}"))
    assert "5 pieces of this style sold here lately, for $200 to $240, half of them for $220 or less." in said


def test_a_lower_price_is_advised_with_how_many_it_is_known_of(app: Flask, client: Browser) -> None:
    seller, now = member(), clock.now()
    listing = live_listing(seller, price=30_000)
    for number in range(7):  # the two dearest stood longest
        past = live_listing(price=20_000 + 1_000 * number, state=ListingState.SOLD)
        with unit_of_work():
            past.item.style_id = listing.item.style_id
            past.live_at, past.sold_at = now - timedelta(days=60), now - timedelta(days=20 if number > 4 else 55)
    client.sign_in_as(seller)
    said = words_of(client.get(f"/sell/wardrobe/{listing.number}"))
    assert "Lower to $250: 83% of 6 similar pieces at that price or less sold within 30 days." in said


def bought_here() -> tuple[Person, Order]:
    """A member who bought a piece here, and whose order is settled."""
    order = world.confirmed(world.delivered())
    db.session.expire_all()
    buyer = order.buyer
    account = an_account()
    with unit_of_work():
        db.session.get_one(Item, order.item_id).owner_id = account.id
    db.session.expire_all()
    assert buyer.id != account.id
    return account, order


def test_a_piece_bought_here_is_sold_on_with_its_provenance(app: Flask, client: Browser) -> None:
    owner, order = bought_here()
    first = order.listing
    client.sign_in_as(owner)
    assert first.title in words_of(client.get("/sell/purchases"))
    path = f"/sell/passports/{order.item_id}"
    said = words_of(client.get(path))
    assert "Bought new from Velorne" in said
    assert "Reviewed by our team: Excellent" in said
    assert "Sold here" in said
    assert post_form(client, path, "sell-on").status_code == 303
    db.session.expire_all()
    (found,) = passports.passports_of(owner)
    own = found.own
    assert own is not None
    assert (own.seller_id, own.item_id, own.state) == (owner.id, first.item_id, ListingState.DRAFT)
    assert (own.purchased_on, own.original_price_minor) == (first.purchased_on, first.original_price_minor)
    assert isinstance(found.refusal, eligibility.AlreadyListed)
    with unit_of_work():
        again = passports.start_resale(order.item_id, by=owner, at=clock.now())
    assert again.id == own.id
    assert "Taken from the record of this piece" in words_of(client.get(f"/sell/listings/{own.number}/details"))
    world.photographed(own, "front", seed=3)
    with unit_of_work():
        live = db.session.get_one(Listing, own.id)
        live.state, live.live_at, live.grade, live.price_minor = ListingState.LIVE, clock.now(), "good", 15_000
    shown = words_of(client.get(public_path(own)))
    assert "Bought here by its present owner on" in shown
    assert "confirmed from its first owner's purchase record" in shown


def test_a_passport_is_its_owners_alone_and_the_rules_hold_for_it_too(app: Flask, client: Browser) -> None:
    owner, order = bought_here()
    client.sign_in_as(an_account())
    assert client.get(f"/sell/passports/{order.item_id}").status_code == 404
    with unit_of_work():
        order.item.style.collection = "core"
    with pytest.raises(eligibility.CollectionRefused):
        passports.start_resale(order.item_id, by=owner, at=clock.now())
    client.sign_in_as(owner)
    assert "core collection" in words_of(client.get(f"/sell/passports/{order.item_id}"))


def test_a_way_of_selling_that_is_not_offered_has_no_page_that_leads_nowhere(client: Browser) -> None:
    client.sign_in_as(an_account())
    assert [client.get(path).status_code for path in ("/sell/consigned", "/sell/quotes")] == [404, 404]
