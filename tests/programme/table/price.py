"""What a piece may cost and what is suggested for it."""

from __future__ import annotations

from datetime import timedelta

from marketplace import clock
from marketplace.database import unit_of_work
from marketplace.listings.criteria import Criteria
from marketplace.listings.drafting import PriceOutOfBounds
from marketplace.listings.search import search_listings
from marketplace.listings.suggestion import is_outside_band, suggestion_for
from marketplace.programme import versions
from tests.programme import world
from tests.programme.rows import Behaviour, Row, Scene, refusing
from tests.programme.table.condition import suggested

PRICING = "/help/pricing"
ONE_SALE_COUNTS = {"price.suggestion.sales_min_count": 1}


def refuses_price(minor: int) -> Behaviour:
    def refuses(scene: Scene) -> None:
        listing = world.a_draft()
        with refusing(PriceOutOfBounds):
            world.priced(listing, minor)
        assert listing.price_minor is None

    return refuses


def points_out(minor: int) -> Behaviour:
    """The reviewer is told that this price is far from the $165 suggested."""

    def flagged(scene: Scene) -> None:
        listing = world.priced(world.graded(world.a_draft(), "excellent"), minor)
        found = suggestion_for(listing, at=clock.now())
        assert found is not None
        assert is_outside_band(listing, found)

    return flagged


def after_a_sale_for_100(minor: int, *, days: int = 0) -> Behaviour:
    """What is suggested for a piece of a style that sold for $100 some days ago."""

    def suggests(scene: Scene) -> None:
        style = f"VL-{versions.current().number}"
        world.capture(world.an_order(world.a_live_listing(minor=10_000, style_number=style)))
        with unit_of_work():
            clock.advance(timedelta(days=days))
        listing = world.graded(world.a_draft(style_number=style, purchased_on=clock.now().date()), "excellent")
        found = suggestion_for(listing, at=clock.now())
        assert found is not None
        assert found.price.minor == minor

    return suggests


def finds_a_piece_of_200(band: str) -> Behaviour:
    """The piece, with its shipping above $200, is among those of this band."""

    def found(scene: Scene) -> None:
        world.a_live_listing(minor=20_000)
        assert search_listings(Criteria(chosen={"price": (band,)})).listings

    return found


ROWS = [
    Row("price.min_minor", 10_000, refuses_price(5_000), page=PRICING, says="from $100 to"),
    Row("price.max_minor", 20_000, refuses_price(25_000), page=PRICING, says="to $200."),
    Row(
        "price.filter_steps",
        [150, 1000],
        finds_a_piece_of_200("150-1000"),
        untold="it says nothing of a price: a list of pieces shows the bands that hold one",
    ),
    Row("price.review_band_basis_points", 1000, points_out(14_500), page=PRICING, says="more than 10% away"),
    Row(
        "price.suggestion.lost_per_year_basis_points",
        2000,
        suggested(12_000),
        page=PRICING,
        says="20% of the original price is taken off for each full year",
    ),
    Row(
        "price.suggestion.floor_basis_points",
        7000,
        suggested(21_000),
        page=PRICING,
        says="never less than 70% is suggested",
    ),
    Row(
        "price.suggestion.sales_min_count",
        1,
        after_a_sale_for_100(14_000),
        page=PRICING,
        says="we have sold 1 of the same style",
    ),
    Row(
        "price.suggestion.sales_lookback_days",
        30,
        after_a_sale_for_100(18_000, days=40),
        page=PRICING,
        says="within 30 days",
        given=ONE_SALE_COUNTS,
    ),
    Row(
        "price.suggestion.sales_weight_basis_points",
        10_000,
        after_a_sale_for_100(10_000),
        page=PRICING,
        says="counts for 100% of the suggestion",
        given=ONE_SALE_COUNTS,
    ),
]
