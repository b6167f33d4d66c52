"""The WebP files a photo is shown from: a master and its smaller copies, named by what they contain."""

from __future__ import annotations

import hashlib
import io

from PIL import Image

from marketplace.listings.photo_reading import CleanPhoto
from marketplace.listings.prepared_photos import RenderedPhoto, Rendition

WIDTHS = (320, 480, 640, 960, 1280)  # pixels
QUALITY = 80
EFFORT = 2  # of 6: above it a file takes twice as long to write and is a twentieth smaller


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
    file = io.BytesIO()
    image.save(file, "WEBP", quality=QUALITY, method=EFFORT)
    return Rendition(image.width, image.height, file.getvalue())
