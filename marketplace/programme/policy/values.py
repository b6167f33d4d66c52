"""What the keys of a policy are made of: keys, texts, counts and shares, each with its limits."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Annotated, Protocol, TypeVar

from msgspec import Meta, Struct

Key = Annotated[str, Meta(pattern=r"\A[a-z][a-z0-9]*([_-][a-z0-9]+)*\Z", max_length=40)]
Label = Annotated[str, Meta(min_length=1, max_length=80)]
Name = Annotated[str, Meta(min_length=1, max_length=80, extra={"proper": True})]  # the same in every language
Text = Annotated[str, Meta(min_length=1, max_length=2000)]
Email = Annotated[str, Meta(pattern=r"\A[^@\s]+@[^@\s]+\.[^@\s]+\Z", max_length=254)]
Link = Annotated[str, Meta(pattern=r"\A(https://|/)[^\s\"<>]*\Z", max_length=500)]
Colour = Annotated[str, Meta(pattern=r"\A#[0-9a-f]{6}\Z")]

BasisPoints = Annotated[int, Meta(ge=0, le=10_000)]
Amount = Annotated[int, Meta(ge=0, le=10**11)]  # minor units of the market's currency
Count = Annotated[int, Meta(ge=1, le=10_000)]

TaxCode = Annotated[str, Meta(pattern=r"\Atxcd_[0-9]{8}\Z")]  # of the tax service's list of products
GENERAL_GOODS: TaxCode = "txcd_99999999"


class Section(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A part of the policy: immutable, and closed to keys it does not know."""


class Weekday(StrEnum):
    """A day of the week, as ``date.weekday()`` counts them."""

    MONDAY = "monday"
    TUESDAY = "tuesday"
    WEDNESDAY = "wednesday"
    THURSDAY = "thursday"
    FRIDAY = "friday"
    SATURDAY = "saturday"
    SUNDAY = "sunday"

    @property
    def number(self) -> int:
        """0 for Monday to 6 for Sunday."""
        return list(Weekday).index(self)


class Named(Protocol):
    """Anything a policy lists under a key of its own."""

    @property
    def key(self) -> str: ...


N = TypeVar("N", bound=Named)


def named(rows: Iterable[N], key: str | None) -> N | None:
    """The row with this key, or None."""
    return next((row for row in rows if row.key == key), None)


def the(rows: Iterable[N], key: str) -> N:
    """The row with this key; ``LookupError`` where the policy knows none."""
    row = named(rows, key)
    if row is None:
        raise LookupError(f"the policy knows no {key!r}")
    return row
