"""Where the programme trades: currency, language, calendar, and the regions it ships between."""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from typing import Annotated, cast
from zoneinfo import ZoneInfo

import holidays
import msgspec
from msgspec import Meta

from marketplace.clock import BusinessCalendar
from marketplace.programme.policy.values import Email, Name, Section, Weekday

Region = Annotated[str, Meta(pattern=r"\A[A-Z0-9]{1,3}\Z")]
Country = Annotated[str, Meta(pattern=r"\A[A-Z]{2}\Z")]


class Holidays(Section, frozen=True, kw_only=True):
    """The public holidays on which nobody works."""

    country: Country
    subdivision: str | None = None
    also: tuple[date, ...] = ()  # days the house closes besides


class PostalPlace(Section, frozen=True, kw_only=True):
    """A place of the house's own, as carriers write it."""

    name: Name
    line1: Annotated[str, Meta(min_length=1, max_length=35)]
    city: Annotated[str, Meta(min_length=1, max_length=60)]
    region: Region
    postcode: Annotated[str, Meta(min_length=2, max_length=12)]
    phone: Annotated[str, Meta(max_length=20)] = ""


class Market(Section, frozen=True, kw_only=True):
    """One market: a country, its money, its days."""

    country: Country
    currency: Annotated[str, Meta(pattern=r"\A[A-Z]{3}\Z")]
    locale: Annotated[str, Meta(pattern=r"\A[a-z]{2,3}(_[A-Z]{2})?\Z")]
    time_zone: str
    weekend: tuple[Weekday, ...]
    holidays: Holidays
    ship_to_regions: tuple[Region, ...]  # MK-48, GAP-05
    ship_from_regions: tuple[Region, ...]  # MK-46
    warehouse: PostalPlace  # where the brand's own pieces leave from (MK-17)
    warehouse_email: Email  # where its labels go

    @property
    def warehouse_postal(self) -> dict[str, str]:
        """The warehouse as checkouts and parcels keep an address."""
        place = cast("dict[str, str]", msgspec.structs.asdict(self.warehouse))
        return {"line2": "", **place, "country": self.country}

    @property
    def calendar(self) -> BusinessCalendar:
        """The days this market works (GAP-04)."""
        return _calendar(self.time_zone, self.weekend, self.holidays)


@lru_cache(maxsize=32)
def _calendar(time_zone: str, weekend: tuple[Weekday, ...], closed: Holidays) -> BusinessCalendar:
    days = holidays.country_holidays(closed.country, subdiv=closed.subdivision)
    days.update(dict.fromkeys(closed.also, "closed"))
    return BusinessCalendar(ZoneInfo(time_zone), frozenset(day.number for day in weekend), days)
