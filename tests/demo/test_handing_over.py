"""The demo world's drivers come on business days, and nobody stands before a shut store."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

import pytest
from flask import Flask

from marketplace.custody import arranging
from marketplace.demo import cast, handing_over
from marketplace.programme import reading

DAYS = 400  # every weekday and holiday of a year, whatever day the world is built on


@pytest.mark.parametrize(
    "preset", sorted(path.stem for path in reading.PRESETS.glob("*.toml") if path.stem != "preloved")
)
def test_on_whatever_day_the_world_is_built_each_way_is_one_its_programme_takes(app: Flask, preset: str) -> None:
    policy = reading.read(preset)
    [someone, *_others] = cast.members_in(policy.market.country)
    for ahead in range(DAYS):
        day = datetime(2026, 11, 1, tzinfo=UTC).date() + timedelta(days=ahead)
        noon = datetime.combine(day, time(12), policy.calendar.zone)
        wanted = handing_over.collected(policy, someone.address, after=day)
        arranging.check(policy, wanted, noon)
        assert wanted.collect_on is not None and wanted.collect_on - day <= timedelta(days=9)
        for store in policy.inbound.stores:
            arranging.check(policy, handing_over.to_a_store(store), noon)
            opens = handing_over.open_day(store, after=day)
            assert f"{opens:%A}".lower() in store.hours.weekdays and opens - day <= timedelta(days=3)
