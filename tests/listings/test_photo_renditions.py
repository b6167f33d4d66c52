"""The files a photo is shown from."""

from __future__ import annotations

import hashlib
import io

import pytest
from PIL import Image

from marketplace.demo.pictures import files
from marketplace.listings.photo_colour import GROUND
from marketplace.listings.photo_measures import PhotoLimits
from marketplace.listings.photo_reading import read_photo
from marketplace.listings.photo_renditions import render
from marketplace.listings.prepared_photos import RenderedPhoto, photo_key
from tests import photos


def rendered(image: Image.Image) -> RenderedPhoto:
    return render(read_photo(photos.png(image), PhotoLimits(20, 50)))


@pytest.mark.parametrize(
    ("size", "widths"),
    [
        ((3000, 2250), (320, 480, 640, 960, 1280, 1600)),
        ((3000, 3750), (320, 480, 640, 960, 1200)),
        ((640, 800), (320, 480, 640)),
        ((641, 800), (320, 480, 640, 641)),
        ((320, 400), (320,)),
        ((90, 120), (90,)),
    ],
)
def test_copies_are_made_below_the_master_and_nothing_is_enlarged(
    size: tuple[int, int], widths: tuple[int, ...]
) -> None:
    assert rendered(Image.new("RGB", size, "white")).widths == widths


def test_every_file_is_a_webp_of_the_size_it_says_with_the_proportions_of_the_photo() -> None:
    photo = rendered(photos.picture(1500, 2000))

    for rendition in photo.renditions:
        with Image.open(io.BytesIO(rendition.data)) as opened:
            assert (opened.format, opened.size) == ("WEBP", (rendition.width, rendition.height))
            assert abs(rendition.height - rendition.width * 4 / 3) <= 1
            assert set(opened.info) <= {"loop", "background", "timestamp", "duration"}
    assert (photo.master.width, photo.master.height) == (1125, 1500)
    assert [len(file.data) for file in photo.renditions] == sorted(len(file.data) for file in photo.renditions)


@pytest.mark.parametrize("key", ["noa-mustard", "lena-black", "marlow-oxblood"])
def test_the_ground_of_a_library_picture_keeps_its_colour_up_to_its_corners(key: str) -> None:
    """WebP writes the first block of a plain ground some steps off."""
    photo = render(read_photo(files.read(key, "front"), PhotoLimits(20, 50)))
    off = []
    for rendition in photo.renditions:
        seen = Image.open(io.BytesIO(rendition.data)).convert("RGB")
        right, base = seen.width - 3, seen.height - 3
        for place in ((2, 2), (8, 8), (14, 14), (20, 20), (right, 2), (2, base), (right, base)):
            pixel = seen.getpixel(place)
            assert isinstance(pixel, tuple)
            off += [(rendition.width, place, pixel)] * any(abs(a - b) > 2 for a, b in zip(pixel, GROUND, strict=True))
    assert off == []


def test_the_folder_is_named_by_the_content_of_the_master() -> None:
    photo = rendered(photos.picture(300, 400))
    digest = hashlib.sha256(photo.master.data).hexdigest()

    assert photo.folder == f"photos/{digest[:2]}/{digest}"
    assert photo_key(photo.folder, 640) == f"photos/{digest[:2]}/{digest}/640.webp"


def test_the_same_photo_gets_the_same_name_and_another_photo_another() -> None:
    assert rendered(photos.picture(300, 400)) == rendered(photos.picture(300, 400))
    assert rendered(photos.picture(300, 400)).folder != rendered(photos.picture(300, 400, seed=2)).folder


@pytest.mark.fault("X01")
def test_no_trace_of_the_upload_reaches_a_file() -> None:
    upload = photos.polyglot(photos.jpeg(photos.picture(400, 500), exif=photos.exif_with_place()))

    for rendition in render(read_photo(upload, PhotoLimits(20, 50))).renditions:
        assert b"Loupe Phones" not in rendition.data
        assert photos.SECRET not in rendition.data
        assert b"EXIF" not in rendition.data
        assert b"ICCP" not in rendition.data
