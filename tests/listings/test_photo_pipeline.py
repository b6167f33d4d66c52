"""From an upload to kept files."""

from __future__ import annotations

import pytest

from marketplace.listings.photo_measures import PhotoLimits, PhotoThresholds, Shortcoming
from marketplace.listings.photo_pipeline import prepare_photo
from marketplace.listings.photo_refusals import PhotoTooManyPixels
from marketplace.listings.photo_store import PhotoStore, PhotoStoreUnavailable, open_photo_store
from marketplace.listings.prepared_photos import SAME_PHOTO, distance, keep_photo, photo_key
from tests import photos

LIMITS = PhotoLimits(megabytes=20, megapixels=50)
THRESHOLDS = PhotoThresholds(min_long_side=800, min_brightness=50, min_sharpness=12)


def test_an_upload_is_read_measured_fingerprinted_and_rendered() -> None:
    prepared = prepare_photo(photos.phone_photo(), LIMITS, THRESHOLDS)
    other_file = prepare_photo(photos.webp(photos.picture(450, 600)), LIMITS, THRESHOLDS)

    assert prepared.uploaded_size == (900, 1200)
    assert prepared.findings == ()
    assert prepared.rendered.widths == (320, 480, 640, 900)
    assert [finding.shortcoming for finding in other_file.findings] == [Shortcoming.TOO_SMALL]
    assert distance(prepared.hashes.upright, other_file.hashes.upright) <= SAME_PHOTO


def test_a_refused_upload_yields_nothing() -> None:
    with pytest.raises(PhotoTooManyPixels):
        prepare_photo(photos.png_claiming(60_000, 60_000), LIMITS, THRESHOLDS)


def test_keeping_writes_every_file_once_and_twice_is_harmless() -> None:
    store = open_photo_store("memory:///")
    rendered = prepare_photo(photos.phone_photo(), LIMITS, THRESHOLDS).rendered

    keep_photo(rendered, store)
    keep_photo(rendered, store)

    assert store.list() == sorted(photo_key(rendered.folder, width) for width in (320, 480, 640, 900))
    assert store.get(photo_key(rendered.folder, 900)) == rendered.master.data


def test_where_the_master_is_all_copies_are() -> None:
    """A store that fails after any number of writes has no master without its copies; trying again completes it."""
    rendered = prepare_photo(photos.phone_photo(), LIMITS, THRESHOLDS).rendered
    master = photo_key(rendered.folder, rendered.master.width)

    for room in range(len(rendered.renditions)):
        store = open_photo_store("memory:///")
        with pytest.raises(PhotoStoreUnavailable):
            keep_photo(rendered, FullAfter(room, store))
        assert (len(store.list()), store.exists(master)) == (room, False)

        keep_photo(rendered, store)
        assert (len(store.list()), store.exists(master)) == (4, True)


class FullAfter:
    """A store on a disk with room for some files."""

    def __init__(self, room: int, store: PhotoStore) -> None:
        self.room = room
        self.get, self.exists, self.delete, self.list = store.get, store.exists, store.delete, store.list
        self._put = store.put

    def put(self, key: str, data: bytes) -> bool:
        if self.room == 0:
            raise PhotoStoreUnavailable()
        self.room -= 1
        return self._put(key, data)
