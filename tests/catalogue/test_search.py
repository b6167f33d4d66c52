"""The search port: one suite, run on each engine's own adapter."""

from __future__ import annotations

import pytest
from flask import Flask

from marketplace.catalogue.models import Style
from marketplace.catalogue.search import Search, read_query, search_in
from marketplace.catalogue.search.postgresql import PostgreSQLSearch
from marketplace.catalogue.words import is_one_slip, one_slip_from
from marketplace.database import db

PIECES = {
    "VL-4711": ("Marlow tote", "tote", "Oxblood", "pebbled leather"),
    "VL-4712": ("Lena shoulder bag", "shoulder-bag", "Navy", "suede"),
    "VL-9": ("Café clutch", "clutch", "Cognac", "smooth leather"),
    "VL-8": ("Greenwich satchels", "satchel", "Camel", "canvas"),
}


@pytest.fixture
def search(app: Flask) -> Search:
    """The search of this engine, over a few styles."""
    for number, (title, category, colour, material) in PIECES.items():
        told = {"title": title, "category": category, "colour": colour, "material": material}
        db.session.add(Style(number=number, house="Velorne", list_price_minor=1, currency="USD", **told))
    db.session.commit()
    return search_in(db.session.connection())


def found(search: Search, words: str) -> list[str]:
    ids = search.styles(read_query(words))
    assert len(set(ids)) == len(ids)
    return sorted(db.session.get_one(Style, style_id).number for style_id in ids)


@pytest.mark.parametrize(
    ("words", "numbers"),
    [
        ("marlow", ["VL-4711"]),
        ("velorne", ["VL-4711", "VL-4712", "VL-8", "VL-9"]),
        ("leather", ["VL-4711", "VL-9"]),
        ("LEA navy", []),
        ("tote leather oxb", ["VL-4711"]),
        ("cafe", ["VL-9"]),
        ("vl-4711", ["VL-4711"]),  # a style number, with its sign, without, and in part
        ("VL4711", ["VL-4711"]),
        ("4711", ["VL-4711"]),
        ("vl47", ["VL-4711", "VL-4712"]),
        ("burgundy", ["VL-4711"]),  # colours and kinds by other names
        ("burgundy shopper", ["VL-4711"]),
        ("midnight hobo", ["VL-4712"]),
        ("shoulder bags", ["VL-4712"]),
        ("weinrot", ["VL-4711"]),
        ("weinroter shopper", ["VL-4711"]),  # as the languages bend them
        ("bolsos de hombro", ["VL-4712"]),
        ("totes", ["VL-4711"]),
        ("sage", []),  # a colour is a whole word: green is not Greenwich
        ("green", []),
        ("greenw", ["VL-8"]),
        ("satchel", ["VL-8"]),
        ("caramel", ["VL-8", "VL-9"]),
        ("zzz", []),
        ("' OR 1=1 -- ) | (", []),
    ],
)
def test_words_find_styles(search: Search, words: str, numbers: list[str]) -> None:
    assert found(search, words) == numbers


def test_a_style_is_found_by_what_it_says_now(search: Search) -> None:
    style = db.session.query(Style).filter_by(number="VL-9").one()
    style.search_text = " velorne evening purse"
    db.session.commit()
    assert found(search, "cafe") == []
    assert found(search, "evening") == ["VL-9"]


def test_known_words_one_slip_away_are_told(search: Search) -> None:
    if isinstance(search, PostgreSQLSearch) and not search.knows_spelling():
        pytest.skip("this PostgreSQL has no pg_trgm")
    for typed in ("oxblod", "oxbloood", "oxbliod", "oxblodo", "0xblood", "xblood"):
        assert search.near(typed) == ["oxblood"], typed
    assert search.near("toet") == ["tote"]
    assert search.near("oxblood") == search.near("oxbld") == search.near("tot") == []


def test_words_begun_are_ended_by_the_alphabet(search: Search) -> None:
    assert list(search.beginning("l", 9)) == ["leather", "lena"]
    assert list(search.beginning("l", 1)) == ["leather"]
    assert list(search.beginning("%", 9)) == []


def test_one_slip_is_a_letter_more_less_another_or_two_that_changed_places() -> None:
    near = one_slip_from("bag")
    assert {"bagg", "ba", "big", "abg"} <= near
    assert not near & {"bag", "bgaa", "gab"}
    assert all(is_one_slip("bag", word) for word in near)
    assert not any(is_one_slip("bag", word) for word in ("bag", "gab", "bagger", "bit"))
