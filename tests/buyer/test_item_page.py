"""The page of one piece: what it shows of the piece, of where it comes from, and of its seller."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa
from flask import Flask

from marketplace import clock
from marketplace.buyer.item_pages import measures
from marketplace.database import db, unit_of_work
from marketplace.interests import searches
from marketplace.listings.finding import public_path
from marketplace.listings.models import Flaw, Listing, ListingPhoto
from marketplace.listings.states import ListingState
from marketplace.orders.models import Checkout, Order
from marketplace.orders.states import CheckoutState, OrderState
from marketplace.people.models import Person
from marketplace.programme import versions
from tests.shopping import live_listing, main_of, member, words_of
from tests.web import Browser, page, post_form


def a_photo(listing: Listing, slot: str, place: int) -> ListingPhoto:
    return ListingPhoto(
        listing_id=listing.id,
        slot=slot,
        position=place,
        taken_at=clock.now(),
        perceptual_hash=place,
        mirrored_hash=place,
        key=f"photos/01/{slot}-{place}",
        width=1200,
        height=1500,
        widths=[320, 640, 960],
    )


def a_described_piece(seller: Person, **more: Any) -> Listing:
    """Two photographs, a flaw with a photo of its own, one without, and a purchase."""
    listing = live_listing(seller, purchased_on=date(2025, 3, 4), includes=["dust_bag"], **more)
    with unit_of_work():
        front, scratch = a_photo(listing, "front", 0), a_photo(listing, "flaw", 1)
        listing.item.style.measurements = {"width": 340, "height": 280}
        listing.item.style.pictures[0].taken_on = date(2024, 9, 2)
        db.session.add_all([front, scratch])
        db.session.flush()
        seen = {"part": "corners", "kind": "scratch", "severity": "light", "note": "front right"}
        db.session.add(Flaw(listing_id=listing.id, photo_id=scratch.id, **seen))
        db.session.add(Flaw(listing_id=listing.id, part="smell", kind="odour", severity="light"))
    return listing


def sold_before(seller: Person, *, times: int, late: int = 0, refunded: int = 0) -> None:
    """Sales of this seller that are over, the first of them sent late or refunded."""
    for number in range(times):
        listing, at = live_listing(seller, state=ListingState.SOLD), clock.now()
        with unit_of_work():
            checkout = Checkout(
                number=f"CSELL{listing.id:05}",
                buyer_id=member().id,
                policy_version_id=versions.current().id,
                state=CheckoutState.PAID,
                started_at=at,
                email="grace@example.com",
                ship_to={},
                currency="USD",
                total_minor=1,
                tax_quote={},
                form_token=f"token-{listing.id}",
            )
            db.session.add(checkout)
            db.session.flush()
            given_back = number < refunded
            db.session.add(
                Order(
                    number=f"RSELL{listing.id:05}",
                    checkout_id=checkout.id,
                    listing_id=listing.id,
                    item_id=listing.item_id,
                    buyer_id=checkout.buyer_id,
                    seller_id=seller.id,
                    policy_version_id=checkout.policy_version_id,
                    seller_policy_version_id=checkout.policy_version_id,
                    state=OrderState.REFUNDED if given_back else OrderState.SETTLED,
                    placed_at=at,
                    currency="USD",
                    price_minor=1,
                    shipping_minor=0,
                    tax_minor=0,
                    as_sold={},
                    ship_by_at=at,
                    shipped_at=at + timedelta(hours=1 if number < late else -1),
                    delivered_at=at,
                    closed_at=at,
                )
            )


def test_it_shows_the_piece_from_all_sides_and_where_it_comes_from(app: Flask, client: Browser) -> None:
    seller = member("Ada Seller")
    listing = a_described_piece(seller)
    answer = client.get(public_path(listing))
    said, main = words_of(answer), main_of(answer)
    captions = [caption.get_text(" ", strip=True) for caption in main.select(".gallery figcaption")]
    today = clock.now().astimezone(versions.current().calendar.zone)
    on = f"{today:%b} {today.day}, {today.year}"
    assert captions == [
        "Library photo by Velorne, Sep 2, 2024: the style, not this piece",
        f"Photo by the seller, {on}",
        f"Flaw 1 of 1 — corners and edges. Photo by the seller, {on}",
    ]
    parts = {row.dt.get_text(): row.dd.get_text(" ", strip=True) for row in main.select("dl.facts > div")}
    assert parts["Corners and edges"].startswith("Scratch, light: front right")
    assert parts["Smell"] == "Noticeable smell, light"
    assert parts["Hardware"] == "No scratches noted"
    assert parts["Measures"] == "13.4 in wide, 11 in high"
    assert parts["Comes with"] == "Dust bag"
    link = main.select_one("dl.facts a[href='#flaw-1']")
    assert link is not None
    assert main.find(id="flaw-1") is not None
    assert "Bought new from Velorne on Mar 4, 2025, confirmed from the seller's purchase record." in said
    assert "Ada" not in answer.get_data(as_text=True)
    assert "Final sale, protected. You have 3 days after delivery" in said
    for button in main.select(".photo__enlarge"):
        large = main.find(id=button["popovertarget"])
        assert large is not None
        assert large.has_attr("popover")
        assert large.img is not None


def test_measures_are_told_in_the_units_of_the_market(app: Flask) -> None:
    with app.test_request_context():
        told = [measures({"width": 340, "height": 285}, country) for country in ("US", "GB")]
    assert told == ["13.4 in wide, 11.2 in high", "34 cm wide, 28.5 cm high"]


def test_the_sellers_record_is_told_only_where_it_is_long_and_good_enough(app: Flask, client: Browser) -> None:
    new, good, late = member(), member(), member()
    sold_before(new, times=2)
    sold_before(good, times=10, refunded=1)
    sold_before(late, times=4, late=2, refunded=2)
    said = {
        name: words_of(client.get(public_path(live_listing(who))))
        for name, who in zip("ngl", (new, good, late), strict=True)
    }
    assert "Has not sold enough here yet to say." in said["n"]
    assert "9 of 10 sales were confirmed as described. Ships on time." in said["g"]
    assert "confirmed as described" not in said["l"]
    assert "Ships on time" not in said["l"]
    assert "The seller so far" not in words_of(client.get(public_path(live_listing(supply=True))))


def test_who_ships_on_time_is_not_called_new_while_first_sales_are_open(app: Flask, client: Browser) -> None:
    seller = member()
    sold_before(seller, times=3)
    with unit_of_work():
        db.session.execute(
            sa.update(Order).where(Order.seller_id == seller.id).values(delivered_at=None, closed_at=None)
        )
    said = words_of(client.get(public_path(live_listing(seller))))
    assert "The seller so far Ships on time. Every piece is reviewed by our team" in said
    assert "Has not sold enough" not in said


def test_a_sold_piece_offers_to_tell_of_another_one(app: Flask, client: Browser) -> None:
    shopper, sold = member(), live_listing(state=ListingState.SOLD, sold_at=clock.now())
    client.sign_in_as(shopper)
    assert post_form(client, public_path(sold), "save-search").status_code == 303
    assert [search.label for search in searches.searches_of(shopper)] == ["Totes: marlow tote, oxblood"]


def test_a_sold_piece_keeps_its_address_and_shows_what_comes_close(app: Flask, client: Browser) -> None:
    sold = live_listing(state=ListingState.SOLD, sold_at=clock.now())
    for number in range(9):
        live_listing(price=20_000 + number)
    answer = client.get(public_path(sold))
    assert answer.status_code == 200
    assert page(answer).find(id="add-to-bag") is None
    assert len(main_of(answer).select(".grid .card")) == 8


def test_a_kept_page_says_at_once_what_has_changed_about_the_piece_and_its_seller(app: Flask, client: Browser) -> None:
    """Also where nothing has changed on the shelf: words, photographs, flaws, the seller's record."""
    seller = member()
    listing = a_described_piece(seller)
    path, said = public_path(listing), []

    def look() -> str:
        client.get(path)
        said.append(words_of(client.get(path)))
        return said[-1]

    look()
    with unit_of_work():
        listing.words = "Re-dyed last spring."
    assert "Re-dyed last spring." in look()
    with unit_of_work():
        db.session.add(Flaw(listing_id=listing.id, part="lining", kind="stain", severity="light", note="ink"))
    assert "ink" in look()
    sold_before(seller, times=9)
    assert look() != said[-2]
    with unit_of_work():
        listing.state = ListingState.HELD
    assert look() != said[-2]
