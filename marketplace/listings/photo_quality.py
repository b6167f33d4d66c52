"""Whether a photo shows enough: large enough, light enough, sharp enough. Said at once, decided by nobody's eye."""

from __future__ import annotations

from itertools import pairwise

from PIL import Image, ImageFilter, ImageStat

from marketplace.listings.photo_measures import Finding, PhotoThresholds, Shortcoming
from marketplace.listings.photo_reading import CleanPhoto

_MEASURED_LONG_SIDE = 800  # pixels: brightness and sharpness are measured at one size, whatever the camera
_FIELDS = 4  # sharpness is that of the sharpest of 4 × 4 fields, for a bag on a plain ground is mostly plain ground

# Zero on flat areas, large at edges. The offset keeps negative answers inside the 0–255 of a pixel.
_LAPLACIAN = ImageFilter.Kernel((3, 3), (0, 1, 0, 1, -4, 1, 0, 1, 0), scale=1, offset=128)


def assess(photo: CleanPhoto, thresholds: PhotoThresholds) -> list[Finding]:
    """What falls short of the policy's numbers; empty for a good photo.

    Edges fade with the light, so the sharpness of a photo that is too dark is not judged.
    """
    grey = _measurable(photo.image)
    small = _finding(Shortcoming.TOO_SMALL, max(photo.uploaded_size), thresholds.min_long_side)
    dark = _finding(Shortcoming.TOO_DARK, brightness(grey), thresholds.min_brightness)
    blurred = [] if dark else _finding(Shortcoming.BLURRED, sharpness(grey), thresholds.min_sharpness)
    return [*small, *dark, *blurred]


def _finding(shortcoming: Shortcoming, measured: float, needed: int) -> list[Finding]:
    return [Finding(shortcoming, int(measured), needed)] if measured < needed else []


def brightness(grey: Image.Image) -> float:
    """The mean of the pixels, 0 to 255."""
    return ImageStat.Stat(grey).mean[0]


def sharpness(grey: Image.Image) -> float:
    """The variance of the Laplacian in the sharpest of the fields the picture is cut into; 0 where none has room."""
    if min(grey.size) < 2 + 2 * _FIELDS:
        return 0.0
    edges = grey.filter(_LAPLACIAN)
    return max(
        ImageStat.Stat(edges.crop((left, top, right, bottom))).var[0]
        for left, right in pairwise(_cuts(edges.width))
        for top, bottom in pairwise(_cuts(edges.height))
    )


def _cuts(length: int) -> list[int]:
    # The outermost pixels have no neighbours on one side and are not filtered, so they stay out.
    return [1 + (length - 2) * part // _FIELDS for part in range(_FIELDS + 1)]


def _measurable(image: Image.Image) -> Image.Image:
    grey = image.convert("L")
    grey.thumbnail((_MEASURED_LONG_SIDE, _MEASURED_LONG_SIDE), Image.Resampling.LANCZOS)
    return grey
