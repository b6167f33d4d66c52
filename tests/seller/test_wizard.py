"""From the purchase history to a submitted listing, as a member does it in a browser without scripts."""

from __future__ import annotations

import io
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from marketplace.database import db
from marketplace.listings.models import Listing
from marketplace.listings.states import ListingState
from marketplace.people.models import Address, Person
from marketplace.programme import versions
from tests.accounts import an_account
from tests.listings.pieces import ask_for_changes
from tests.photos import phone_photo
from tests.programme.world import a_draft, a_purchase, detailed, graded, photographed, priced, submitted
from tests.web import Browser, find_form, form_fields, page, post_form

WARDROBE_VERBS = ("reprice", "accept-price", "refuse-price", "pause", "resume", "withdraw")

ADDRESS = {"line1": "14 Hudson Street", "postcode": "10013", "city": "New York", "region": "NY"}


def the_listing() -> Listing:
    return db.session.scalars(sa.select(Listing)).one()


def a_complete_draft_of(member: Person) -> Listing:
    return priced(photographed(detailed(graded(a_draft(member), "excellent"))), 18_000)


def photo(seed: int = 1) -> Any:
    return (io.BytesIO(phone_photo(seed)), f"IMG_{seed}.jpg")


@pytest.fixture
def member(app: Any) -> Person:
    return an_account()


@pytest.fixture
def browser(client: Browser, member: Person) -> Browser:
    client.sign_in_as(member)
    return client


def begin(browser: Browser, member: Person, **purchase: Any) -> str:
    """Start from the purchases page; returns the listing's address."""
    bought = a_purchase(member, **purchase)
    answer = post_form(browser, "/sell/purchases", f"start-listing-{bought.id}-1")
    assert answer.status_code == 303, answer.get_data(as_text=True)
    return f"/sell/listings/{the_listing().number}"


@pytest.mark.rule("MK-04", "MK-23", "MK-28")
def test_a_piece_goes_from_the_purchases_to_review_in_six_screens(browser: Browser, member: Person) -> None:
    at = begin(browser, member)
    assert post_form(browser, f"{at}/details", "save-details", includes=["dust_bag"], **ADDRESS).status_code == 303
    assert (
        post_form(browser, f"{at}/condition", "save-condition", grade="excellent", words="Carried twice.").location
        == f"{at}/photos"
    )
    sent = {slot: photo(seed) for seed, slot in enumerate(("front", "back", "inside"), 1)}
    assert post_form(browser, f"{at}/photos", "photos", **sent).location == f"{at}/price"
    assert post_form(browser, f"{at}/price", "save-price", price="180").location == f"{at}/check"
    done = post_form(browser, f"{at}/check", "submit-listing")
    assert done.location == f"/sell/wardrobe/{the_listing().number}"
    listing = the_listing()
    assert (listing.state, listing.price_minor, listing.grade) == (ListingState.SUBMITTED, 18_000, "excellent")
    assert listing.includes == ["dust_bag"] and listing.words == "Carried twice."
    assert [one.slot for one in listing.photos] == ["front", "back", "inside"]
    shown = page(browser.get(done.location))
    assert shown.main["data-state"] == "submitted" and shown.main["data-id"] == listing.number


# Every step is kept --------------------------------------------------------------------------------------------------


def test_a_draft_is_kept_step_by_step_and_gone_on_with_on_another_device(
    app: Flask, browser: Browser, member: Person
) -> None:
    at = begin(browser, member)
    post_form(browser, f"{at}/details", "save-details", includes=["box"], **ADDRESS)
    phone = app.test_client()
    assert isinstance(phone, Browser)
    phone.sign_in_as(member)
    shown = page(phone.get("/sell/wardrobe"))
    assert shown.find("a", href=f"{at}/condition") is not None
    kept = form_fields(find_form(phone.get(f"{at}/details"), "save-details"))
    assert kept["includes"] == ["box"] and kept["line1"] == ["14 Hudson Street"] and kept["region"] == ["NY"]


def test_the_address_of_the_last_listing_is_offered_again(browser: Browser, member: Person) -> None:
    post_form(browser, f"{begin(browser, member)}/details", "save-details", **ADDRESS)
    bought = a_purchase(member)
    second = post_form(browser, "/sell/purchases", f"start-listing-{bought.id}-1").location
    offered = form_fields(find_form(browser.get(second), "save-details"))
    assert offered["line1"] == ["14 Hudson Street"]
    assert post_form(browser, second, "save-details").status_code == 303
    assert len(db.session.scalars(sa.select(Address)).all()) == 1


def test_a_purchase_page_of_its_own_begins_too(browser: Browser, member: Person) -> None:
    bought = a_purchase(member)
    answer = post_form(browser, f"/sell/listings/new?purchase={bought.id}&unit=1", "start-listing")
    assert answer.location == f"/sell/listings/{the_listing().number}/details"
    for query in ("purchase=0&unit=1", "purchase=x&unit=1", f"purchase={bought.id}&unit=-1", ""):
        assert browser.get(f"/sell/listings/new?{query}").status_code == 404


# Nobody else's -------------------------------------------------------------------------------------------------------


def listing_at(address: str) -> Listing:
    """The listing whose wizard stands at this address, as the database has it."""
    db.session.expire_all()
    return db.session.scalars(sa.select(Listing).where(Listing.number == address.split("/")[3])).one()


@pytest.fixture
def stranger(app: Flask) -> Browser:
    """Another member, with a draft of her own: her forms carry a good token."""
    person, browser = an_account(), app.test_client()
    assert isinstance(browser, Browser)
    browser.sign_in_as(person)
    browser.member = person  # type: ignore[attr-defined]
    return browser


def token_of(browser: Browser) -> str:
    bought = a_purchase(browser.member)  # type: ignore[attr-defined]
    form = find_form(browser.get(f"/sell/listings/new?purchase={bought.id}&unit=1"), "start-listing")
    return form_fields(form)["csrf_token"][0]


@pytest.mark.fault("P04")
def test_a_draft_is_not_there_for_strangers(browser: Browser, member: Person, stranger: Browser) -> None:
    at = begin(browser, member)
    number = at.rpartition("/")[2]
    sent = {"csrf_token": token_of(stranger), "price": "90", "grade": "good", **ADDRESS}
    pages = [f"{at}/{step}" for step in ("details", "condition", "photos", "price", "check")]
    verbs = [f"{at}/flaws", f"{at}/flaws/1/remove", f"{at}/photos/front/remove"]
    verbs += [f"/sell/wardrobe/{number}/{verb}" for verb in WARDROBE_VERBS]
    for address in [*pages, f"/sell/wardrobe/{number}"]:
        assert stranger.get(address).status_code == 404, address
    for address in [*pages, *verbs]:
        assert stranger.post(address, data=sent).status_code == 404, address
    listing = listing_at(at)
    assert (listing.state, listing.price_minor, listing.grade) == (ListingState.DRAFT, None, None)


def test_a_visitor_is_asked_to_sign_in_first(app: Flask, browser: Browser, member: Person) -> None:
    at = begin(browser, member)
    visitor = app.test_client()
    answer = visitor.get(f"{at}/price")
    assert answer.status_code == 303 and answer.location.startswith("/sign-in?next=")


@pytest.mark.fault("P05")
def test_a_form_cannot_say_more_than_its_fields(browser: Browser, member: Person) -> None:
    at = begin(browser, member)
    smuggled = {"state": "live", "seller_id": "1", "approved_price_minor": "1", "step": "check", "price_minor": "1"}
    post_form(browser, f"{at}/details", "save-details", **ADDRESS, **smuggled, original_price_minor="1", title="Gold")
    post_form(browser, f"{at}/condition", "save-condition", grade="good", **smuggled, suggested_price_minor="9")
    post_form(browser, f"{at}/price", "save-price", price="150", **smuggled, policy_version_id="99")
    listing = listing_at(at)
    assert (listing.state, listing.seller_id, listing.price_minor) == (ListingState.DRAFT, member.id, 15_000)
    assert (listing.approved_price_minor, listing.original_price_minor, listing.title) == (None, 30_000, "Marlow tote")


# What each step refuses ----------------------------------------------------------------------------------------------


@pytest.mark.rule("MK-46")
@pytest.mark.parametrize(("region", "postcode"), [("PR", "00901"), ("GU", "96910"), ("AE", "09021")])
def test_a_piece_cannot_be_sold_from_outside_the_states(
    browser: Browser, member: Person, region: str, postcode: str
) -> None:
    at = begin(browser, member)
    answer = post_form(browser, f"{at}/details", "save-details", **{**ADDRESS, "region": region, "postcode": postcode})
    assert answer.status_code == 422
    said = page(answer).find(id="region-error").get_text()
    assert "label" in said or "states" in said
    assert listing_at(at).ships_from is None and db.session.scalars(sa.select(Address)).all() == []


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"postcode": "90210"}, "postcode"),
        ({"postcode": "abc"}, "postcode"),
        ({"line1": ""}, "line1"),
        ({"city": "New\u202eYork"}, "city"),
        ({"line1": "x" * 36}, "line1"),
        ({"region": ""}, "region"),
    ],
)
def test_an_address_that_is_none_is_named_beside_its_field(
    browser: Browser, member: Person, wrong: dict[str, str], field: str
) -> None:
    at = begin(browser, member)
    answer = post_form(browser, f"{at}/details", "save-details", **{**ADDRESS, **wrong})
    assert answer.status_code == 422
    shown = page(answer)
    assert shown.title.get_text().startswith("Error: ")
    assert shown.find(class_="error-summary").find("a", href=f"#{field}") is not None
    assert listing_at(at).ships_from is None


@pytest.mark.rule("GAP-12", "MK-11")
def test_the_whole_scale_is_offered_and_what_cannot_be_is_refused_at_once_with_the_reason(
    browser: Browser, member: Person
) -> None:
    at = begin(browser, member)
    choices = find_form(browser.get(f"{at}/condition"), "save-condition").find_all("input", attrs={"name": "grade"})
    assert [choice["value"] for choice in choices] == ["new_with_tags", "excellent", "good", "fair"]
    fair = post_form(browser, f"{at}/condition", "save-condition", grade="fair")
    assert fair.status_code == 422 and "Pieces in fair condition cannot be sold here" in fair.get_data(as_text=True)
    post_form(browser, f"{at}/condition", "add-flaw", what="corners:scuff", severity="clear", note="front right")
    high = post_form(browser, f"{at}/condition", "save-condition", grade="excellent")
    assert high.status_code == 422
    reason = "The highest grade is Good, because of this flaw: Scuff or rubbed spot, clear: corners and edges."
    assert reason in page(high).find(id="grade-error").get_text()
    assert listing_at(at).grade is None
    assert post_form(browser, f"{at}/condition", "save-condition", grade="good").status_code == 303
    assert listing_at(at).grade == "good"


@pytest.mark.rule("MK-26")
def test_a_seller_is_told_that_her_payout_hangs_on_what_she_says(browser: Browser, member: Person) -> None:
    words = page(browser.get(f"{begin(browser, member)}/condition")).main.get_text(" ", strip=True)
    assert "Note every flaw a buyer would see, and show it in a photo" in words
    assert "Your gift card depends on the buyer finding the piece as you describe it." in words


def test_a_flaw_takes_back_a_grade_it_no_longer_allows(browser: Browser, member: Person) -> None:
    at = begin(browser, member)
    post_form(browser, f"{at}/condition", "save-condition", grade="excellent")
    post_form(browser, f"{at}/condition", "add-flaw", what="corners:scuff", severity="light")
    assert listing_at(at).grade == "excellent"
    post_form(browser, f"{at}/condition", "add-flaw", what="lining:stain", severity="clear")
    listing = listing_at(at)
    assert listing.grade is None and listing.suggested_price_minor is None
    post_form(browser, f"{at}/condition", f"remove-flaw-{listing.flaws[1].id}")
    assert [flaw.part for flaw in listing_at(at).flaws] == ["corners"]


@pytest.mark.parametrize("what", ["smell:scuff", "corners", ":", "corners:scuff:light", "roof:scuff", ""])
def test_a_flaw_the_policy_does_not_know_is_refused(browser: Browser, member: Person, what: str) -> None:
    at = begin(browser, member)
    answer = post_form(browser, f"{at}/condition", "add-flaw", what=what, severity="light")
    assert answer.status_code == 422 and page(answer).find(id="what-error") is not None
    assert listing_at(at).flaws == []


@pytest.mark.fault("X12", "X03", "X04")
def test_words_are_cleaned_kept_and_shown_as_text(browser: Browser, member: Person) -> None:
    at = begin(browser, member)
    for hostile in ("a\u202eb", "e" + "\u0301" * 40, "x" * 1001):
        answer = post_form(browser, f"{at}/condition", "save-condition", grade="good", words=hostile)
        assert answer.status_code == 422 and page(answer).find(id="words-error") is not None
    assert post_form(browser, f"{at}/condition", "save-condition", grade="good", words="nul\x00").status_code == 400
    assert listing_at(at).words == ""
    script = "<script>alert(1)</script> {{7*7}} Cafe\u0301"
    post_form(browser, f"{at}/condition", "save-condition", grade="good", words=script)
    assert listing_at(at).words == "<script>alert(1)</script> {{7*7}} Caf\u00e9"
    answer = browser.get(f"{at}/check")
    assert "<script>alert(1)" not in answer.get_data(as_text=True)
    assert "<script>alert(1)</script> {{7*7}} Caf\u00e9" in page(answer).get_text()
    post_form(browser, f"{at}/condition", "save-condition", grade="good", words="\u200d \u200d")
    assert listing_at(at).words == ""


@pytest.mark.fault("B20")
@pytest.mark.parametrize(
    "typed",
    [
        "",
        "0",
        "-5",
        "NaN",
        "Infinity",
        "1e400",
        "1e-9",
        "\uff11\uff12\uff10",
        "1_000",
        "1 000",
        "12.345",
        "9223372036854775808",
        "19.99",
    ],
)
def test_only_an_amount_is_a_price(browser: Browser, member: Person, typed: str) -> None:
    at = begin(browser, member)
    post_form(browser, f"{at}/condition", "save-condition", grade="good")
    answer = post_form(browser, f"{at}/price", "save-price", price=typed)
    assert answer.status_code == 422
    shown = page(answer)
    assert shown.find(id="price-error") is not None and shown.find(id="price")["value"] == typed
    assert listing_at(at).price_minor is None


@pytest.mark.rule("MK-32", "GAP-02")
def test_the_price_page_suggests_says_why_and_what_she_receives(browser: Browser, member: Person) -> None:
    at = begin(browser, member)
    post_form(browser, f"{at}/condition", "save-condition", grade="excellent")
    shown = page(browser.get(f"{at}/price"))
    assert shown.find(id="suggestion").get_text() == "We suggest $165"
    assert shown.find(id="why").get_text() == "45% below the original price: Excellent, bought 14 months ago."
    assert shown.find(id="price")["value"] == "165.00"
    receive = shown.find("output", id="you-receive")
    assert (receive["data-share"], receive["data-currency"], receive.get_text(strip=True)) == ("8000", "USD", "$132.00")
    assert "$8.95" in shown.main.get_text()


# Handing in ----------------------------------------------------------------------------------------------------------


@pytest.mark.rule("MK-05", "MK-08", "MK-09")
def test_what_review_looks_at_is_told_before_submitting(browser: Browser, member: Person) -> None:
    at = begin(browser, member)
    words = page(browser.get(f"{at}/check")).main.get_text(" ", strip=True)
    for check in versions.current().policy.review.checks:
        assert check.text in words
    assert "2 business days" in words


def test_what_is_missing_is_named_and_linked(browser: Browser, member: Person) -> None:
    at = begin(browser, member)
    answer = post_form(browser, f"{at}/check", "submit-listing")
    assert answer.status_code == 422
    shown = page(answer)
    links = [link["href"] for link in shown.find(class_="error-summary").find_all("a")]
    assert links == [
        f"{at}/details#line1",
        f"{at}/condition#grade",
        f"{at}/photos#front",
        f"{at}/photos#back",
        f"{at}/photos#inside",
        f"{at}/price#price",
    ]
    for link in links:
        address, _, anchor = link.partition("#")
        assert page(browser.get(address)).find(id=anchor) is not None, link
    assert listing_at(at).state is ListingState.DRAFT


def test_what_a_reviewer_asked_for_stands_beside_its_field(browser: Browser, member: Person) -> None:
    listing = submitted(a_complete_draft_of(member))
    ask_for_changes(listing, "photo_unclear", "grade_too_high", words="The clasp.")
    at = f"/sell/listings/{listing.number}"
    photos, condition, price = (
        page(browser.get(f"{at}/{step}")).main.get_text(" ") for step in ("photos", "condition", "price")
    )
    assert "Every view has to show the whole piece" in photos and "Take it again by a window" in photos
    assert "The grade has to fit the wear." in condition and "The clasp." in condition
    assert "The grade has to fit" not in photos and "The clasp." not in price
    whole = page(browser.get(f"{at}/check")).main.get_text(" ")
    assert "Every view has to show" in whole and "The grade has to fit" in whole


def test_a_listing_in_review_shows_its_own_page_instead_of_the_wizard(browser: Browser, member: Person) -> None:
    listing = submitted(a_complete_draft_of(member))
    for step in ("details", "condition", "photos", "price", "check"):
        answer = browser.get(f"/sell/listings/{listing.number}/{step}")
        assert (answer.status_code, answer.location) == (303, f"/sell/wardrobe/{listing.number}")


def test_the_wizard_asks_for_twelve_answers_at_most(browser: Browser, member: Person) -> None:
    at = begin(browser, member)
    post_form(browser, f"{at}/condition", "save-condition", grade="excellent")
    asked: set[str] = set()
    forms = {"details": "save-details", "condition": "save-condition", "photos": "photos", "price": "save-price"}
    for step, form_id in forms.items():
        form = find_form(browser.get(f"{at}/{step}"), form_id)
        fields = form.find_all(["input", "textarea", "select"])
        asked |= {field["name"] for field in fields if field.get("type") not in ("hidden", "submit")}
    optional = {"line2", "base", "words"}
    assert optional <= asked and len(asked - optional) <= 12, sorted(asked)
