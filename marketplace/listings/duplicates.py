"""Photos that were used before: the reviewer sees both listings.

Of two fingerprints of 64 bits that differ in at most ``SAME_PHOTO``, one of three parts differs in at most a third of
that. So whatever may be the same photo is found by an index on each part; only that is compared in full, and of what
very many photos have in common only so many: a reviewer waits for this.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import combinations, islice
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from marketplace.database import db
from marketplace.listings.models import HASH_BANDS, Listing, ListingPhoto, hash_band
from marketplace.listings.prepared_photos import SAME_PHOTO, distance

MOST_SHOWN = 20  # other listings
MOST_COMPARED = 10_000  # photos that share a part, in no order: some 50 ms


@dataclass(frozen=True)
class Duplicate:
    """A photo of one listing that shows what a photo of another item's listing shows, upright or mirrored."""

    photo: ListingPhoto
    other: ListingPhoto
    is_mirrored: bool


def duplicates_of(listing: Listing) -> list[Duplicate]:
    """The listings of other items that use one of this listing's photos, within ``SAME_PHOTO`` bits: one pair each.

    Of very many, some.
    """
    found: dict[int, tuple[ListingPhoto, int, bool]] = {}
    for other_id, other_listing_id, upright, mirrored in _candidates(listing):
        if other_listing_id not in found and (same := _same(listing.photos, upright, mirrored)):
            found[other_listing_id] = (same[0], other_id, same[1])
            if len(found) == MOST_SHOWN:
                break
    pairs = sorted(found.values(), key=lambda pair: pair[1])
    return [
        Duplicate(photo, db.session.get_one(ListingPhoto, other), is_mirrored) for photo, other, is_mirrored in pairs
    ]


def _same(photos: Iterable[ListingPhoto], upright: int, mirrored: int) -> tuple[ListingPhoto, bool] | None:
    """The photo that shows the same as these fingerprints of another, and whether mirrored."""
    for photo in photos:
        if distance(photo.perceptual_hash, upright) <= SAME_PHOTO:
            return photo, False
        if distance(photo.perceptual_hash, mirrored) <= SAME_PHOTO:
            return photo, True
    return None


def _candidates(listing: Listing) -> Iterator[Any]:
    """Photos of other items of which a part is almost that of one here: id, listing's id, both fingerprints."""
    prints = {photo.perceptual_hash for photo in listing.photos} | {photo.mirrored_hash for photo in listing.photos}
    others = (
        sa.select(ListingPhoto.id, ListingPhoto.listing_id, ListingPhoto.perceptual_hash, ListingPhoto.mirrored_hash)
        .join(Listing, ListingPhoto.listing_id == Listing.id)
        .where(Listing.item_id != listing.item_id)
        .execution_options(yield_per=1_000)
    )
    for low, width in HASH_BANDS if prints else ():
        values = {part >> low & (1 << width) - 1 ^ mask for part in prints for mask in _masks(width)}
        with db.session.execute(others.where(_part_among(low, width, sorted(values)))) as sharing:
            yield from islice(sharing, MOST_COMPARED)


@cache
def _masks(width: int) -> tuple[int, ...]:
    """What changes at most a third of ``SAME_PHOTO`` of so many bits."""
    most = SAME_PHOTO // len(HASH_BANDS)
    bits = [1 << place for place in range(width)]
    return tuple(sum(chosen) for count in range(most + 1) for chosen in combinations(bits, count))


def _part_among(low: int, width: int, values: list[int]) -> sa.ColumnElement[bool]:
    """Thousands of values as one parameter, against the very expression that is indexed."""
    part: sa.ColumnElement[int] = sa.literal_column(hash_band(low, width), sa.BigInteger)
    if db.session.get_bind().dialect.name == "sqlite":
        told = sa.func.json_each(json.dumps(values)).table_valued("value")
        return part.in_(sa.select(told.c.value))
    return part == sa.any_(sa.literal(values, postgresql.ARRAY(sa.BigInteger)))
