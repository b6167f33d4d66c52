"""How members' pieces come to the programme: collected, handed in, or brought to a store (NAP-25, BAL-02)."""

from __future__ import annotations

from datetime import time
from typing import Annotated, Literal

from msgspec import Meta

from marketplace.programme.policy.identity import OpeningHours
from marketplace.programme.policy.values import Key, Name, Section, named


class Place(Section, frozen=True, kw_only=True):
    """Where pieces are handed over: a ``store`` takes them itself, a ``point`` takes the carrier's parcel."""

    key: Key
    kind: Literal["store", "point"]
    name: Name
    address: Name  # on one line
    hours: OpeningHours


class Slot(Section, frozen=True, kw_only=True):
    """Hours of a business day within which a driver comes, in the market's time zone."""

    begins: time
    ends: time

    @property
    def key(self) -> str:
        """What a form calls it: ``09:00-12:00``."""
        return f"{self.begins:%H:%M}-{self.ends:%H:%M}"


class Inbound(Section, frozen=True, kw_only=True):
    """Ways for a piece to come. Any point of the carrier's takes a parcel; without ``slots`` none is fetched."""

    places: tuple[Place, ...] = ()
    slots: tuple[Slot, ...] = ()
    early_hours: Annotated[int, Meta(ge=0, le=12)] = 0  # a driver may come so much earlier (NAP-27)

    @property
    def stores(self) -> tuple[Place, ...]:
        return tuple(place for place in self.places if place.kind == "store")

    @property
    def points(self) -> tuple[Place, ...]:
        return tuple(place for place in self.places if place.kind == "point")

    def slot(self, key: str) -> Slot | None:
        return named(self.slots, key)

    def place(self, key: str) -> Place | None:
        return named(self.places, key)
