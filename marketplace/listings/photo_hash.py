"""A 64-bit fingerprint of what a photo shows: the same picture in another size or file stays within a few bits."""

from __future__ import annotations

import math
from statistics import median

from PIL import Image, ImageOps

from marketplace.listings.prepared_photos import BITS, PhotoHashes

_SIDE = 32  # the picture is reduced to this many pixels a side
_KEPT = 8  # and this many of the slowest waves each way are kept

_WAVES = [[math.cos(math.pi * k * (2 * x + 1) / (2 * _SIDE)) for x in range(_SIDE)] for k in range(_KEPT)]


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
    return bits - (1 << BITS) if bits >> (BITS - 1) else bits


def _slowest_waves(small: Image.Image) -> list[int]:
    """The 8 × 8 lowest coefficients of the picture's discrete cosine transform (DCT-II), row by row.

    Whole numbers: the noise of the arithmetic must not decide a bit of a flat picture.
    """
    pixels = small.tobytes()
    rows = [pixels[start : start + _SIDE] for start in range(0, len(pixels), _SIDE)]
    across = [[sum(map(float.__mul__, wave, map(float, row))) for wave in _WAVES] for row in rows]
    columns = list(zip(*across, strict=True))
    return [round(sum(map(float.__mul__, wave, column))) for wave in _WAVES for column in columns]
