"""Facts about programmes of other houses, as data of the presets and as sentences of the pages."""

from __future__ import annotations

import pytest
from flask import Flask

from marketplace.consignments import describing, terms
from marketplace.consignments.labels import LABELS
from marketplace.custody.taking import PieceNotTaken
from marketplace.programme import Policy, versions
from marketplace.shipping.addresses import AddressRefused, check_ship_from, check_ship_to
from marketplace.shipping.postal import PostalAddress
from tests.consignments import steps
from tests.programme.policies import changed
from tests.programme.test_presets import under
from tests.web import Browser, page

# Of each country: its currency, its time zone, an address there, and one as it cannot stand on an envelope.
COUNTRIES: dict[str, tuple[str, str, tuple[str, str, str, str], str]] = {
    "DE": ("EUR", "Europe/Berlin", ("Torstrasse 12", "Berlin", "", "10119"), "1011"),
    "FR": ("EUR", "Europe/Paris", ("18 rue des Martyrs", "Paris", "", "75009"), "750"),
    "GB": ("GBP", "Europe/London", ("22 Camden Passage", "London", "", "N1 8EE"), "22"),
    "HK": ("HKD", "Asia/Hong_Kong", ("8 Hollywood Road", "Hong Kong", "", ""), ""),
    "IT": ("EUR", "Europe/Rome", ("Via Dante 4", "Milano", "MI", "20121"), "2012"),
    "SG": ("SGD", "Asia/Singapore", ("10 Duxton Hill", "Singapore", "", "089596"), "89"),
    "US": ("USD", "America/New_York", ("14 Hudson Street", "New York", "NY", "10013"), "1001"),
}


def market_of(country: str) -> Policy:
    """The default programme, moved to another country."""
    currency, zone, (line1, city, region, postcode), _wrong = COUNTRIES[country]
    regions = [region or country]
    place = {"name": "House", "line1": line1, "city": city, "region": regions[0], "postcode": postcode or "999077"}
    return changed(
        {
            "market.country": country,
            "market.currency": currency,
            "market.time_zone": zone,
            "market.holidays": {"country": country},
            "market.ship_to_regions": regions,
            "market.ship_from_regions": regions,
            "market.warehouse": place,
            "tax.rates": [{"region": regions[0], "starts_on": "2024-01-01", "basis_points": 0}],
        }
    )


def trades(country: str) -> None:
    market = market_of(country).market
    _currency, _zone, (line1, city, region, postcode), wrong = COUNTRIES[country]
    home = PostalAddress("Ada Quill", line1, city, region, postcode, country)
    for check in (check_ship_to, check_ship_from):
        assert check(home, market).postcode == postcode
        with pytest.raises(AddressRefused):
            check(PostalAddress("Ada Quill", line1, "" if not wrong else city, region, wrong, country), market)
    assert market.calendar.zone.key == COUNTRIES[country][1]


@pytest.mark.rule("NAP-12")
@pytest.mark.parametrize("country", ["GB", "US", "DE", "HK"])
def test_an_atelier_may_trade_where_its_kind_does(app: Flask, country: str) -> None:
    trades(country)


@pytest.mark.rule("BAL-08")
@pytest.mark.parametrize("country", ["IT", "FR", "GB", "US", "SG"])
def test_a_house_may_trade_where_its_kind_does(app: Flask, country: str) -> None:
    trades(country)


@pytest.mark.rule("NAP-07")
def test_the_atelier_asks_for_clean_and_unaltered_pieces_and_declines_others(app: Flask, client: Browser) -> None:
    policy = under("atelier")
    told = " ".join(page(client.get("/help/consigning")).get_text(" ").split())
    assert "Pieces come washed or cleaned, whole and unaltered." in told
    reason = policy.review.decline_reason("altered")
    assert reason is not None and "altered" in reason.text
    assert {"tear", "stain"} <= {kind.key for kind in policy.condition.flaw_kinds}


@pytest.mark.rule("NAP-13")
def test_new_terms_hold_for_what_comes_after_them_and_the_old_ones_can_be_read(app: Flask, client: Browser) -> None:
    steps.open_for_consigning(return_fee_minor=1500)
    old, first = versions.current().number, steps.requested()
    steps.open_for_consigning(return_fee_minor=2100)
    new, second = versions.current().number, steps.requested()
    fees = [terms.of_owner(one).modes.consignment.return_fee_minor for one in (first, second)]
    assert (new > old, fees) == (True, [1500, 2100])
    for number, fee, other in ((old, "$15,", "$21,"), (new, "$21,", "$15,")):
        told = page(client.get(f"/terms/{number}")).get_text()
        assert f"we send it back for {fee}" in told and f"we send it back for {other}" not in told


@pytest.mark.rule("NAP-46", "NAP-47")
def test_e_mail_is_answered_and_an_account_deleted_on_request_within_two_days(app: Flask, client: Browser) -> None:
    policy = under("atelier")
    assert policy.identity.support.answer_hours == 48
    contact = page(client.get("/help/contact"))
    told = " ".join(contact.get_text(" ").split())
    assert contact.select_one(f'a[href="mailto:{policy.identity.support.email}"]')
    assert "We answer every e-mail within 2 days." in told
    assert (
        "To have your account deleted, ask for it by e-mail to the same address: you hear from us within 2 days."
        in told
    )


@pytest.mark.rule("BAL-01")
def test_the_house_speaks_in_its_own_name_and_says_who_runs_the_shop(app: Flask, client: Browser) -> None:
    identity = under("maison").identity
    home = page(client.get("/"))
    assert home.select_one(".wordmark") and identity.house in home.select_one(".wordmark").get_text()  # type: ignore[union-attr]
    assert identity.parties.resale_provider not in home.get_text()
    assert identity.parties.resale_provider != identity.operator
    for address in ("/help/contact", "/terms"):
        assert identity.parties.resale_provider in page(client.get(address)).get_text()


@pytest.mark.rule("BAL-04")
def test_who_consigns_can_reach_the_experts_at_every_step(app: Flask, client: Browser) -> None:
    steps.open_for_consigning()
    desk = versions.current().policy.identity.resale_support.email
    asked, proposed, live = steps.piece_of(steps.requested()), steps.proposed(), steps.live()
    for piece in (asked, proposed, live):
        client.sign_in_as(piece.consignment.owner)
        for address in ("", f"/{piece.position}"):
            shown = page(client.get(f"/sell/consign/{piece.consignment.number}{address}"))
            assert shown.select_one(f'a[href="mailto:{desk}"]'), (LABELS[piece.state], address)
    assert "Our experts examine, photograph and price each piece" in page(client.get("/help/consigning")).get_text()


@pytest.mark.rule("BAL-09")
def test_the_house_takes_its_own_pieces_of_five_kinds_alone(app: Flask) -> None:
    policy = under("maison")
    accepted = [group.key for group in policy.eligibility.accepted_groups]
    assert accepted == ["handbags", "small-leather-goods", "ready-to-wear", "shoes", "accessories"]
    grade = policy.condition.accepted_grades[0].key
    for kind in policy.eligibility.accepted_categories:
        describing.check_piece(policy, house="Vauquelle", category=kind.key, grade=grade)
        with pytest.raises(PieceNotTaken) as refused:
            describing.check_piece(policy, house="Velorne", category=kind.key, grade=grade)
        assert refused.value.field == "house"
    with pytest.raises(PieceNotTaken):
        describing.check_piece(policy, house="Vauquelle", category="watch", grade=grade)


@pytest.mark.rule("BAL-02", "BAL-10")
def test_the_house_publishes_its_stores_and_collects(app: Flask, client: Browser) -> None:
    policy = under("maison")
    told = " ".join(page(client.get("/help/handing-over")).get_text(" ").split())
    assert len(policy.inbound.stores) == 3 and policy.inbound.slots
    for store in policy.inbound.stores:
        assert f"{store.name} {store.address}" in told
    assert "Collected at your door" in told


@pytest.mark.rule("BAL-11")
def test_the_house_says_what_resale_is_for(app: Flask, client: Browser) -> None:
    purpose = under("maison").texts.purpose
    assert all(one in purpose for one in ("in use", "take pieces of the house back", "begin again"))
    for address in ("/", "/how-it-works", "/help"):
        assert purpose in page(client.get(address)).get_text()
    assert "recycle" in page(client.get("/help/consigning")).get_text()
