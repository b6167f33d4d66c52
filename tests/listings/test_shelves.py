"""The shelf in memory says what the database says, whoever changes it, and another process sees a sale at once."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from marketplace import clock
from marketplace.catalogue.models import StylePicture
from marketplace.database import db, unit_of_work
from marketplace.listings import shelves
from marketplace.listings.criteria import Criteria, Sort
from marketplace.listings.models import Listing
from marketplace.listings.search import look, suggest
from marketplace.listings.states import ListingState
from tests.fresh import FreshDatabase
from tests.shopping import live_listing

ROOT = Path(__file__).resolve().parents[2]
LONGEST_SHOWN = 2.0  # seconds that a sold piece may still be shown as available


def numbers(**asked: Any) -> list[str]:
    return [piece.number for piece in look(Criteria(**asked)).page.listings]


def change(listing: Listing, **values: Any) -> None:
    with unit_of_work():
        db.session.execute(sa.update(Listing).where(Listing.id == listing.id).values(**values))


def everything_on_the_shelf() -> Any:
    with unit_of_work(reading=True), shelves.open_shelf() as shelf:
        values = {
            (facet, value): list(ids) for facet, known in shelf.values.items() for value, ids in known.items() if ids
        }
        places = [(sort, shelf.ordering(sort).place_of(listing)) for sort in Sort for listing in shelf.for_sale]
        styles = {style: list(ids) for style, ids in shelf._styles.items() if ids}
        return list(shelf.for_sale), values, places, styles


def test_a_change_is_seen_by_the_next_who_looks(app: Flask) -> None:
    piece, other = live_listing(price=20_000), live_listing(price=30_000)
    assert numbers(sort=Sort.PRICE_UP) == [piece.number, other.number]
    change(piece, price_minor=40_000)
    assert numbers(sort=Sort.PRICE_UP) == [other.number, piece.number]
    change(piece, state=ListingState.HELD)
    assert numbers() == [other.number]
    change(piece, state=ListingState.LIVE, saves=3, colour="sage")
    assert numbers(sort=Sort.SAVED) == [piece.number, other.number]
    assert numbers(chosen={"colour": ("sage",)}) == [piece.number]
    kept = everything_on_the_shelf()
    shelves.forget()
    assert everything_on_the_shelf() == kept, "built anew from groups, and kept up piece by piece, it is the same"
    assert other.seller is not None
    with unit_of_work():
        other.seller.suspended_at = clock.now()
    assert numbers() == [piece.number]


def test_the_generation_is_another_one_once_a_card_is(fresh_database: FreshDatabase) -> None:
    def told() -> int:
        with unit_of_work(reading=True):
            return shelves.generation()

    def draw() -> None:
        with unit_of_work():
            style_id = db.session.scalars(sa.select(StylePicture.style_id)).one()
            file = {"key": "photos/00/side", "width": 640, "height": 800, "widths": [640]}
            db.session.add(StylePicture(style_id=style_id, position=1, kind="side", **file))

    fresh_database.run(live_listing)
    first = fresh_database.run(told)
    assert fresh_database.run(told) == first
    fresh_database.run(draw)
    assert fresh_database.run(told) > first


def test_pieces_that_meet_most_filters_are_near_and_fewer_filters_are_counted(app: Flask) -> None:
    near = live_listing(colour="navy", title="Lena tote")
    far = live_listing(colour="sage", title="Noa tote")
    window = look(Criteria(words="lena", chosen={"colour": ("navy",), "condition": ("good",)}))
    assert window.page.listings == []
    assert [piece.number for piece in window.nearest] == [near.number, far.number]
    assert [(less.name, less.value, less.count) for less in window.wider] == [("condition", "good", 1)]


def test_where_no_piece_has_all_words_those_with_most_of_them_are_near(app: Flask) -> None:
    far, near = live_listing(colour="sage", title="Noa tote"), live_listing(colour="navy", title="Lena tote")
    nearer = live_listing(colour="sage", title="Lena tote")
    window = look(Criteria(words="sage lena zebra"))
    assert window.page.listings == []
    assert [piece.number for piece in window.nearest] == [nearer.number, near.number, far.number]


def test_a_misspelt_word_finds_what_was_meant_and_words_begun_are_ended(app: Flask) -> None:
    piece = live_listing(title="Marlow tote", colour="oxblood")
    window = look(Criteria(words="oxblod tote"))
    assert [shown.number for shown in window.page.listings] == [piece.number]
    assert [(slip.typed, slip.instead) for slip in window.slips] == [("oxblod", ("oxblood",))]
    window = look(Criteria(words="burgandy tote"))  # a slip in another name of the colour
    assert [shown.number for shown in window.page.listings] == [piece.number]
    assert [(slip.typed, slip.instead) for slip in window.slips] == [("burgandy", ("burgundy",))]
    assert suggest("mar") == [("Marlow tote", 1)]
    assert suggest("oxb") == [("oxblood", 1)]


LISTS = ("/", "/shop", "/shop/tote", "/shop?colour=oxblood", "/search?q=marlow")
SELL = """
import sys, sqlalchemy as sa
engine = sa.create_engine(sys.argv[1])
with engine.begin() as connection:
    connection.execute(sa.text("UPDATE listings SET state = 'sold' WHERE number = :number"), {"number": sys.argv[2]})
"""


@pytest.mark.parametrize("rolled_back", [False, True])
def test_a_piece_sold_by_another_process_leaves_every_list_within_two_seconds(
    fresh_database: FreshDatabase, *, rolled_back: bool
) -> None:
    """And its page offers it no more. The control: the same sale taken back in the end leaves the piece where it is."""
    number = fresh_database.run(lambda: live_listing().number)
    visitor = fresh_database.client()

    def shown() -> set[str]:
        lists = {path for path in LISTS if number in visitor.get(path).text}
        return lists | (
            {"page"} if "add-to-bag" in visitor.get(f"/p/x-{number}", follow_redirects=True).text else set()
        )

    assert shown() == {*LISTS, "page"}
    script = SELL + ("    raise SystemExit(0)\n" if rolled_back else "")
    done = subprocess.run([sys.executable, "-c", script, fresh_database.url, number], cwd=ROOT, check=False)
    assert done.returncode == 0
    until = time.monotonic() + LONGEST_SHOWN
    while shown() and time.monotonic() < until:
        time.sleep(0.05)
    assert shown() == ({*LISTS, "page"} if rolled_back else set())
