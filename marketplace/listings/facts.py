"""News from listings."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class ListingSubmitted:
    listing_id: int
    at: datetime


@dataclass(frozen=True)
class ListingWentLive:
    listing_id: int
    at: datetime


@dataclass(frozen=True)
class ChangesRequested:
    listing_id: int
    at: datetime


@dataclass(frozen=True)
class PriceProposed:
    listing_id: int
    at: datetime


@dataclass(frozen=True)
class ListingDeclined:
    listing_id: int
    at: datetime


@dataclass(frozen=True)
class PriceLowered:
    """A piece in the shop costs less than before."""

    listing_id: int
    at: datetime


@dataclass(frozen=True)
class ListingWithdrawn:
    """No longer offered, by its seller or because the purchase was returned (``by_seller`` tells)."""

    listing_id: int
    by_seller: bool
    at: datetime


@dataclass(frozen=True)
class ListingsCalledIn:
    """What a seller offers is out of view until it has been reviewed again."""

    seller_id: int
    listing_ids: tuple[int, ...]
    due_at: datetime
    at: datetime


@dataclass(frozen=True)
class OwnerInDoubt:
    """A piece of this person's was found to be a counterfeit."""

    person_id: int
    item_id: int
    at: datetime


@dataclass(frozen=True)
class ReviewOverdue:
    """Review did not happen by the promised time; seller and desk are told, with the new date."""

    listing_id: int
    new_due_at: datetime
    at: datetime
