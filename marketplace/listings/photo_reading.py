"""From untrusted bytes to clean pixels: every check that can be made before decoding is made before decoding (X01)."""

from __future__ import annotations

import io
import struct
import threading
import warnings
import zlib
from dataclasses import dataclass

import pillow_heif
from PIL import ExifTags, Image

from marketplace.listings.photo_colour import to_srgb, widen
from marketplace.listings.photo_kinds import Kind, check_jpeg_scans, kind_of
from marketplace.listings.photo_measures import PhotoLimits
from marketplace.listings.photo_refusals import (
    PhotoAnimated,
    PhotoBroken,
    PhotoEmpty,
    PhotoTooLarge,
    PhotoTooManyPixels,
)

MASTER_LONG_SIDE = 1600  # pixels
MASTER_HEIGHT = 1500

# Twelve phones may upload at once; the memory of a full-size picture is spent on two of them at a time.
_DECODING = threading.BoundedSemaphore(2)

# What the readers of Pillow and libheif raise on bytes that break the rules of their own format.
_BROKEN = (OSError, SyntaxError, ValueError, RuntimeError, EOFError, LookupError, TypeError, struct.error, zlib.error)

_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_SIDEWAYS = {5, 6, 7, 8}

pillow_heif.register_heif_opener(thumbnails=False, depth_images=False, aux_images=False)
warnings.filterwarnings("error", category=Image.DecompressionBombWarning)


@dataclass(frozen=True, slots=True)
class CleanPhoto:
    """A photo rebuilt from its pixels.

    ``image`` is RGB, sRGB, upright, at most 1600 px long and 1500 px high, and carries nothing but pixels.
    ``uploaded_size`` is the width and height of the upload once upright.
    """

    image: Image.Image
    uploaded_size: tuple[int, int]


def read_photo(data: bytes, limits: PhotoLimits) -> CleanPhoto:
    """The clean photo in ``data``, whatever the file was called.

    Raises a subclass of ``PhotoRefused`` naming what is wrong. Weight, kind, dimensions, frames and passes are read
    from the header; a file refused for one of these is never decoded.
    """
    if not data:
        raise PhotoEmpty()
    if len(data) > limits.max_bytes:
        raise PhotoTooLarge(limits.megabytes)
    kind = kind_of(data)
    if kind == "JPEG":
        check_jpeg_scans(data)
    with _DECODING:
        return _rebuilt(_decoded(data, kind, limits))


@dataclass(frozen=True, slots=True)
class _Decoded:
    pixels: Image.Image
    stored_size: tuple[int, int]


def _decoded(data: bytes, kind: Kind, limits: PhotoLimits) -> _Decoded:
    try:
        opened = Image.open(io.BytesIO(data), formats=[kind])
        size = opened.size
        _check_header(opened, kind, limits)
        if kind == "JPEG":
            # The JPEG decoder can halve a picture while it decodes: a quarter of the memory, no loss at this size.
            opened.draft(None, _scaled(size, MASTER_LONG_SIDE / max(size)))
        opened.load()
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise PhotoTooManyPixels(limits.megapixels) from None
    except _BROKEN as broken:
        raise PhotoBroken() from broken
    return _Decoded(opened, size)


def _check_header(opened: Image.Image, kind: Kind, limits: PhotoLimits) -> None:
    if opened.width * opened.height > limits.max_pixels:
        raise PhotoTooManyPixels(limits.megapixels)
    # A HEIC file, and a JPEG with a second view for 3-D screens, hold several pictures; their first is the photo.
    if kind in ("PNG", "WEBP") and getattr(opened, "is_animated", False):
        raise PhotoAnimated()


def _rebuilt(decoded: _Decoded) -> CleanPhoto:
    width, height = decoded.stored_size
    orientation = _orientation(decoded.pixels)
    if orientation in _SIDEWAYS:
        width, height = height, width
    master = _scaled((width, height), min(1.0, MASTER_LONG_SIDE / max(width, height), MASTER_HEIGHT / height))
    stored_master = master[::-1] if orientation in _SIDEWAYS else master
    # Shrinking comes first, so that turning and colour conversion work on few pixels.
    small = widen(decoded.pixels).resize(stored_master, Image.Resampling.LANCZOS, reducing_gap=2.0)
    plain = to_srgb(small, decoded.pixels.info.get("icc_profile"))
    if orientation in _UPRIGHT:
        plain = plain.transpose(_UPRIGHT[orientation])
    # Only a size and pixels cross over to the new picture: no EXIF, no profile, no text, no trailing bytes.
    return CleanPhoto(Image.frombytes("RGB", plain.size, plain.tobytes()), (width, height))


def _orientation(opened: Image.Image) -> int:
    """The EXIF orientation, 1 to 8; 1 where there is none or the EXIF block cannot be read."""
    try:
        value = opened.getexif().get(ExifTags.Base.Orientation, 1)
    except _BROKEN:
        return 1
    return value if isinstance(value, int) else 1


def _scaled(size: tuple[int, int], scale: float) -> tuple[int, int]:
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))
