"""How pieces of the demo world come to the house where no parcel is handed in: by a driver, or to a store."""

from __future__ import annotations

from datetime import date, timedelta

from marketplace.custody.arranging import Arrangement
from marketplace.custody.models import Way
from marketplace.programme.policy import Policy
from marketplace.programme.policy.inbound import Place
from marketplace.shipping.postal import PostalAddress

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def collected(policy: Policy, home: PostalAddress, *, after: date) -> Arrangement:
    """A driver comes on the first business day after that one, in the last of the slots."""
    day = policy.calendar.day_after(after, 1)
    return Arrangement(home, Way.COLLECTION, collect_on=day, slot=policy.inbound.slots[-1].key)


def to_a_store(store: Place) -> Arrangement:
    """They are brought there, without a label."""
    return Arrangement(way=Way.STORE, place=store.key)


def open_day(store: Place, *, after: date) -> date:
    """The first day after that one on which somebody is at the store."""
    day = after + timedelta(days=1)
    while WEEKDAYS[day.weekday()] not in store.hours.weekdays:
        day += timedelta(days=1)
    return day
