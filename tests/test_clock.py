"""Business time and business days."""

from __future__ import annotations

import time
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from marketplace import clock
from marketplace.clock import BusinessCalendar
from marketplace.database import UTCDateTime, db, unit_of_work

NEW_YORK = ZoneInfo("America/New_York")
THANKSGIVING = date(2026, 11, 26)
CALENDAR = BusinessCalendar(NEW_YORK, weekend=frozenset({5, 6}), holidays=frozenset({THANKSGIVING}))


def local(*when: int) -> datetime:
    return datetime(*when, tzinfo=NEW_YORK)


# The one now ---------------------------------------------------------------------------------------------------------


def test_time_stands_still_within_a_transaction_and_passes_between_two(fresh_database) -> None:
    def look_twice() -> tuple[datetime, datetime]:
        with unit_of_work():
            first = clock.now()
            db.session.execute(sa.text("SELECT 1"))
            return first, clock.now()

    first, again = fresh_database.run(look_twice)
    time.sleep(0.002)  # SQLite tells the time in thousandths
    later, _ = fresh_database.run(look_twice)
    assert first == again < later
    assert first.tzinfo is UTC


def test_business_time_is_the_databases_own_until_it_is_moved(fresh_database) -> None:
    def difference() -> timedelta:
        with unit_of_work():
            return clock.now() - clock.wall()

    assert abs(fresh_database.run(difference)) < timedelta(seconds=5)


def test_an_advance_adds_up_and_is_seen_at_once(app) -> None:
    start = clock.now()
    assert clock.advance(timedelta(days=3)) == start + timedelta(days=3)
    assert clock.advance(timedelta(microseconds=1)) == start + timedelta(days=3, microseconds=1)
    assert clock.now() == start + timedelta(days=3, microseconds=1)


def test_the_clock_never_moves_backwards(app) -> None:
    start = clock.now()
    with pytest.raises(ValueError, match="backwards"):
        clock.advance(timedelta(seconds=-1))
    assert clock.now() == start


def test_a_world_begins_once(app) -> None:
    moment = datetime(2026, 9, 1, 12, tzinfo=UTC)
    clock.begin_at(moment)
    assert abs(clock.now() - moment) < timedelta(seconds=1)
    with pytest.raises(ValueError, match="already"):
        clock.begin_at(moment + timedelta(days=1))


def test_a_moment_without_a_zone_is_never_stored(app) -> None:
    with pytest.raises(sa.exc.StatementError, match="time zone"):
        db.session.scalar(sa.select(sa.literal(datetime(2026, 1, 1), UTCDateTime())))


def test_a_moment_comes_back_in_utc_to_the_microsecond(app) -> None:
    moment = local(2026, 7, 4, 12, 0, 0, 123_456)
    found = db.session.scalar(sa.select(sa.literal(moment, UTCDateTime())))
    assert found == moment
    assert found.tzinfo is UTC


# Business days -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("day", "works"),
    [
        (date(2026, 11, 25), True),
        (THANKSGIVING, False),
        (date(2026, 11, 27), True),
        (date(2026, 11, 28), False),
        (date(2026, 11, 29), False),
    ],
)
def test_weekends_and_holidays_are_no_business_days(day: date, works: bool) -> None:
    assert CALENDAR.is_business_day(day) is works


@pytest.mark.parametrize(
    ("start", "days", "end"),
    [
        # A Tuesday: Wednesday, Friday (Thursday is a holiday), Monday.
        (local(2026, 11, 24, 9), 3, local(2026, 11, 30, 23, 59, 59)),
        # A Saturday counts from Monday on.
        (local(2026, 11, 21, 0, 5), 1, local(2026, 11, 23, 23, 59, 59)),
        # Late on Friday in New York it is Saturday in UTC: the local date counts.
        (local(2026, 11, 20, 23, 30), 3, local(2026, 11, 25, 23, 59, 59)),
        (local(2026, 11, 20, 0, 0), 3, local(2026, 11, 25, 23, 59, 59)),
        # Across both changes of the clock the end is still the last second of the local day.
        (local(2026, 3, 6, 12), 3, local(2026, 3, 11, 23, 59, 59)),
        (local(2026, 10, 30, 12), 3, local(2026, 11, 4, 23, 59, 59)),
    ],
)
def test_the_end_of_the_nth_business_day_is_its_last_local_second(start: datetime, days: int, end: datetime) -> None:
    found = CALENDAR.end_of_business_day_after(start.astimezone(UTC), days)
    assert found == end
    assert found.utcoffset() == timedelta(0)


def test_summer_and_winter_time_end_the_day_at_other_utc_hours() -> None:
    winter = CALENDAR.end_of_business_day_after(local(2026, 3, 5, 12), 1)
    summer = CALENDAR.end_of_business_day_after(local(2026, 3, 9, 12), 1)
    assert (winter.hour, summer.hour) == (4, 3)


EARLIEST = datetime(2020, 1, 1, tzinfo=UTC)
MOMENTS = st.integers(0, 15 * 365 * 24 * 3600).map(lambda seconds: EARLIEST + timedelta(seconds=seconds))


@given(MOMENTS, st.integers(1, 20))
def test_the_nth_business_day_lies_n_business_days_ahead(start: datetime, days: int) -> None:
    end = CALENDAR.end_of_business_day_after(start, days)
    assert end > start
    assert CALENDAR.is_business_day(end.astimezone(NEW_YORK).date())
    assert CALENDAR.business_days_between(start, end) == days


def test_no_business_day_lies_between_friday_and_sunday() -> None:
    assert CALENDAR.business_days_between(local(2026, 11, 20, 9), local(2026, 11, 22, 9)) == 0
    assert CALENDAR.business_days_between(local(2026, 11, 20, 9), local(2026, 11, 23, 0, 1)) == 1
