"""What the shop finds, in which order, page by page."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from werkzeug.datastructures import MultiDict

from marketplace import clock
from marketplace.catalogue.models import Style
from marketplace.catalogue.words import fold, query_words
from marketplace.database import db, unit_of_work
from marketplace.listings.criteria import Criteria, Cursor, NoSuchPage, Sort
from marketplace.listings.finding import public_path
from marketplace.listings.models import Item, Listing
from marketplace.listings.piece import alike
from marketplace.listings.search import look, newest, search_listings
from marketplace.listings.states import ListingState
from marketplace.people.models import Person
from marketplace.programme import versions
from tests.accounts import an_account
from tests.programme.policies import changed
from tests.shopping import live_listing
from tests.web import Browser, page

_numbers = itertools.count(1)


def a_piece(**told: Any) -> Listing:
    """A live listing put straight into the database: these tests need many and only look at them."""
    number = next(_numbers)
    said: dict[str, Any] = {
        "title": "Marlow tote",
        "category": "tote",
        "colour": "navy",
        "material": "pebbled leather",
        "grade": "excellent",
        "price_minor": 18_000,
        "state": ListingState.LIVE,
        "style_number": f"VL-{number}",
        "live_at": clock.now() - timedelta(minutes=number),
        **told,
    }
    style = Style(
        number=said.pop("style_number"),
        title=said["title"],
        house="Velorne",
        category=said["category"],
        colour=said["colour"],
        material=said["material"],
        list_price_minor=30_000,
        currency="USD",
    )
    item = Item(style=style, unit=1)
    listing = Listing(
        number=f"L{number:08}",
        item=item,
        house="Velorne",
        original_price_minor=30_000,
        currency="USD",
        policy_version_id=versions.current().id,
        started_at=clock.now(),
        **said,
    )
    db.session.add(listing)
    db.session.commit()
    return listing


def found(words: str = "", category: str | None = None, **chosen: tuple[str, ...]) -> list[str]:
    window = look(Criteria(category, words, chosen))
    assert window.counted.total == len(window.page.listings)
    return [listing.number for listing in window.page.listings]


# Words ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Été  in CÔTE-d'Azur", "ete in cote d azur"),
        ("VL-10_2", "vl 10 2"),
        ("Straße ﬁne", "strasse fine"),
        ("%_\\", ""),
        ("", ""),
    ],
)
def test_words_are_compared_without_case_accents_and_signs(text: str, folded: str) -> None:
    assert fold(text) == folded


def test_a_query_is_read_up_to_a_limit() -> None:
    assert query_words("a b a " + "x" * 200) == ["a", "b", "x" * 94]
    assert len(query_words(" ".join(map(str, range(40))))) == 8


@pytest.mark.parametrize(
    "words",
    ["marlow", "MARLOW navy", "navy pebbled", "tote leather", "vl-4711", "VL 4711", "mar nav", "Velorne", "cafe créme"],
)
def test_every_word_matches_from_its_start(app: Flask, words: str) -> None:
    wanted = a_piece(style_number="VL-4711", title="Marlow tote Café Crème")
    a_piece(title="Lena shoulder bag", category="shoulder-bag", colour="oxblood", material="suede")
    if words != "Velorne":
        assert found(words) == [wanted.number]
    else:
        assert len(found(words)) == 2


@pytest.mark.fault("X02")
@pytest.mark.parametrize("words", ["%", "_", "rlow", "navy oxblood", "' OR 1=1 --", "marlow' ; DROP TABLE listings"])
def test_what_is_not_there_is_not_found(app: Flask, words: str) -> None:
    piece = a_piece()
    assert found(words) == ([piece.number] if words in ("%", "_") else [])  # signs alone ask for nothing


# What is for sale ----------------------------------------------------------------------------------------------------


def test_only_live_pieces_of_sellers_who_may_sell_are_found(app: Flask) -> None:
    pieces = {state: a_piece(state=state) for state in ListingState}
    blocked: Person = an_account()
    blocked.suspended_at = clock.now()
    a_piece(seller_id=blocked.id)
    mine = a_piece(seller_id=an_account().id)
    assert found() == [pieces[ListingState.LIVE].number, mine.number]
    assert [listing.number for listing in newest(1)] == [pieces[ListingState.LIVE].number]


def test_a_category_holds_its_own(app: Flask) -> None:
    tote = a_piece()
    a_piece(category="satchel")
    assert found(category="tote") == [tote.number]
    assert found(category="zip-wallet") == []


# Facets --------------------------------------------------------------------------------------------------------------


def counts(criteria: Criteria, name: str) -> dict[str, int]:
    (facet,) = [facet for facet in look(criteria).counted.facets if facet.name == name]
    return {value.value: value.count for value in facet.values}


def test_values_of_a_facet_are_alternatives_and_facets_narrow_each_other(app: Flask) -> None:
    navy, black, worn = a_piece(), a_piece(colour="black"), a_piece(colour="black", grade="good")
    a_piece(colour="red", category="satchel")
    assert found(colour=("navy", "black")) == [navy.number, black.number, worn.number]
    assert found(colour=("navy", "black"), condition=("good",)) == [worn.number]
    chosen = Criteria("tote", "", {"colour": ("black",), "condition": ("good",)})
    assert counts(chosen, "colour") == {"black": 1, "navy": 0}  # with the condition, without the colour
    assert counts(chosen, "condition") == {"excellent": 1, "good": 1}
    assert counts(Criteria(), "colour") == {"black": 2, "navy": 1, "red": 1}


def test_price_bands_are_of_the_price_a_buyer_sees(app: Flask) -> None:
    under = a_piece(price_minor=9_104)  # with 8.95 for shipping 99.99
    over = a_piece(price_minor=9_105)  # 100.00
    dear = a_piece(price_minor=60_000)
    assert found(price=("0-100",)) == [under.number]
    assert found(price=("100-200",)) == [over.number]
    assert found(price=("500-",)) == [dear.number]
    assert counts(Criteria(), "price") == {"0-100": 1, "100-200": 1, "500-": 1}


def test_the_bands_are_the_policys_and_are_said_in_words(app: Flask, client: Browser) -> None:
    """A house whose prices run into thousands narrows by thousands."""
    for dollars in (900, 2_500, 9_000):
        live_listing(price=dollars * 100)
    assert labels(client, "price") == ["$500 and more 3"]
    with unit_of_work():
        versions.publish(changed({"price.filter_steps": [1_000, 3_000]}), at=clock.now())
    assert labels(client, "price") == ["Under $1,000 1", "$1,000 to $3,000 1", "$3,000 and more 1"]


@pytest.mark.rule("MK-17")
def test_the_tag_of_the_houses_own_stands_where_members_sell_beside_it(app: Flask, client: Browser) -> None:
    live_listing()
    live_listing(supply=True)
    assert client.get("/shop").text.count("Velorne Supply") == 1
    with unit_of_work():
        versions.publish(changed({"modes.peer_to_peer": False}), at=clock.now())
    assert "Velorne Supply" not in client.get("/shop").text


def test_grades_stand_from_the_best_down_and_categories_as_the_policy_has_them(app: Flask, client: Browser) -> None:
    for grade, category in (("good", "satchel"), ("new_with_tags", "tote"), ("excellent", "camera-bag")):
        live_listing(grade=grade, category=category)
    assert labels(client, "condition") == ["New with tags 1", "Excellent 1", "Good 1"]
    head = [link.get_text(strip=True) for link in page(client.get("/shop")).select("header a[href^='/shop/']")]
    assert labels(client, "category") == [f"{name} 1" for name in head if name in ("Totes", "Satchels", "Camera bags")]


def labels(client: Browser, facet: str) -> list[str]:
    """The values of a facet beside the list, each with its count."""
    boxes = page(client.get("/shop")).select(f"#facet-{facet} label")
    return [" ".join(box.get_text(" ", strip=True).split()) for box in boxes]


def test_a_value_nobody_has_finds_nothing_and_stays_in_the_list(app: Flask) -> None:
    a_piece()
    assert found(colour=("turquoise",)) == []
    assert counts(Criteria(chosen={"colour": ("turquoise",)}), "colour") == {"navy": 1, "turquoise": 0}


def test_criteria_are_written_as_they_are_read() -> None:
    asked = MultiDict(
        [("colour", "navy"), ("colour", "black"), ("q", " tote "), ("sort", "price-up"), ("owner_id", "1")]
    )
    criteria = Criteria.read(asked, "tote")
    assert criteria == Criteria("tote", "tote", {"colour": ("navy", "black")}, Sort.PRICE_UP)
    assert criteria.pairs() == [("q", "tote"), ("colour", "navy"), ("colour", "black"), ("sort", "price-up")]
    assert criteria.without("colour", "navy").chosen == {"colour": ("black",)}
    assert criteria.without("colour", "navy").without("colour", "black").chosen == {}
    assert Criteria.read(MultiDict([("sort", "sideways")])).sort is Sort.NEWEST


# Pages ---------------------------------------------------------------------------------------------------------------


def walk(criteria: Criteria, size: int, between: Callable[[], None] = lambda: None) -> list[str]:
    """Every number from the first page to the last by ``older``, then back to the first by ``newer``."""
    page = search_listings(criteria, size=size)
    assert page.newer is None
    forth = [listing.number for listing in page.listings]
    pages = [forth[:]]
    while page.older:
        between()
        page = search_listings(criteria, Cursor.read(MultiDict({"after": page.older})), size=size)
        pages.append([listing.number for listing in page.listings])
        forth += pages[-1]
    back = pages[-1][:]
    while page.newer:
        page = search_listings(criteria, Cursor.read(MultiDict({"before": page.newer})), size=size)
        if not page.listings:
            break
        back = [listing.number for listing in page.listings] + back
    assert back == forth
    return forth


@pytest.mark.parametrize("sort", list(Sort))
def test_pages_follow_one_another_both_ways_whatever_is_equal(app: Flask, sort: Sort) -> None:
    same = clock.now() - timedelta(days=1)
    pieces = [a_piece(live_at=same, price_minor=10_000 + 100 * (number % 3)) for number in range(8)]
    numbers = walk(Criteria(sort=sort), size=3)
    assert sorted(numbers) == sorted(piece.number for piece in pieces)
    by_number = {piece.number: piece for piece in pieces}
    prices = [by_number[number].price_minor or 0 for number in numbers]
    if sort in (Sort.PRICE_UP, Sort.SAVING):
        assert prices == sorted(prices)
    elif sort is Sort.PRICE_DOWN:
        assert prices == sorted(prices, reverse=True)
    else:
        assert numbers == sorted(numbers, reverse=True)


def test_newest_first_to_the_second(app: Flask) -> None:
    base: datetime = clock.now() - timedelta(days=1)
    pieces = [a_piece(live_at=base + timedelta(seconds=number)) for number in range(5)]
    assert walk(Criteria(), size=2) == [piece.number for piece in reversed(pieces)]


def test_a_sale_between_two_pages_neither_repeats_nor_hides_a_piece(app: Flask) -> None:
    pieces = [a_piece() for _ in range(6)]
    first = search_listings(Criteria(), size=2)
    db.session.execute(sa.update(Listing).where(Listing.id == pieces[0].id).values(state=ListingState.SOLD))
    a_piece(live_at=clock.now())
    second = search_listings(Criteria(), Cursor.read(MultiDict({"after": first.older})), size=2)
    assert [listing.id for listing in second.listings] == [pieces[2].id, pieces[3].id]


@pytest.mark.parametrize(
    "place",
    ["x", "1", "1.", "-1.2", "1.2.3", "١.٢", "1e3.4", "9" * 30 + ".1", "1." + "9" * 30, " 1.2", "1.2\n"],
)
@pytest.mark.parametrize("way", ["after", "before"])
def test_a_place_we_never_gave_out_is_not_there(place: str, way: str) -> None:
    with pytest.raises(NoSuchPage):
        Cursor.read(MultiDict({way: place}))


def test_a_place_out_of_all_bounds_is_before_or_after_everything(app: Flask) -> None:
    piece = a_piece()
    beyond = search_listings(Criteria(), Cursor.read(MultiDict({"after": "999999999999999999.1"})))
    assert [listing.number for listing in beyond.listings] == [piece.number]  # nothing was ever that new
    assert search_listings(Criteria(sort=Sort.PRICE_UP), Cursor(True, 10**17, 1)).listings == []


# Alike ---------------------------------------------------------------------------------------------------------------


def test_alike_is_first_the_style_then_colour_then_category_then_price(app: Flask) -> None:
    piece = a_piece(price_minor=20_000)
    other = a_piece(title="Noa camera bag", category="camera-bag")
    near = a_piece(title="Carry tote", colour="red", price_minor=19_000)
    far = a_piece(title="Carry tote", colour="red", price_minor=5_000)
    colour = a_piece(title="Carry tote", price_minor=90_000)
    style = a_piece(colour="red", price_minor=1_000)
    a_piece(state=ListingState.SOLD)
    assert [one.id for one in alike(piece)] == [one.id for one in (style, colour, near, far, other)]
    assert [one.id for one in alike(piece, limit=2)] == [style.id, colour.id]


def test_an_address_is_made_of_words_and_the_number(app: Flask) -> None:
    piece = a_piece(title="Marlow tôte & Co.", colour="crème")
    assert public_path(piece) == f"/p/marlow-tote-co-creme-{piece.number}"
