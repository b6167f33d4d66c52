"""The presets that ship besides the default one: the same shop, each in its own words, country and money."""

from __future__ import annotations

import pytest
from flask import Flask

from marketplace import clock
from marketplace.database import db, unit_of_work
from marketplace.orders import checkouts
from marketplace.orders.models import Checkout
from marketplace.payouts.models import Payout
from marketplace.programme import Policy, reading, versions
from marketplace.shipping.addresses import AddressRefused, RegionNotServed, check_ship_to
from marketplace.shipping.postal import PostalAddress
from tests.accounts import an_account
from tests.buybacks import steps as buybacks
from tests.programme import world
from tests.programme.policies import changed
from tests.web import Browser, page

HOMES = {
    "GB": PostalAddress("Ada Quill", "22 Camden Passage", "London", "", "n1 8ee", "GB"),
    "FR": PostalAddress("Ada Quill", "18 rue des Martyrs", "Paris", "", "75009", "FR"),
    "ZA": PostalAddress("Ada Quill", "12 Kloof Street", "Cape Town", "", "8001", "ZA"),
}
WITHOUT_MEMBERS_LISTINGS = [name for name in reading.preset_names() if not reading.read(name).modes.peer_to_peer]


def under(preset: str) -> Policy:
    policy = reading.read(preset)
    with unit_of_work():
        versions.publish(policy, at=clock.now())
    return policy


def test_four_presets_ship_and_none_shares_its_names_or_colours() -> None:
    policies = [reading.read(name) for name in reading.preset_names()]
    assert reading.preset_names() == ["atelier", "boutique", "maison", "preloved"]
    for of in (
        lambda policy: policy.identity.house,
        lambda policy: policy.identity.operator,
        lambda policy: policy.identity.main_shop_url,
        lambda policy: policy.market.currency,
        lambda policy: policy.market.time_zone,
        lambda policy: policy.texts.tagline,
        lambda policy: policy.theme.display_face,
        lambda policy: policy.theme.light.accent,
    ):
        assert len({of(policy) for policy in policies}) == len(policies)


@pytest.mark.rule("NAP-05", "NAP-08", "NAP-11")
def test_the_atelier_takes_three_of_five_grades_and_says_why_not_the_rest(app: Flask) -> None:
    policy = under("atelier")
    scale, eligibility = policy.condition, policy.eligibility
    assert scale.labels(tuple(grade.key for grade in scale.grades)) == [
        "Brand new",
        "Excellent",
        "Very good",
        "Good",
        "Moderate",
    ]
    assert [grade.label for grade in scale.accepted_grades] == ["Brand new", "Excellent", "Very good"]
    assert all(grade.refusal for grade in scale.grades if not grade.is_accepted)
    refused_groups = [group.key for group in eligibility.groups if group.refusal]
    reasons = {reason.key for reason in policy.review.decline_reasons}
    of_a_piece = {"counterfeit", "altered", "tailored", "not-legally-acquired", "unlawful", "hygiene", "offensive"}
    assert refused_groups == ["watches", "swimwear", "activewear", "lingerie", "hair-accessories"]
    assert of_a_piece | {"exotic"} <= reasons
    assert policy.market.country == "GB"


@pytest.mark.rule("LUX-67")
def test_the_boutique_pays_after_the_courier_and_the_inspection_and_says_how_long_both_take(
    app: Flask, client: Browser
) -> None:
    policy = under("boutique")
    assert (policy.shipping.usual_days_min, policy.shipping.usual_days_max) == (2, 4)
    rules = page(client.get("/help/buyback")).get_text(" ", strip=True)
    assert "A parcel to us usually takes 2 to 4 days. Our experts inspect it within 3 business days." in rules
    with unit_of_work():
        versions.publish(changed({**buybacks.RULES, "modes.buyback.examine_business_days": 3}), at=clock.now())
    received = buybacks.received()
    assert received.due_at == versions.current().calendar.end_of_business_day_after(clock.now(), 3)
    assert db.session.scalars(db.select(Payout)).all() == []  # nothing is owed before our experts have seen it


@pytest.mark.parametrize("preset", WITHOUT_MEMBERS_LISTINGS)
def test_a_piece_of_the_house_is_shown_and_offered_in_the_presets_own_money(
    preset: str, app: Flask, client: Browser
) -> None:
    policy = under(preset)
    listing = world.a_supply_listing(minor=policy.price.min_minor * 3)
    home = check_ship_to(HOMES[policy.market.country], policy.market)
    checkout = offered(listing, home)
    assert checkout.currency == policy.market.currency
    assert checkout.total_minor == policy.price.min_minor * 3 + policy.shipping.amount_minor  # and no tax on top
    pages = ("/", "/shop", f"/p/x-{listing.number}", "/how-it-works", "/terms", "/help", "/help/delivery")
    for address in (*pages, "/help/prices", "/condition"):
        answer = client.get(address, follow_redirects=True)
        assert answer.status_code == 200, address
        said = answer.get_data(as_text=True)
        told = page(answer)
        for title in told.select(".card__title, .buying > p.quiet"):  # whose make a piece is, is said beside its name
            title.decompose()
        assert not {"Velorne", "$", "state"} & set(told.get_text(" ").split()), address
        assert "Sales tax" not in said, address
        assert "own purchase history" not in said, f"{address}: no member sells here"
        assert "your price as a gift card" not in said, f"{address}: nobody names a price here"
    shown = page(client.get(f"/p/x-{listing.number}", follow_redirects=True)).get_text(" ")
    assert "Nothing is added at checkout." in shown
    assert bool(page(client.get("/")).select('a[href="/sell"]')) is policy.modes.has_sellers


def offered(listing, home: PostalAddress) -> Checkout:
    buyer = an_account()
    with unit_of_work():
        return checkouts.open_checkout(
            buyer=buyer,
            listings=[listing],
            ship_to=home.mapping,
            quote=world.taxes([listing], home),
            form_token="abroad",
            at=clock.now(),
        )


def test_an_address_of_a_country_without_regions_needs_none(app: Flask, client: Browser) -> None:
    market = under("atelier").market
    home = check_ship_to(HOMES["GB"], market)
    assert (home.region, home.postcode, home.town) == ("GB", "N1 8EE", "London")
    assert home.line == "Ada Quill, 22 Camden Passage, London N1 8EE"
    with pytest.raises(AddressRefused) as refused:
        check_ship_to(PostalAddress("Ada Quill", "22 Camden Passage", "London", "", "75009", "GB"), market)
    assert refused.value.errors == {"postcode": "Enter a postcode such as EC1Y 8SY."}
    with pytest.raises(RegionNotServed) as refused:
        check_ship_to(HOMES["FR"], market)
    assert str(refused.value.message) == "Parcels travel within one country here: United Kingdom."
    assert "Choose the state" not in str(refused.value.errors)
