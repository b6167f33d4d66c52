"""The suggested price: what it is made of, and that it never binds (MK-31, MK-32, MK-50 to MK-52, GAP-07)."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from flask import Flask

from marketplace import clock
from marketplace.database import db, unit_of_work
from marketplace.listings.drafting import PriceOutOfBounds, save_price
from marketplace.listings.models import Listing
from marketplace.listings.states import ListingState
from marketplace.listings.suggestion import is_outside_band, months_between, suggest, suggestion_for
from marketplace.money import Money
from marketplace.programme.reading import read
from tests.accounts import an_account
from tests.programme.world import a_draft, graded, priced

POLICY = read("preloved")
TODAY = date(2026, 6, 15)
ORIGINAL = Money(42_800, "USD")


def suggested(grade: str, bought_on: date, sold: list[int] | None = None) -> int:
    chosen = POLICY.condition.grade(grade)
    return suggest(
        original=ORIGINAL, grade=chosen, bought_on=bought_on, today=TODAY, sold_minor=sold or [], policy=POLICY
    ).price.minor


@pytest.mark.parametrize(
    ("grade", "bought_on", "minor"),
    [
        ("new_with_tags", date(2026, 6, 1), 34_240),  # 80%
        ("new_with_tags", date(2015, 6, 1), 34_240),  # of any age
        ("excellent", date(2026, 6, 1), 25_680),  # 60%
        ("excellent", date(2025, 6, 16), 25_680),  # a day short of a year
        ("excellent", date(2025, 6, 15), 23_540),  # a full year: 55%
        ("good", date(2024, 6, 15), 14_980),  # 45% less two years: 35%
        ("good", date(2020, 6, 15), 6_420),  # 15% is the floor
        ("good", date(2001, 1, 1), 6_420),
    ],
)
def test_the_share_follows_grade_and_full_years(grade: str, bought_on: date, minor: int) -> None:
    assert suggested(grade, bought_on) == minor


def test_five_sales_count_and_four_do_not() -> None:
    young = date(2026, 6, 1)
    assert suggested("excellent", young, [10_000] * 4) == 25_680
    assert suggested("excellent", young, [10_000] * 5) == 17_840  # half the share, half what sales brought
    assert suggested("excellent", young, [1, 10_000, 10_000, 10_000, 10**9]) == 17_840  # the middle one
    assert suggested("new_with_tags", young, [10_000] * 9) == 34_240


@pytest.mark.parametrize(
    ("start", "end", "months"),
    [
        (date(2026, 1, 31), date(2026, 2, 28), 0),
        (date(2026, 1, 31), date(2026, 3, 31), 2),
        (date(2025, 12, 15), date(2026, 1, 15), 1),
        (date(2027, 1, 1), date(2026, 1, 1), 0),
    ],
)
def test_months_are_full_months(start: date, end: date, months: int) -> None:
    assert months_between(start, end) == months


# In the shop ---------------------------------------------------------------------------------------------------------


def bought(days_ago: int) -> date:
    return clock.now().date() - timedelta(days=days_ago)


@pytest.mark.rule("MK-51")
def test_new_with_tags_is_suggested_at_a_fifth_below_the_original_price(app: Flask) -> None:
    listing = graded(a_draft(list_price_minor=42_800, purchased_on=bought(3_000)), "new_with_tags")
    suggestion = suggestion_for(listing, at=clock.now())
    assert suggestion is not None
    assert suggestion.price == Money(34_240, "USD") and listing.suggested_price_minor == 34_240
    assert suggestion.reason == "20% below the original price: New with tags."


def test_where_nobody_knows_when_it_was_bought_no_age_is_said(app: Flask) -> None:
    listing = graded(a_draft(list_price_minor=30_000, purchased_on=bought(430)), "excellent")
    with unit_of_work():
        listing.purchased_on = None
    suggestion = suggestion_for(listing, at=clock.now())
    assert suggestion is not None
    assert suggestion.reason == "40% below the original price: Excellent."


@pytest.mark.rule("MK-32", "MK-50")
def test_the_suggestion_follows_condition_and_age_and_says_so(app: Flask) -> None:
    listing = graded(a_draft(list_price_minor=30_000, purchased_on=bought(430)), "excellent")
    suggestion = suggestion_for(listing, at=clock.now())
    assert suggestion is not None
    assert suggestion.price == Money(16_500, "USD")
    assert suggestion.reason == "45% below the original price: Excellent, bought 14 months ago."
    graded(listing, "good")
    assert listing.suggested_price_minor == 12_000


def sold_before(count: int, minor: int) -> None:
    """Earlier sales of the same style, told to the database as such."""
    for _ in range(count):
        listing = priced(a_draft(), minor)
        db.session.execute(
            db.update(Listing)
            .where(Listing.id == listing.id)
            .values(state=ListingState.SOLD, sold_at=clock.now() - timedelta(days=30))
        )
    db.session.commit()


@pytest.mark.rule("GAP-07")
def test_our_own_sales_of_the_style_are_blended_in_from_the_fifth_on(app: Flask) -> None:
    listing = graded(a_draft(), "excellent")
    sold_before(4, 20_000)
    before = suggestion_for(listing, at=clock.now())
    sold_before(1, 20_000)
    after = suggestion_for(listing, at=clock.now())
    assert before is not None and after is not None
    assert (before.price.minor, before.sales) == (16_500, 0)
    assert (after.price.minor, after.sales) == (18_250, 5)
    assert "our last 5 sales of this style, whose middle price was $200" in after.reason
    a_year_on = suggestion_for(listing, at=clock.now() + timedelta(days=336))
    assert a_year_on is not None and a_year_on.sales == 0


@pytest.mark.rule("MK-31", "MK-52")
def test_a_seller_names_any_price_whatever_was_suggested(app: Flask) -> None:
    listing = graded(a_draft(), "excellent")
    for minor in (2_000, 16_501, 29_999, 500_000):
        assert priced(listing, minor).price_minor == minor
    suggestion = suggestion_for(listing, at=clock.now())
    assert suggestion is not None and is_outside_band(listing, suggestion)


@pytest.mark.parametrize("minor", [0, 1_999, 500_001, 10**11])
def test_only_what_nothing_could_be_sold_at_is_refused(app: Flask, minor: int) -> None:
    listing = priced(graded(a_draft(), "excellent"), 18_000)
    with pytest.raises(PriceOutOfBounds):
        save_price(listing, price=Money(minor, "USD"), by=an_account(), at=clock.now())
    db.session.rollback()
    assert listing.price_minor == 18_000


def test_the_reviewer_is_told_of_a_price_outside_the_band(app: Flask) -> None:
    listing = graded(a_draft(), "excellent")  # suggested: 165 dollars; the band reaches from 115.50 to 214.50
    suggestion = suggestion_for(listing, at=clock.now())
    assert suggestion is not None
    flags = {minor: is_outside_band(priced(listing, minor), suggestion) for minor in (11_549, 11_550, 21_450, 21_451)}
    assert flags == {11_549: True, 11_550: False, 21_450: False, 21_451: True}
