"""Photos that were used before: the reviewer sees both listings."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import sqlalchemy as sa

from marketplace.database import db
from marketplace.listings.models import Listing, ListingPhoto
from marketplace.listings.photo_hash import SAME_PHOTO, distance


@dataclass(frozen=True)
class Duplicate:
    """A photo of one listing that shows what a photo of another item's listing shows, upright or mirrored."""

    photo: ListingPhoto
    other: ListingPhoto
    is_mirrored: bool


def duplicates_of(listing: Listing) -> list[Duplicate]:
    """Every photo of another item that is, within ``SAME_PHOTO`` bits, one of this listing's photos."""
    hashes = sa.select(ListingPhoto.id, ListingPhoto.perceptual_hash, ListingPhoto.mirrored_hash)
    others = db.session.execute(
        hashes.join(Listing, ListingPhoto.listing_id == Listing.id).where(Listing.item_id != listing.item_id)
    )
    found = list(_same(listing.photos, others))
    rows = {row.id: row for row in db.session.scalars(sa.select(ListingPhoto).where(ListingPhoto.id.in_(_ids(found))))}
    return [Duplicate(photo, rows[other], is_mirrored) for photo, other, is_mirrored in found]


def _ids(found: list[tuple[ListingPhoto, int, bool]]) -> list[int]:
    return [other for _, other, _ in found]


def _same(
    photos: Iterable[ListingPhoto], others: Iterable[tuple[int, int, int]]
) -> Iterable[tuple[ListingPhoto, int, bool]]:
    mine = list(photos)
    for other, upright, mirrored in others:
        for photo in mine:
            if distance(photo.perceptual_hash, upright) <= SAME_PHOTO:
                yield photo, other, False
            elif distance(photo.perceptual_hash, mirrored) <= SAME_PHOTO:
                yield photo, other, True
