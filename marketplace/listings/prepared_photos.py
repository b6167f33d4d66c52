"""Photos ready to be kept: their files, their fingerprints, what was found wanting. No pictures are computed here.

What computes them (``photo_pipeline``) brings the picture libraries along, seven megabytes, with the first upload.
"""

from __future__ import annotations

from dataclasses import dataclass

from marketplace.listings.photo_measures import Finding
from marketplace.listings.photo_store import PhotoStore

MEDIA_TYPE = "image/webp"
SAME_PHOTO = 10  # bits; other encodings of one photo stay well below, other photos lie around 32
BITS = 64  # of a fingerprint


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


def photo_key(folder: str, width: int) -> str:
    """The key of one of a photo's files in the store."""
    return f"{folder}/{width}.webp"


@dataclass(frozen=True, slots=True)
class PhotoHashes:
    """The fingerprints of a photo and of its mirror image, which thieves of pictures like to use."""

    upright: int
    mirrored: int


def distance(one: int, other: int) -> int:
    """In how many of the 64 bits two fingerprints differ; at most ``SAME_PHOTO`` means the same photo."""
    return ((one ^ other) & ((1 << BITS) - 1)).bit_count()


@dataclass(frozen=True, slots=True)
class PreparedPhoto:
    """A photo ready to be kept. ``uploaded_size`` is width and height in pixels, upright, before it was reduced."""

    uploaded_size: tuple[int, int]
    rendered: RenderedPhoto
    hashes: PhotoHashes
    findings: tuple[Finding, ...]


def keep_photo(rendered: RenderedPhoto, store: PhotoStore) -> bool:
    """Write every file of the photo, the master last: where the master is, all its copies are. False: some were there.

    Raises ``PhotoStoreUnavailable``; the copies written before that are the same bytes the next attempt would write.
    """
    written = [store.put(photo_key(rendered.folder, one.width), one.data) for one in rendered.renditions]
    return all(written)
