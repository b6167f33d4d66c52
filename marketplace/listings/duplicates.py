"""Photos that were used before: the reviewer sees both listings."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import sqlalchemy as sa

from marketplace.database import db
from marketplace.listings.models import Listing, ListingPhoto
from marketplace.listings.prepared_photos import SAME_PHOTO, distance


@dataclass(frozen=True)
class Duplicate:
    """A photo of one listing that shows what a photo of another item's listing shows, upright or mirrored."""

    photo: ListingPhoto
    other: ListingPhoto
    is_mirrored: bool


def duplicates_of(listing: Listing) -> list[Duplicate]:
    """The listings of other items that use one of this listing's photos, within ``SAME_PHOTO`` bits: one pair each."""
    hashes = sa.select(
        ListingPhoto.id, ListingPhoto.listing_id, ListingPhoto.perceptual_hash, ListingPhoto.mirrored_hash
    )
    others = db.session.execute(
        hashes.join(Listing, ListingPhoto.listing_id == Listing.id)
        .where(Listing.item_id != listing.item_id)
        .order_by(ListingPhoto.id)
    )
    found: dict[int, tuple[ListingPhoto, int, bool]] = {}
    for other_id, other_listing_id, upright, mirrored in others:
        if other_listing_id not in found and (same := _same(listing.photos, upright, mirrored)):
            found[other_listing_id] = (same[0], other_id, same[1])
    return [
        Duplicate(photo, db.session.get_one(ListingPhoto, other), is_mirrored)
        for photo, other, is_mirrored in found.values()
    ]


def _same(photos: Iterable[ListingPhoto], upright: int, mirrored: int) -> tuple[ListingPhoto, bool] | None:
    """The photo that shows the same as these fingerprints of another, and whether mirrored."""
    for photo in photos:
        if distance(photo.perceptual_hash, upright) <= SAME_PHOTO:
            return photo, False
        if distance(photo.perceptual_hash, mirrored) <= SAME_PHOTO:
            return photo, True
    return None
