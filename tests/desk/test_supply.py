"""The house's own pieces over HTTP: begun from a style, checked like a member's, tagged, without a seller (MK-17)."""

from __future__ import annotations

import io
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from marketplace import clock
from marketplace.catalogue.models import Style
from marketplace.database import db, unit_of_work
from marketplace.listings.finding import public_path
from marketplace.listings.models import Listing
from marketplace.listings.supply import SupplyIsOff, start_supply
from marketplace.people.models import Role
from marketplace.programme import versions
from tests.accounts import an_account
from tests.consignments import steps as consigning
from tests.photos import phone_photo
from tests.programme.policies import changed
from tests.programme.world import a_draft, an_order, paid, parcel_of
from tests.web import Browser, page, post_form


@pytest.fixture
def style(app: Flask) -> Style:
    with unit_of_work():
        found = Style(
            number="VL-777",
            title="Noa camera bag",
            house="Velorne",
            category="camera bag",
            colour="red",
            material="smooth leather",
            list_price_minor=25_000,
            currency="USD",
        )
        db.session.add(found)
    return found


@pytest.fixture
def browser(client: Browser, style: Style) -> Browser:
    client.sign_in_as(an_account(roles=[Role.WAREHOUSE]))
    return client


def begun(browser: Browser, style: Style) -> Listing:
    answer = post_form(browser, "/desk/supply?q=noa", f"start-supply-{style.id}")
    assert answer.status_code == 303
    return db.session.scalars(sa.select(Listing).order_by(Listing.id.desc())).first()  # type: ignore[return-value]


def screen(listing: Listing) -> str:
    return f"/desk/supply/{listing.number}"


def file_of(seed: int) -> Any:
    return (io.BytesIO(phone_photo(seed)), "IMG.jpg")


def published(browser: Browser, style: Style) -> Listing:
    listing = begun(browser, style)
    post_form(
        browser, screen(listing), "save-supply", grade="excellent", includes=["box"], words="As new.", price="150"
    )
    post_form(browser, screen(listing), "photos", **{slot: file_of(1) for slot in ("front", "back", "inside")})
    assert post_form(browser, screen(listing), "publish").status_code == 303
    return listing


@pytest.mark.rule("MK-17")
def test_the_house_lists_its_own_piece_which_carries_the_tag_and_leaves_from_the_warehouse(
    app: Flask, browser: Browser, style: Style
) -> None:
    listing = published(browser, style)
    assert (listing.state, listing.seller_id, listing.item.owner_id) == ("live", None, None)
    assert (listing.title, listing.category, listing.price_minor) == ("Noa camera bag", "camera-bag", 15_000)
    shown = page(app.test_client().get(public_path(listing)))
    assert "Velorne Supply" in shown.main.get_text()
    assert "Velorne Supply" in app.test_client().get("/shop").get_data(as_text=True)
    order = paid(an_order(listing))
    assert parcel_of(order).ship_from["name"] == "Velorne Warehouse" and order.seller_id is None


def test_a_piece_that_lacks_something_does_not_go_live(browser: Browser, style: Style) -> None:
    listing = begun(browser, style)
    answer = post_form(browser, screen(listing), "publish")
    assert answer.status_code == 422 and listing.state == "draft"
    words = page(answer).main.get_text(" ", strip=True)
    for lacking in ("Choose the condition grade.", "Add a photo: Front.", "Name your price."):
        assert lacking in words
    assert "ship from" not in words


def test_what_is_refused_leaves_nothing_of_the_form(browser: Browser, style: Style) -> None:
    listing = begun(browser, style)
    post_form(browser, screen(listing), "add-flaw", what="corners:scuff", severity="clear")
    answer = post_form(browser, screen(listing), "save-supply", grade="excellent", includes=["box"], price="150")
    assert answer.status_code == 422 and "The highest grade is Good" in answer.get_data(as_text=True)
    assert (listing.grade, listing.includes, listing.price_minor) == (None, [], None)
    answer = post_form(browser, screen(listing), "save-supply", grade="good", includes=["box"], price="1")
    assert answer.status_code == 422 and page(answer).find(id="price-error") is not None
    assert (listing.grade, listing.includes, listing.price_minor) == (None, [], None)


def test_the_price_changes_at_once_both_ways(browser: Browser, style: Style) -> None:
    listing = published(browser, style)
    for typed, minor in (("90", 9_000), ("400", 40_000)):
        assert post_form(browser, screen(listing), "reprice", price=typed).status_code == 303
        assert (listing.state, listing.price_minor) == ("live", minor)
    assert post_form(browser, screen(listing), "reprice", price="0").status_code == 422


def test_a_piece_is_paused_resumed_and_taken_out(browser: Browser, style: Style) -> None:
    listing = published(browser, style)
    for verb, state in (("pause", "paused"), ("resume", "live"), ("withdraw", "withdrawn")):
        assert post_form(browser, screen(listing), verb).status_code == 303
        assert listing.state == state


def test_a_piece_that_is_no_draft_any_more_shows_what_it_was_listed_as(browser: Browser, style: Style) -> None:
    listing = published(browser, style)
    shown = page(browser.get(screen(listing)))
    section = shown.find(attrs={"aria-labelledby": "condition"})
    assert [told.get_text() for told in section.find_all("dd")] == ["Excellent", "Box"]
    assert "As new." in section.get_text() and len(section.find_all("img")) == 3
    assert shown.find(id="save-supply") is None


def test_each_piece_is_one_more(browser: Browser, style: Style) -> None:
    assert begun(browser, style).item_id != begun(browser, style).item_id


def test_a_members_listing_is_none_of_the_supply(browser: Browser) -> None:
    assert browser.get(screen(a_draft())).status_code == 404


@pytest.mark.parametrize("role", [Role.AGENT, None])
def test_the_supply_is_the_warehouses_and_the_reviewers(app: Flask, style: Style, role: Role | None) -> None:
    browser = app.test_client()
    assert isinstance(browser, Browser)
    browser.sign_in_as(an_account(roles=[role] if role else []))
    assert browser.get("/desk/supply").status_code == 404


def test_a_programme_without_supply_offers_none(app: Flask, style: Style) -> None:
    with unit_of_work():
        versions.publish(changed({"modes.supply.is_on": False}), at=clock.now())
    with pytest.raises(SupplyIsOff), unit_of_work():
        start_supply(style, by=an_account(roles=[Role.WAREHOUSE]), at=clock.now())
    assert db.session.scalars(sa.select(Listing)).all() == []


def test_what_was_made_for_one_given_piece_is_no_style_to_list_another_of(client: Browser, style: Style) -> None:
    consigning.open_for_consigning()
    given = consigning.piece_of(consigning.requested(None, consigning.a_wish(title="Noa camera bag")))
    client.sign_in_as(an_account(roles=[Role.WAREHOUSE]))
    found = page(client.get("/desk/supply?q=noa")).get_text()
    assert style.number in found and given.number not in found
