"""The review desk over HTTP: the queue, one listing a screen, every decision, and the next one by itself."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest
from flask import Flask

from marketplace import clock
from marketplace.database import unit_of_work
from marketplace.listings import review, submitting
from marketplace.listings.labels import ACTIONS, LABELS
from marketplace.listings.models import Listing
from marketplace.listings.photos import keep
from marketplace.listings.states import LISTING, ListingState
from marketplace.people.models import Role, StaffRole
from tests.accounts import an_account
from tests.listings.pieces import (
    a_listing_in,
    a_reviewer,
    a_submitted_listing,
    ask_for_changes,
    seller_of,
)
from tests.programme.world import a_complete_draft, a_flaw, a_photo, priced, submitted
from tests.web import Browser, find_form, form_fields, page, post_form


@pytest.fixture
def browser(app: Flask, client: Browser) -> Browser:
    client.sign_in_as(a_reviewer())
    return client


def screen(listing: Listing) -> str:
    return f"/desk/review/{listing.number}"


def forms(browser: Browser, listing: Listing) -> set[str]:
    return {form["id"] for form in page(browser.get(screen(listing))).main.find_all("form")}


DECISIONS = {"approve", "ask-for-changes", "propose-price", "decline"}


# The queue -----------------------------------------------------------------------------------------------------------


def test_the_queue_shows_what_waits_by_time_left(browser: Browser, advance: Callable[..., datetime]) -> None:
    first = a_submitted_listing()
    advance(days=3)
    second = a_submitted_listing()
    advance(hours=12)
    shown = page(browser.get("/desk/review"))
    assert [row["data-id"] for row in shown.select("tbody tr")] == [first.number, second.number]
    assert shown.select("tbody tr")[0].find(class_="tag--bad") is not None


def test_an_empty_queue_says_so(browser: Browser) -> None:
    assert "Nothing to review" in browser.get("/desk/review").get_data(as_text=True)


@pytest.mark.parametrize("role", [Role.AGENT, Role.WAREHOUSE])
def test_only_reviewers_have_a_review_desk(app: Flask, role: Role) -> None:
    listing = a_submitted_listing()
    browser = app.test_client()
    assert isinstance(browser, Browser)
    browser.sign_in_as(an_account(roles=[role]))
    assert browser.get("/desk/review").status_code == 404
    assert browser.get(screen(listing)).status_code == 404
    browser.sign_in_as(seller_of(listing))
    assert browser.get(screen(listing)).status_code == 404


# One listing ---------------------------------------------------------------------------------------------------------


@pytest.mark.rule("MK-09", "MK-10", "MK-11")
def test_the_screen_shows_photos_flaws_grade_and_what_to_look_at(browser: Browser) -> None:
    listing = a_complete_draft(grade="excellent")
    flaw = a_flaw(listing, "corners", "scuff", "light")
    with unit_of_work():
        keep(listing, f"flaw-{flaw.id}", a_photo(), by=seller_of(listing), at=clock.now())
    submitted(listing)
    shown = page(browser.get(screen(listing)))
    assert (shown.main["data-id"], shown.main["data-state"]) == (listing.number, "submitted")
    assert len(shown.select("section[aria-labelledby=photos] figure")) == 4
    words = shown.main.get_text(" ", strip=True)
    for said in (
        "Scuff or rubbed spot, light: corners and edges",
        "Used with care.",
        "The highest grade is Excellent",
        "45% below the original price: Excellent, bought 14 months ago.",
        "seller receives $144.00",
        "Every mark and sign of wear is described and shown close up.",
    ):
        assert said in words


def test_a_price_outside_the_band_is_flagged(browser: Browser) -> None:
    usual, odd = a_submitted_listing(), submitted(priced(a_complete_draft(), 29_900))
    flag = "Outside the usual band"
    assert flag not in browser.get(screen(usual)).get_data(as_text=True)
    assert flag in browser.get(screen(odd)).get_data(as_text=True)


def test_a_photo_used_elsewhere_shows_both_listings(browser: Browser) -> None:
    first, second = a_submitted_listing(), a_submitted_listing()
    shown = page(browser.get(screen(second)))
    (section,) = shown.select("section[aria-labelledby=duplicates]")
    assert f"A photo here looks like one of {first.number}." in section.get_text()
    assert len(section.find_all("img")) == 2
    assert section.find("a", href=screen(first)) is not None


@pytest.mark.parametrize("state", list(ListingState))
def test_decisions_are_offered_on_what_waits_for_one(browser: Browser, state: ListingState) -> None:
    listing = a_listing_in(state)
    offered = forms(browser, listing)
    if state is ListingState.SUBMITTED:
        assert offered == DECISIONS
    elif listing.machine.allows(state, "remove"):
        assert offered == {"remove"}
    else:
        assert offered == set()


def test_each_decision_has_its_key(browser: Browser) -> None:
    shown = page(browser.get(screen(a_submitted_listing())))
    keys = {control["data-key"]: control.get_text(strip=True) for control in shown.find_all(attrs={"data-key": True})}
    assert keys == {"1": "Approve", "2": "Ask for a change", "3": "Decline", "?": "Keys"}
    assert shown.find("script", src=lambda source: bool(source and "desk-keys.js" in source)) is not None


# Decisions -----------------------------------------------------------------------------------------------------------


@pytest.mark.rule("MK-05", "MK-06")
def test_approving_puts_it_live_and_opens_the_next(browser: Browser) -> None:
    first, second = a_submitted_listing(), a_submitted_listing()
    answer = post_form(browser, screen(first), "approve")
    assert (answer.status_code, answer.location) == (303, screen(second))
    assert (first.state, second.state) == ("live", "submitted")
    answer = post_form(browser, screen(second), "approve")
    assert answer.location == "/desk/review"


def test_changes_are_asked_for_with_reasons_and_words(browser: Browser) -> None:
    listing = a_submitted_listing()
    empty = post_form(browser, screen(listing), "ask-for-changes")
    assert empty.status_code == 422 and "Choose at least one reason." in empty.get_data(as_text=True)
    assert listing.state == "submitted"
    answer = post_form(
        browser,
        screen(listing),
        "ask-for-changes",
        **{"changes-reasons": ["photo_unclear", "comes_with_wrong"], "changes-words": "The strap."},
    )
    assert answer.status_code == 303 and listing.state == "changes_requested"
    assert [(note.field, note.words) for note in review.open_notes(listing)] == [
        ("photos", "The strap."),
        ("comes_with", "The strap."),
    ]


@pytest.mark.rule("MK-13", "GAP-06")
def test_another_price_is_proposed_not_set(browser: Browser) -> None:
    listing = a_submitted_listing()
    for typed in ("", "180", "1", "NaN"):
        answer = post_form(browser, screen(listing), "propose-price", **{"proposal-price": typed})
        assert answer.status_code == 422 and page(answer).find(id="proposal-price-error") is not None, typed
    assert listing.state == "submitted"
    assert post_form(browser, screen(listing), "propose-price", **{"proposal-price": "160"}).status_code == 303
    assert (listing.state, listing.price_minor, listing.proposed_price_minor) == ("price_proposed", 18_000, 16_000)


def test_declining_needs_a_reason(browser: Browser) -> None:
    listing = a_submitted_listing()
    assert post_form(browser, screen(listing), "decline").status_code == 422
    assert post_form(browser, screen(listing), "decline", **{"decline-reason": "mood"}).status_code == 422
    assert listing.state == "submitted"
    assert post_form(browser, screen(listing), "decline", **{"decline-reason": "altered"}).status_code == 303
    assert listing.state == "declined"


def test_a_live_listing_is_taken_out_with_a_reason(browser: Browser) -> None:
    listing = a_listing_in(ListingState.LIVE)
    assert post_form(browser, screen(listing), "remove").status_code == 422
    assert post_form(browser, screen(listing), "remove", **{"decline-reason": "other"}).status_code == 303
    assert listing.state == "removed"


def test_a_reviewer_does_not_decide_on_her_own_piece(app: Flask) -> None:
    listing = a_submitted_listing()
    seller, browser = seller_of(listing), app.test_client()
    assert isinstance(browser, Browser)
    with unit_of_work():
        seller.roles.append(StaffRole(role=Role.REVIEWER, given_at=clock.now()))
    browser.sign_in_as(seller)
    assert forms(browser, listing) == set()
    other = a_submitted_listing()
    sent = form_fields(find_form(browser.get(screen(other)), "approve"))
    for verb in ("approve", "ask-for-changes", "propose-price", "decline"):
        filled = {
            **{
                f"{prefix}{name}": value
                for prefix in ("", "changes-", "proposal-", "decline-")
                for name, value in sent.items()
            },
            "csrf_token": sent["csrf_token"],
            "changes-reasons": "photo_unclear",
            "proposal-price": "200",
            "decline-reason": "other",
        }
        assert browser.post(f"{screen(listing)}/{verb}", data=filled).status_code == 403, verb
    assert listing.state == "submitted"


def test_a_stale_screen_decides_nothing(browser: Browser, advance: Callable[..., datetime]) -> None:
    listing = a_submitted_listing()
    opened = form_fields(find_form(browser.get(screen(listing)), "approve"))
    ask_for_changes(listing)
    with unit_of_work():
        submitting.submit(listing, by=seller_of(listing), at=advance(hours=1))
    answer = browser.post(f"{screen(listing)}/approve", data=opened)
    assert answer.status_code == 409 and "changed since you opened it" in answer.get_data(as_text=True)
    without = {name: value for name, value in opened.items() if name != "seen"}
    assert browser.post(f"{screen(listing)}/approve", data=without).status_code == 409
    assert browser.post(f"{screen(listing)}/approve", data={**opened, "seen": "yesterday"}).status_code == 409
    assert listing.state == "submitted"


def test_every_decision_stands_in_the_audit_trail(browser: Browser) -> None:
    listing = a_submitted_listing()
    post_form(browser, screen(listing), "approve")
    trail = page(browser.get(screen(listing))).select("section[aria-labelledby=events] li")
    said = [entry.p.get_text(" ", strip=True) for entry in trail if entry.p]
    assert said[:2] == ["Approved by Rae Lindqvist", "Handed in by the seller"]
    assert said[-1] == "Begun by the seller"


def test_every_event_of_a_listing_has_words(app: Flask) -> None:
    recorded = {
        "start",
        "edit",
        "add_flaw",
        "remove_flaw",
        "add_photo",
        "remove_photo",
        "change_price",
        "review_overdue",
        "relist",
    }
    assert set(ACTIONS) == recorded | set(LISTING.refusals)
    assert set(LABELS) == set(ListingState)
