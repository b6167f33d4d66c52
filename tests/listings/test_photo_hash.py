"""The fingerprint of a photo survives what people do to a photo, and tells different photos apart."""

from __future__ import annotations

import io
from itertools import combinations

import pytest
from PIL import Image, ImageEnhance, ImageOps

from marketplace.listings.photo_hash import perceptual_hash, photo_hashes
from marketplace.listings.prepared_photos import SAME_PHOTO, distance
from tests import photos


def reopened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data)).convert("RGB")


@pytest.mark.parametrize("seed", range(1, 5))
class TestTheSamePhoto:
    def test_in_another_file(self, seed: int) -> None:
        original = photos.picture(seed=seed)
        again = reopened(photos.jpeg(original, quality=30))

        assert distance(perceptual_hash(original), perceptual_hash(again)) <= SAME_PHOTO // 2

    def test_in_another_size(self, seed: int) -> None:
        original = photos.picture(seed=seed)

        assert distance(perceptual_hash(original), perceptual_hash(original.resize((225, 300)))) <= SAME_PHOTO // 2

    def test_with_another_light(self, seed: int) -> None:
        original = photos.picture(seed=seed)
        lighter = ImageEnhance.Brightness(ImageEnhance.Contrast(original).enhance(0.8)).enhance(1.1)

        assert distance(perceptual_hash(original), perceptual_hash(lighter)) <= SAME_PHOTO

    def test_mirrored_is_found_through_its_mirrored_fingerprint(self, seed: int) -> None:
        original = photos.picture(seed=seed)
        copy = reopened(photos.jpeg(ImageOps.mirror(original), quality=40))

        assert distance(perceptual_hash(original), perceptual_hash(copy)) > SAME_PHOTO
        assert distance(photo_hashes(original).mirrored, photo_hashes(copy).upright) <= SAME_PHOTO // 2


def test_different_photos_lie_far_apart() -> None:
    hashes = [perceptual_hash(photos.picture(450, 600, seed=seed)) for seed in range(30)]

    assert min(distance(one, other) for one, other in combinations(hashes, 2)) > SAME_PHOTO


def test_half_of_the_bits_are_set_so_that_none_is_wasted() -> None:
    for seed in range(8):
        assert distance(perceptual_hash(photos.picture(450, 600, seed=seed)), 0) == 32


def test_the_upright_fingerprint_is_the_plain_one() -> None:
    image = photos.picture()

    assert photo_hashes(image).upright == perceptual_hash(image)
    assert photo_hashes(image).mirrored == perceptual_hash(ImageOps.mirror(image))


def test_a_fingerprint_fits_a_signed_column_of_64_bits() -> None:
    hashes = [perceptual_hash(photos.picture(90, 120, seed=seed)) for seed in range(40)]

    assert all(-(2**63) <= value < 2**63 for value in hashes)
    assert any(value < 0 for value in hashes), "the highest bit is in use"


@pytest.mark.parametrize(
    ("one", "other", "bits"), [(0, 0, 0), (0, 1, 1), (-1, 0, 64), (-1, -1, 0), (-(2**63), 2**63 - 1, 64), (5, 6, 2)]
)
def test_distance_counts_the_bits_that_differ(one: int, other: int, bits: int) -> None:
    assert distance(one, other) == distance(other, one) == bits


def test_blank_pictures_have_the_plainest_fingerprints() -> None:
    """Only the mean stands out of a flat picture: the highest bit, which is the sign."""
    assert perceptual_hash(Image.new("RGB", (90, 9), "white")) == -(2**63)
    assert perceptual_hash(Image.new("L", (5, 5), 0)) == 0
