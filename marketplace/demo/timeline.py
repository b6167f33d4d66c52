"""The weeks before today, told in the order in which things happened, under the shop's own clock.

A story is a generator: what stands between two of its yields happens at one moment, and it yields the next moment at
which it goes on. Between the stories the shop does what is due, as it does every day.

    def story(timeline):
        yield timeline.moment(days_ago=12, hour=10)
        submit(listing)
        yield timeline.moment(days_ago=11, hour=15)
        approve(listing)
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from itertools import count

from marketplace import clock
from marketplace.clock import BusinessCalendar, ClockOffset
from marketplace.database import unit_of_work
from marketplace.jobs import runner
from marketplace.shipping import asking

Story = Iterator[datetime]

DAYS = 75  # how far back the world begins
LULL = timedelta(minutes=50)  # after so long without news the shop has done what was due
JUST_AFTER_MIDNIGHT = time(0, 0, 30)
LAST_OF_THE_DAY = time(23, 59, 30)


class Timeline:
    """Begins the world's clock ``DAYS`` ago and leads it to this very moment."""

    def __init__(self, calendar: BusinessCalendar) -> None:
        self.calendar = calendar
        self._today = clock.wall().astimezone(calendar.zone).date()
        self._stories: list[tuple[datetime, int, Story]] = []
        self._numbers = count()
        self._end = self._at(self.day(1), LAST_OF_THE_DAY)
        self._now = self._last_act = self.moment(days_ago=DAYS, hour=8)

    def begin(self) -> None:
        """Set business time to the world's first morning; the database must not have a time of its own yet."""
        with unit_of_work():
            clock.begin_at(self._now)

    def moment(self, *, days_ago: int, hour: int, minute: int = 0) -> datetime:
        """A time of day in the market's time zone, so many calendar days before today."""
        return self._at(self._today - timedelta(days=days_ago), time(hour, minute))

    def business_days_ago(self, number: int) -> int:
        """How many calendar days ago the last day was after which ``number`` business days have fully passed."""
        day, passed = self._today, 0
        while passed < number:
            day -= timedelta(days=1)
            passed += self.calendar.is_business_day(day)
        return (self._today - day).days + 1

    def day(self, days_ago: int) -> date:
        """The calendar day so many days before today."""
        return self._today - timedelta(days=days_ago)

    def tell(self, story: Story) -> None:
        """Let a story go on at the next moment it names: yesterday at the latest, whatever the hour is now.

        Raises ``ValueError`` for a later one: it would be told before it could have happened.
        """
        for moment in story:
            if moment > self._end:
                raise ValueError(f"a story goes on at {moment}, after the end of yesterday")
            heapq.heappush(self._stories, (moment, next(self._numbers), story))
            return

    def run(self) -> None:
        """Go through all stories up to the end of yesterday."""
        while self._stories:
            moment, _number, story = heapq.heappop(self._stories)
            self._go_to(moment)
            self.tell(story)
            self._last_act = self._now
        self._go_to(self._end)
        # Whatever the hour of the day it is now: no question to the carrier falls due before the world is ready.
        asking.poll_tracking()
        runner.run_until_idle()

    def come_to(self, before_now: timedelta) -> None:
        """Lead business time to so long before now, for what happened just now."""
        self._advance(clock.wall() - before_now)

    def arrive(self) -> None:
        """From here on business time is the database's time: the offset is nothing at all."""
        runner.run_until_idle()
        with unit_of_work() as session:
            clock.advance(timedelta(microseconds=-session.get_one(ClockOffset, 1).offset_us))
        runner.run_until_idle()

    def _go_to(self, moment: datetime) -> None:
        if moment - self._last_act > LULL:
            runner.run_until_idle()
        while (midnight := self._next_midnight()) < moment:
            self._advance(midnight)
            runner.run_until_idle()
        self._advance(moment)

    def _next_midnight(self) -> datetime:
        day = self._now.astimezone(self.calendar.zone).date()
        midnight = self._at(day, JUST_AFTER_MIDNIGHT)
        return midnight if midnight > self._now else self._at(day + timedelta(days=1), JUST_AFTER_MIDNIGHT)

    def _advance(self, moment: datetime) -> None:
        with unit_of_work():
            now = clock.now()
            self._now = clock.advance(moment - now) if moment > now else now

    def _at(self, day: date, hour: time) -> datetime:
        return datetime.combine(day, hour, self.calendar.zone).astimezone(UTC)
