"""What people keep in mind: saved pieces and searches, the letters about them, and stopping those."""

from __future__ import annotations

import re
from datetime import timedelta
from urllib.parse import urlencode, urlsplit

from flask import Flask

from marketplace import clock, events
from marketplace.database import db, unit_of_work
from marketplace.interests import saving, searches
from marketplace.interests.models import Pace
from marketplace.jobs import runner
from marketplace.listings import repricing
from marketplace.listings.criteria import Criteria
from marketplace.listings.facts import ListingWentLive
from marketplace.listings.finding import public_path
from marketplace.listings.models import Listing
from marketplace.money import Money
from marketplace.people.models import Person
from tests.accounts import PASSWORD, an_account, mail_to
from tests.programme.world import pass_time
from tests.shopping import live_listing, words_of
from tests.web import Browser, page, post_form


def lowered(listing: Listing, minor: int) -> None:
    """The price changed by its seller, and what follows from it done."""
    assert listing.seller is not None
    with unit_of_work():
        repricing.reprice(listing, Money(minor, "USD"), by=listing.seller, at=clock.now())
    runner.run_until_idle()
    db.session.expire_all()


def went_live(**piece: object) -> Listing:
    listing = live_listing(**piece)  # type: ignore[arg-type]
    with unit_of_work():
        events.announce(ListingWentLive(listing.id, clock.now()))
    runner.run_until_idle()
    db.session.expire_all()
    return listing


def a_search(person: Person, pace: Pace, **chosen: tuple[str, ...]) -> int:
    with unit_of_work():
        criteria = Criteria(category="tote", chosen=chosen)
        return searches.keep(criteria, label="Totes", pace=pace, by=person, at=clock.now()).id


def subjects_to(person: Person) -> list[str]:
    return [letter.subject for letter in mail_to(person.email)]


def test_a_saved_piece_is_kept_and_a_lower_price_is_told_once(app: Flask, client: Browser) -> None:
    shopper, listing = an_account(), live_listing()
    path = public_path(listing)
    client.sign_in_as(shopper)
    for _twice in range(2):
        with unit_of_work():
            saving.save(listing, by=shopper, at=clock.now())
    assert post_form(client, "/account/saved", f"forget-{listing.number}").status_code == 303
    assert saving.saved_by(shopper) == []
    assert post_form(client, path, "save").status_code == 303
    assert post_form(client, path, "forget").status_code == 303
    assert saving.saved_by(shopper) == []
    assert post_form(client, path, "save").status_code == 303
    db.session.expire_all()
    assert (listing.saves, saving.saves_of([listing.id])) == (1, {listing.id: 1})
    assert listing.title in words_of(client.get("/account/saved"))
    lowered(listing, 20_000)
    lowered(listing, 22_000)
    lowered(listing, 21_000)
    assert subjects_to(shopper) == ["Marlow tote now costs $208.95"]
    lowered(listing, 19_000)
    assert subjects_to(shopper)[1:] == ["Marlow tote now costs $198.95"]


def test_what_a_visitor_saves_stays_in_the_browser_and_is_theirs_once_they_sign_in(app: Flask, client: Browser) -> None:
    shopper, seller = an_account(), an_account()
    listing, other, own = live_listing(), live_listing(title="Rowan satchel"), live_listing(seller)
    for one in (listing, other, own):
        assert post_form(client, public_path(one), "save").status_code == 303
    assert post_form(client, public_path(other), "forget").status_code == 303
    here = words_of(client.get("/account/saved"))
    assert listing.title in here
    assert other.title not in here
    assert saving.saves_of([listing.id]) == {}, "counted for people only"
    for person, theirs in ((shopper, {listing.id, own.id}), (seller, set())):
        post_form(client, "/sign-in", "sign-in", email=person.email, password=PASSWORD)
        assert {row.listing_id for row in saving.saved_by(person)} == theirs
        post_form(client, "/account", "sign-out")
        assert listing.title not in words_of(client.get("/account/saved")), "nothing is left in the browser"
        post_form(client, public_path(own), "save")


def test_one_press_on_the_link_in_a_letter_stops_its_kind_and_opening_it_does_not(app: Flask, client: Browser) -> None:
    shopper, listing = an_account(), live_listing()
    with unit_of_work():
        saving.save(listing, by=shopper, at=clock.now())
    lowered(listing, 20_000)
    found = re.search(r"https?://\S+/letters/stop/\S+", mail_to(shopper.email)[0].text)
    assert found is not None
    path = urlsplit(found[0]).path
    assert client.get(path).status_code == 200
    lowered(listing, 19_000)
    assert len(subjects_to(shopper)) == 2
    assert client.post(path, data={"List-Unsubscribe": "One-Click"}).status_code == 200
    lowered(listing, 18_000)
    assert len(subjects_to(shopper)) == 2
    client.sign_in_as(shopper)
    switches = page(client.get("/account/notices")).select("input[name=notice]")
    assert {switch["value"]: switch.has_attr("checked") for switch in switches} == {
        "price_lowered": False,
        "search_found": True,
        "listing_news": True,
    }
    post_form(client, "/account/notices", "notices", notice=["price_lowered"])
    lowered(listing, 17_000)
    assert len(subjects_to(shopper)) == 3
    assert client.get(path[:-2] + "xx").status_code == 404


def test_an_instant_search_hears_of_each_piece_that_matches_and_of_no_other(app: Flask) -> None:
    shopper, other = an_account(), an_account()
    a_search(shopper, Pace.INSTANT, colour=("navy",))
    a_search(other, Pace.DAILY, colour=("navy",))
    went_live(colour="oxblood")
    went_live(category="satchel", colour="navy")
    assert subjects_to(shopper) == []
    went_live(colour="navy")
    assert subjects_to(shopper) == ["1 new piece: Totes"]
    assert subjects_to(other) == []


def test_a_daily_search_is_told_each_morning_of_what_came_and_stops_by_its_link(app: Flask, client: Browser) -> None:
    shopper = an_account()
    a_search(shopper, Pace.DAILY)
    pass_time(minutes=1)
    went_live()
    went_live()
    assert subjects_to(shopper) == []
    pass_time(days=1)
    assert subjects_to(shopper) == ["2 new pieces: Totes"]
    pass_time(days=1)
    assert len(subjects_to(shopper)) == 1
    found = re.search(r"https?://\S+/letters/stop/\S+", mail_to(shopper.email)[0].text)
    assert found is not None
    path = urlsplit(found[0]).path
    for _twice in range(2):
        assert client.post(path).status_code == 200
    went_live()
    pass_time(days=2)
    assert len(subjects_to(shopper)) == 1
    assert searches.searches_of(shopper) == []


def test_a_search_is_saved_from_its_page_and_belongs_to_nobody_else(app: Flask, client: Browser) -> None:
    shopper, stranger = an_account(), an_account()
    client.sign_in_as(shopper)
    token = page(client.get("/account/notices")).find("input", attrs={"name": "csrf_token"})["value"]  # type: ignore[index]
    sent = {"csrf_token": token, "category": "tote", "colour": ["navy", "oxblood"], "q": "marlow"}
    for pace in ("daily", "instant"):
        assert client.post("/account/saved/searches", data={**sent, "pace": pace}).status_code == 303
    (search,) = searches.searches_of(shopper)
    assert (search.label, search.pace) == ("Totes: marlow, navy, oxblood", Pace.INSTANT)
    link = page(client.get("/account/saved")).find("a", string=search.label)
    assert link is not None
    assert link["href"] == "/shop/tote?q=marlow&colour=navy&colour=oxblood"
    client.sign_in_as(stranger)
    token = page(client.get("/account/notices")).find("input", attrs={"name": "csrf_token"})["value"]  # type: ignore[index]
    answer = client.post(f"/account/saved/searches/{search.id}/stop", data={"csrf_token": token})
    assert answer.status_code == 404
    client.sign_in_as(shopper)
    assert post_form(client, "/account/saved", f"stop-search-{search.id}").status_code == 303
    assert searches.searches_of(shopper) == []


def test_a_visitors_search_is_theirs_once_they_sign_in(app: Flask, client: Browser) -> None:
    shopper = an_account()
    live_listing(colour="navy")
    answer = post_form(client, "/shop/tote?colour=navy&price=200-300", "save-search")
    assert (answer.status_code, answer.location) == (303, "/sign-in?next=/account/saved")
    assert "Sign in or join, and we write to you when new pieces match." in words_of(client.get(answer.location))
    sent = post_form(client, answer.location, "sign-in", email=shopper.email, password=PASSWORD)
    assert sent.location == "/account/saved"
    assert "Totes: navy, $200 to $300" in words_of(client.get("/account/saved"))
    assert [search.pace for search in searches.searches_of(shopper)] == [Pace.DAILY]


def test_a_search_that_waited_in_the_browser_slows_down_none_that_stands(app: Flask, client: Browser) -> None:
    shopper = an_account()
    live_listing(colour="navy")
    client.sign_in_as(shopper)
    post_form(client, "/shop/tote?colour=navy&price=200-300", "save-search", pace="instant")
    with client.session_transaction(base_url=app.config["SETTINGS"].public_url) as session:
        session.clear()
    answer = post_form(client, "/shop/tote?colour=navy&price=200-300", "save-search")
    post_form(client, answer.location, "sign-in", email=shopper.email, password=PASSWORD)
    assert [search.pace for search in searches.searches_of(shopper)] == [Pace.INSTANT]


def test_a_visitors_search_that_a_cookie_cannot_hold_is_said_to_be_too_long(app: Flask, client: Browser) -> None:
    asked = [("q", "tote"), *(("material", f"leather {number}") for number in range(13))]
    answer = post_form(client, f"/shop?{urlencode(asked)}", "save-search")
    assert "This search is too long to be kept here." in words_of(client.get(answer.location))


def test_what_was_seen_last_stays_in_the_browser_until_it_is_forgotten(app: Flask, client: Browser) -> None:
    first, second = live_listing(title="Rowan satchel"), live_listing()
    for listing in (first, second, first):
        client.get(public_path(listing))
    titles = [title.get_text(strip=True) for title in page(client.get("/account/interests")).select("main h2")]
    assert [title.split(",")[0] for title in titles] == ["Rowan satchel", "Marlow tote"]
    post_form(client, "/account/interests", "forget-seen")
    assert "Nothing seen yet" in words_of(client.get("/account/interests"))


def test_the_next_morning_is_nine_in_the_markets_zone(app: Flask) -> None:
    at = clock.now()
    morning = searches.next_digest(at)
    assert at < morning <= at + timedelta(days=1, hours=1)
    assert searches.next_digest(morning) - morning in {timedelta(hours=23), timedelta(days=1), timedelta(hours=25)}
