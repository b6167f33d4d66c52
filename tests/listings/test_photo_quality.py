"""Too small, too dark, blurred: said with numbers, and a picture on either side of each number of the preset."""

from __future__ import annotations

import pytest
from PIL import Image

from marketplace.listings.photo_measures import Finding, PhotoLimits, PhotoThresholds, Shortcoming
from marketplace.listings.photo_quality import assess
from marketplace.listings.photo_reading import read_photo
from marketplace.programme.reading import read
from tests import photos

POLICY = read("preloved").photos
SIDE, LIGHT, SHARP = POLICY.min_long_side_px, POLICY.min_brightness, POLICY.min_sharpness
THRESHOLDS = PhotoThresholds(min_long_side=SIDE, min_brightness=LIGHT, min_sharpness=SHARP)


def findings(image: Image.Image, thresholds: PhotoThresholds = THRESHOLDS) -> list[Finding]:
    return assess(read_photo(photos.png(image), PhotoLimits(20, 50)), thresholds)


@pytest.mark.parametrize("seed", range(1, 6))
def test_a_good_phone_photo_has_nothing_wanting(seed: int) -> None:
    assert assess(read_photo(photos.phone_photo(seed), PhotoLimits(20, 50)), THRESHOLDS) == []


@pytest.mark.parametrize(("width", "height"), [(600, SIDE), (SIDE, 600), (SIDE, SIDE)])
def test_a_long_side_at_the_threshold_is_enough(width: int, height: int) -> None:
    assert findings(photos.picture(width, height)) == []


@pytest.mark.parametrize(("width", "height"), [(600, SIDE - 1), (SIDE - 1, 600), (SIDE - 1, SIDE - 1)])
def test_a_long_side_one_pixel_short_is_too_small(width: int, height: int) -> None:
    assert findings(photos.picture(width, height)) == [Finding(Shortcoming.TOO_SMALL, SIDE - 1, SIDE)]


def test_the_size_is_that_of_the_upload_not_of_the_reduced_master() -> None:
    demanding = PhotoThresholds(min_long_side=2000, min_brightness=0, min_sharpness=0)

    assert findings(photos.picture(1500, 2000), demanding) == []
    assert findings(photos.picture(1500, 1999), demanding) == [Finding(Shortcoming.TOO_SMALL, 1999, 2000)]


def test_a_grey_at_the_threshold_is_light_enough() -> None:
    no_edges = PhotoThresholds(min_long_side=SIDE, min_brightness=LIGHT, min_sharpness=0)
    too_dark = [Finding(Shortcoming.TOO_DARK, LIGHT - 1, LIGHT)]

    assert findings(Image.new("RGB", (SIDE, SIDE), (LIGHT,) * 3), no_edges) == []
    assert findings(Image.new("RGB", (SIDE, SIDE), (LIGHT - 1,) * 3), no_edges) == too_dark


def test_a_photo_with_the_light_turned_down_is_too_dark() -> None:
    assert findings(photos.dark_picture(0.6)) == []

    (finding,) = findings(photos.dark_picture(0.15))
    assert (finding.shortcoming, finding.needed) == (Shortcoming.TOO_DARK, LIGHT)
    assert 10 < finding.measured < LIGHT


def test_the_sharpness_of_a_dark_photo_is_not_judged() -> None:
    nearly_black = photos.dark_picture(0.02)
    any_light = PhotoThresholds(min_long_side=SIDE, min_brightness=0, min_sharpness=SHARP)

    assert [f.shortcoming for f in findings(nearly_black, any_light)] == [Shortcoming.BLURRED]
    assert [f.shortcoming for f in findings(nearly_black)] == [Shortcoming.TOO_DARK]


def test_a_photo_out_of_focus_is_blurred() -> None:
    assert findings(photos.blurred_picture(1)) == []

    (finding,) = findings(photos.blurred_picture(4))
    assert (finding.shortcoming, finding.needed) == (Shortcoming.BLURRED, SHARP)
    assert finding.measured < SHARP


def test_focus_is_judged_at_one_size_whatever_the_camera() -> None:
    """Three pixels of blur are nothing on a large sensor; on a picture of a third of the size they are a fault."""
    assert findings(photos.blurred_picture(3, width=1800, height=2400)) == []
    assert [f.shortcoming for f in findings(photos.blurred_picture(9, width=1800, height=2400))] == [
        Shortcoming.BLURRED
    ]
    assert [f.shortcoming for f in findings(photos.blurred_picture(3, width=600, height=800))] == [Shortcoming.BLURRED]


def test_a_small_pale_piece_on_a_plain_sheet_is_not_blurred() -> None:
    """Sharpness is that of the sharpest field; over the whole picture this one would fall short."""
    sheet = Image.new("RGB", (600, 800), (240, 240, 240))
    piece = photos.picture(60, 80)
    sheet.paste(Image.blend(piece, sheet.crop((0, 0, 60, 80)), 0.8), (60, 80))

    assert findings(sheet) == []


def test_the_policy_sets_the_numbers() -> None:
    """Each threshold moves its own finding and no other."""
    lenient = PhotoThresholds(min_long_side=1, min_brightness=0, min_sharpness=0)
    dim = photos.dark_picture(0.15, width=300, height=400)

    assert findings(dim, lenient) == []
    assert [f.shortcoming for f in findings(dim, PhotoThresholds(401, 0, 0))] == [Shortcoming.TOO_SMALL]
    assert [f.shortcoming for f in findings(dim, PhotoThresholds(1, 60, 0))] == [Shortcoming.TOO_DARK]
    assert [f.shortcoming for f in findings(dim, PhotoThresholds(1, 0, 65_000))] == [Shortcoming.BLURRED]


@pytest.mark.parametrize("size", [(1, 1), (1, 900), (900, 1), (9, 9), (10, 10)])
def test_the_tiniest_pictures_are_measured_without_fail(size: tuple[int, int]) -> None:
    assert Shortcoming.BLURRED in {finding.shortcoming for finding in findings(Image.new("RGB", size, "white"))}


def test_each_finding_says_what_is_wrong_and_how_to_mend_it() -> None:
    assert Finding(Shortcoming.TOO_SMALL, 640, 800).message == (
        "This photo is 640 pixels on its long side; it needs at least 800. "
        "Send the original rather than a screenshot or a copy from a chat."
    )
    assert "too dark" in Finding(Shortcoming.TOO_DARK, 20, 50).message
    assert "blurred" in Finding(Shortcoming.BLURRED, 3, 12).message
    assert len({Finding(shortcoming, 1, 2).message for shortcoming in Shortcoming}) == len(Shortcoming)
