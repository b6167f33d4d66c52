"""The WebP files a photo is shown from: a master and its smaller copies, named by what they contain."""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass

from PIL import Image

from marketplace.listings.photo_reading import CleanPhoto

WIDTHS = (320, 480, 640, 960, 1280)  # pixels
QUALITY = 80
EFFORT = 2  # of 6: above it a file takes twice as long to write and is a twentieth smaller

MEDIA_TYPE = "image/webp"


@dataclass(frozen=True, slots=True)
class Rendition:
    """One WebP file of a photo; width and height in pixels."""

    width: int
    height: int
    data: bytes


@dataclass(frozen=True, slots=True)
class RenderedPhoto:
    """All files of one photo, smallest first; the last is the master.

    ``folder`` is their place in the store, ``photos/<first two>/<SHA-256 of the master's bytes>``: the same photo
    always gets the same name, so a file never changes once written and may be cached for ever.
    """

    folder: str
    renditions: tuple[Rendition, ...]

    @property
    def master(self) -> Rendition:
        return self.renditions[-1]

    @property
    def widths(self) -> tuple[int, ...]:
        return tuple(rendition.width for rendition in self.renditions)


def render(photo: CleanPhoto) -> RenderedPhoto:
    """The master at the size read, and a copy for each of ``WIDTHS`` below it: nothing is ever enlarged."""
    master = photo.image
    smaller = [_encoded(_at_width(master, width)) for width in WIDTHS if width < master.width]
    largest = _encoded(master)
    content_hash = hashlib.sha256(largest.data).hexdigest()
    return RenderedPhoto(f"photos/{content_hash[:2]}/{content_hash}", (*smaller, largest))


def photo_key(folder: str, width: int) -> str:
    """The key of one of a photo's files in the store."""
    return f"{folder}/{width}.webp"


def _at_width(master: Image.Image, width: int) -> Image.Image:
    height = max(1, round(master.height * width / master.width))
    return master.resize((width, height), Image.Resampling.LANCZOS, reducing_gap=3.0)


def _encoded(image: Image.Image) -> Rendition:
    file = io.BytesIO()
    image.save(file, "WEBP", quality=QUALITY, method=EFFORT)
    return Rendition(image.width, image.height, file.getvalue())
