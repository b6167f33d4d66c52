"""A photo that was used before is found, upright and mirrored, and the reviewer gets both listings (rule of review)."""

from __future__ import annotations

import random

import pytest
from flask import Flask
from PIL import ImageOps

from marketplace import clock
from marketplace.database import unit_of_work
from marketplace.listings import duplicates, photos
from marketplace.listings.duplicates import duplicates_of
from marketplace.listings.models import HASH_BANDS, Listing
from marketplace.listings.photo_measures import PhotoLimits, PhotoThresholds
from marketplace.listings.photo_pipeline import prepare_photo
from marketplace.listings.prepared_photos import BITS, SAME_PHOTO, PreparedPhoto
from tests.listings.pieces import seller_of
from tests.photos import jpeg, picture, webp
from tests.programme.world import a_draft


def prepared(data: bytes) -> PreparedPhoto:
    return prepare_photo(data, PhotoLimits(20, 50), PhotoThresholds(1, 0, 0))


def with_photo(data: bytes, listing: Listing | None = None, slot: str = "front") -> Listing:
    listing = listing or a_draft()
    with unit_of_work():
        photos.keep(listing, slot, prepared(data), by=seller_of(listing), at=clock.now())
    return listing


def test_the_same_photo_in_another_file_and_size_is_found_once_a_listing(app: Flask) -> None:
    original = with_photo(jpeg(picture(seed=1)))
    with_photo(jpeg(picture(seed=1)), original, "back")
    copy = with_photo(webp(picture(450, 600, seed=1)))
    with_photo(jpeg(picture(seed=2)))
    (found,) = duplicates_of(copy)
    assert (found.photo.listing_id, found.other.listing_id, found.is_mirrored) == (copy.id, original.id, False)


def test_a_mirrored_copy_is_found_and_said_to_be_one(app: Flask) -> None:
    original = with_photo(jpeg(picture(seed=3)))
    copy = with_photo(jpeg(ImageOps.mirror(picture(seed=3))))
    (found,) = duplicates_of(copy)
    assert (found.other.listing_id, found.is_mirrored) == (original.id, True)
    (back,) = duplicates_of(original)
    assert (back.other.listing_id, back.is_mirrored) == (copy.id, True)


def test_whatever_is_within_the_bits_has_a_part_that_is_looked_up() -> None:
    draw = random.Random(10)
    for _ in range(300):
        one = draw.getrandbits(BITS)
        other = one ^ sum(1 << bit for bit in draw.sample(range(BITS), SAME_PHOTO))
        parts = [
            (width, one >> low & (1 << width) - 1 ^ (other >> low & (1 << width) - 1)) for low, width in HASH_BANDS
        ]
        assert any(part in duplicates._masks(width) for width, part in parts)
    assert sum(width for _low, width in HASH_BANDS) == BITS


def test_a_photo_that_stands_everywhere_is_compared_with_so_many_and_no_more(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, *others = (with_photo(jpeg(picture(seed=5))) for _ in range(5))
    assert len(list(duplicates._candidates(one))) == len(HASH_BANDS) * len(others)
    monkeypatch.setattr(duplicates, "MOST_COMPARED", 2)
    assert len(list(duplicates._candidates(one))) == len(HASH_BANDS) * 2
    assert len(duplicates_of(one)) == 2


def test_the_pieces_own_photos_are_no_duplicates(app: Flask) -> None:
    listing = with_photo(jpeg(picture(seed=4)))
    with_photo(jpeg(picture(seed=4)), listing, "back")
    assert duplicates_of(listing) == []
