"""A 64-bit fingerprint of what a photo shows: the same picture in another size or file stays within a few bits."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import median

from PIL import Image, ImageOps

SAME_PHOTO = 10  # bits; other encodings of one photo stay well below, other photos lie around 32

_SIDE = 32  # the picture is reduced to this many pixels a side
_KEPT = 8  # and this many of the slowest waves each way are kept
_BITS = 64

_WAVES = [[math.cos(math.pi * k * (2 * x + 1) / (2 * _SIDE)) for x in range(_SIDE)] for k in range(_KEPT)]


@dataclass(frozen=True, slots=True)
class PhotoHashes:
    """The fingerprints of a photo and of its mirror image, which thieves of pictures like to use."""

    upright: int
    mirrored: int


def photo_hashes(image: Image.Image) -> PhotoHashes:
    return PhotoHashes(upright=perceptual_hash(image), mirrored=perceptual_hash(ImageOps.mirror(image)))


def perceptual_hash(image: Image.Image) -> int:
    """One bit a wave: whether the picture holds more of it than of the median wave.

    The number is signed, between -2**63 and 2**63 - 1, as a database keeps 64 bits. Compare two with ``distance``.
    """
    waves = _slowest_waves(image.convert("L").resize((_SIDE, _SIDE), Image.Resampling.LANCZOS))
    middle = median(waves)
    bits = 0
    for wave in waves:
        bits = bits << 1 | (wave > middle)
    return bits - (1 << _BITS) if bits >> (_BITS - 1) else bits


def distance(one: int, other: int) -> int:
    """In how many of the 64 bits two fingerprints differ; at most ``SAME_PHOTO`` means the same photo."""
    return ((one ^ other) & ((1 << _BITS) - 1)).bit_count()


def _slowest_waves(small: Image.Image) -> list[int]:
    """The 8 × 8 lowest coefficients of the picture's discrete cosine transform (DCT-II), row by row.

    Whole numbers: the noise of the arithmetic must not decide a bit of a flat picture.
    """
    pixels = small.tobytes()
    rows = [pixels[start : start + _SIDE] for start in range(0, len(pixels), _SIDE)]
    across = [[sum(map(float.__mul__, wave, map(float, row))) for wave in _WAVES] for row in rows]
    columns = list(zip(*across, strict=True))
    return [round(sum(map(float.__mul__, wave, column))) for wave in _WAVES for column in columns]
