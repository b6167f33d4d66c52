"""What the preset that ships says, number by number and list by list, and the questions a policy answers itself."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from marketplace.money import Money
from tests.programme.policies import changed, preloved

STATES = """
    AK AL AR AZ CA CO CT DE FL GA HI IA ID IL IN KS KY LA MA MD ME MI MN MO MS MT NC ND NE NH NJ NM NV NY OH OK OR PA
    RI SC SD TN TX UT VA VT WA WI WV WY
"""


def test_pieces_ship_to_the_fifty_states_exactly() -> None:
    assert sorted(preloved().market.ship_to_regions) == STATES.split()
    assert len(STATES.split()) == 50


def test_the_scale_suggestions_and_shares_are_those_of_the_programme() -> None:
    policy = preloved()
    accepted = [(grade.key, grade.suggestion_basis_points) for grade in policy.condition.accepted_grades]
    assert accepted == [("new_with_tags", 8000), ("excellent", 6000), ("good", 4500)]
    assert policy.payout.payout_basis_points == 8000
    assert policy.payout.commission_basis_points == 2000
    assert Money(10000, "USD").share(policy.payout.payout_basis_points) == Money(8000, "USD")


def test_the_time_limits_are_those_of_the_programme() -> None:
    limits = preloved().limits
    assert (limits.review_business_days, limits.ship_by_business_days, limits.confirmation_window_hours) == (2, 3, 72)
    assert (limits.label_alarm_business_days, limits.cancel_late_business_days) == (1, 4)
    assert (limits.no_movement_days, limits.late_update_business_days) == (10, 3)


def test_a_category_is_known_by_any_spelling_of_its_name() -> None:
    eligibility = preloved().eligibility
    names = ["shoulder-bag", "Shoulder bag", " shoulder_bag "]
    assert [eligibility.category(name) for name in names] == [eligibility.categories[1]] * 3
    assert eligibility.category("hat") is None


def test_everything_the_house_made_as_bags_and_wallets_can_be_listed() -> None:
    eligibility = preloved().eligibility
    library = ["tote", "shoulder bag", "satchel", "camera bag", "bucket bag", "zip wallet"]
    assert all(eligibility.category(name) in eligibility.accepted_categories for name in library)
    refused = [eligibility.category(name) for name in ("coat", "pumps", "watch")]
    assert not set(refused) & {None, *eligibility.accepted_categories}


def test_the_strictest_cap_decides_the_highest_grade() -> None:
    scale = preloved().condition
    assert scale.highest_grade("corners", "scuff", "light").key == "excellent"
    assert scale.highest_grade("corners", "scuff", "clear").key == "good"
    assert scale.highest_grade("lining", "tear", "light").key == "good"
    assert scale.highest_grade("lining", "tear", "clear").key == "fair"
    assert scale.highest_grade("exterior", "stain", "heavy").key == "fair"


def test_a_tax_rate_holds_from_its_day_on() -> None:
    tax = preloved().tax
    assert (tax.rate_on(date(2024, 12, 31), "LA"), tax.rate_on(date(2025, 1, 1), "LA")) == (445, 500)
    with pytest.raises(LookupError):
        tax.rate_on(date(2023, 12, 31), "LA")


@pytest.mark.rule("GAP-04")
def test_holidays_weekends_and_the_houses_own_days_are_no_business_days() -> None:
    calendar = changed({"market.holidays.also": ["2026-11-27"]}).calendar
    thanksgiving, friday, saturday, monday = (date(2026, 11, day) for day in (26, 27, 28, 30))
    assert [calendar.is_business_day(day) for day in (thanksgiving, friday, saturday, monday)] == [False] * 3 + [True]
    assert preloved().calendar.is_business_day(friday)
    wednesday = datetime(2026, 11, 25, 15, 0, tzinfo=UTC)
    due = calendar.end_of_business_day_after(wednesday, 3)
    assert due == datetime(2026, 12, 3, 4, 59, 59, tzinfo=UTC)  # Wednesday 2 December, 23:59:59 in New York
    assert due - wednesday > timedelta(days=7)
