"""The WebP files a photo is shown from: a master and its smaller copies, named by what they contain."""

from __future__ import annotations

import hashlib
import io
from typing import Any

from PIL import Image

from marketplace.listings.photo_colour import GROUND
from marketplace.listings.photo_reading import CleanPhoto
from marketplace.listings.prepared_photos import RenderedPhoto, Rendition

WIDTHS = (320, 480, 640, 960, 1280)  # pixels
QUALITY = 80
EFFORT = 2  # of 6: above it a file takes twice as long to write and is a twentieth smaller
BLOCK = 16  # pixels a side, of what WebP writes at a time
NEARLY, UNSEEN = 4, 2  # steps of 255
NUDGES = ((1, 1, -1), (2, 1, -1), (2, 2, 0))  # of red, green and blue, tried in turn


def render(photo: CleanPhoto) -> RenderedPhoto:
    """The master at the size read, and a copy for each of ``WIDTHS`` below it: nothing is ever enlarged."""
    master = photo.image
    smaller = [_encoded(_at_width(master, width)) for width in WIDTHS if width < master.width]
    largest = _encoded(master)
    content_hash = hashlib.sha256(largest.data).hexdigest()
    return RenderedPhoto(f"photos/{content_hash[:2]}/{content_hash}", (*smaller, largest))


def _at_width(master: Image.Image, width: int) -> Image.Image:
    height = max(1, round(master.height * width / master.width))
    return master.resize((width, height), Image.Resampling.LANCZOS, reducing_gap=3.0)


def _encoded(image: Image.Image) -> Rendition:
    data = _written(image)
    if _ground_is_off_by(image) <= NEARLY:
        # WebP writes the first block of a plain ground some steps off, and its neighbours after it; that is seen where
        # pictures stand side by side. With that block a step away from what is meant they come out right.
        nudges = iter(NUDGES)
        while _ground_is_off_by(_read(data)) > UNSEEN and (nudge := next(nudges, None)) is not None:
            nudged = image.copy()
            nudged.paste(tuple(meant + step for meant, step in zip(GROUND, nudge, strict=True)), (0, 0, BLOCK, BLOCK))
            data = _written(nudged)
    return Rendition(image.width, image.height, data)


def _written(image: Image.Image) -> bytes:
    file = io.BytesIO()
    image.save(file, "WEBP", quality=QUALITY, method=EFFORT)
    return file.getvalue()


def _read(data: bytes) -> Image.Image:
    with Image.open(io.BytesIO(data)) as written:
        return written.convert("RGB")


def _ground_is_off_by(image: Image.Image) -> int:
    """How many steps of 255 the first corner lies at most from the ground of the library's pictures."""
    corner: Any = image.crop((0, 0, 4 * BLOCK, 4 * BLOCK)).getextrema()  # the lowest and highest of each colour
    return max(abs(int(end) - meant) for ends, meant in zip(corner, GROUND, strict=True) for end in ends)
