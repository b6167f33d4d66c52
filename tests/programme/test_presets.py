"""The presets that ship besides the default one: the same shop, each in its own words, country and money."""

from __future__ import annotations

import pytest
from flask import Flask

from marketplace import clock
from marketplace.buybacks import requesting
from marketplace.custody.taking import PieceNotTaken
from marketplace.database import db, unit_of_work
from marketplace.orders import checkouts
from marketplace.orders.models import Checkout
from marketplace.payouts import accounts
from marketplace.payouts.models import Payout
from marketplace.programme import Policy, reading, versions
from marketplace.shipping.addresses import AddressRefused, RegionNotServed, check_ship_to
from marketplace.shipping.postal import PostalAddress
from tests.accounts import an_account
from tests.buybacks import steps as buybacks
from tests.programme import world
from tests.programme.policies import changed
from tests.web import Browser, page, post_form

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


# What each preset promises in its own figures, as the pages that are written from its policy say it: whoever changes
# one changes a promise.
FIGURES = [
    (
        ("NAP-23", "NAP-26", "NAP-17"),
        "atelier",
        "consigning",
        "Send at least 3 pieces. Three pieces fill a parcel",
        "The prepaid label is e-mailed within 2 days;",
        "you have our proposal within 12 business days.",
    ),
    (
        ("NAP-02", "NAP-38", "GAP-11"),
        "atelier",
        "consigning",
        "You are paid within 5 business days of the end of the sale.",
        "Store credit with 10% on top within 5 business days; Bank transfer within 5 business days.",
        "we send it back for £15,",
    ),
    (
        ("NAP-32", "NAP-33", "NAP-34"),
        "atelier",
        "consigning",
        "it leaves the shop at once and is sent within 30 days.",
        "Before it has been on sale for 180 days that costs £15,",
        "we send it back for £15, give it away or recycle it.",
    ),
    (
        ("NAP-36", "GAP-10"),
        "atelier",
        "consigning",
        "what you receive falls by 15% of what it is then, every 45 days, at most 3 times;",
    ),
    (
        ("NAP-06", "NAP-31", "NAP-03"),
        "atelier",
        "buyback",
        "We buy these only: Handbags. We buy pieces in these grades only: Brand new and Excellent.",
        "you have our quote within 2 business days.",
        "You are paid in the form you choose with the quote: Store credit within 1 business day.",
    ),
    (
        ("NAP-25", "NAP-27"),
        "atelier",
        "handing-over",
        "Name a business day from tomorrow on and one of these times; it is free of charge.",
        "The driver may come up to 2 hours earlier.",
    ),
    (
        ("BAL-02", "BAL-07"),
        "maison",
        "consigning",
        "Store credit with 20% on top within 5 business days; Bank transfer within 5 business days.",
        "once a store has ticked them in, we answer for the pieces",
    ),
    (
        ("LUX-62", "LUX-66", "LUX-72"),
        "boutique",
        "consigning",
        "We keep 50% of the price, 40% from R5 000 on, 30% from R20 000 on, 25% from R50 000 on.",
        "you have our proposal within 10 business days.",
        "Before it has been on sale for 120 days that costs R1 000,",
    ),
    (
        ("LUX-59", "LUX-64", "GAP-20"),
        "boutique",
        "buyback",
        "We buy from private people only.",
        "you have our quote within 3 business days.",
    ),
    (
        ("LUX-68", "LUX-70", "LUX-74"),
        "boutique",
        "buyback",
        "Bank transfer within 1 business day;",
        "You may take it for 120 days; once the piece is in the shop that costs R500, taken from what we pay.",
    ),
]


@pytest.mark.parametrize(
    ("preset", "about", "promises"),
    [
        pytest.param(preset, about, promises, marks=pytest.mark.rule(*ids), id="-".join(ids))
        for ids, preset, about, *promises in FIGURES
    ],
)
def test_each_preset_promises_the_figures_of_its_rules(
    app: Flask, client: Browser, preset: str, about: str, promises: list[str]
) -> None:
    under(preset)
    told = " ".join(page(client.get(f"/help/{about}")).get_text(" ").split())
    assert [one for one in promises if one not in told] == []


@pytest.mark.rule("NAP-10")
def test_the_atelier_buys_bags_of_twenty_six_houses_and_no_other(app: Flask) -> None:
    policy = under("atelier")
    assert len(set(policy.modes.buyback.houses)) == 26
    grade = policy.modes.buyback.grades[0]
    for house in policy.modes.buyback.houses:
        requesting.check_piece(policy, house=house, category="tote", grade=grade)
    with pytest.raises(PieceNotTaken) as refused:
        requesting.check_piece(policy, house="Another", category="tote", grade=grade)
    assert refused.value.field == "house"


@pytest.mark.rule("LUX-64")
def test_the_boutique_pays_to_accounts_of_its_own_country_alone(app: Flask, client: Browser) -> None:
    under("boutique")
    member = an_account()
    client.sign_in_as(member)
    shown = page(client.get("/sell/payouts/bank")).get_text(" ", strip=True)
    assert "We send bank transfers to accounts in our own country only." in shown
    typed = {"name": "Ada Quill", "account": "DE89370400440532013000", "bank": "", "code": "A"}
    refused = post_form(client, "/sell/payouts/bank", "bank-details", **typed)
    assert refused.status_code == 422
    assert page(refused).select_one('.error-summary a[href="#account"]') is not None
    with pytest.raises(accounts.AccountAbroad), unit_of_work():
        accounts.change(member, accounts.BankDetails("Ada Quill", "12345678", "DEUTDEFF"), at=clock.now())
    assert accounts.account_of(member.id) is None
    with unit_of_work():
        accounts.change(member, accounts.BankDetails("Ada Quill", "62001234567", "FIRNZAJJ"), at=clock.now())


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
