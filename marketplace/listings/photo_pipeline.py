"""What happens to an uploaded photo, in order: read, measured, fingerprinted, rendered, kept.

Nothing here touches the database: ``prepare_photo`` runs before the transaction that records the photo, and
``keep_photo`` writes files whose names depend on nothing but their content, so doing it twice is harmless.
"""

from __future__ import annotations

from dataclasses import dataclass

from marketplace.listings.photo_hash import PhotoHashes, photo_hashes
from marketplace.listings.photo_quality import Finding, PhotoThresholds, assess
from marketplace.listings.photo_reading import PhotoLimits, read_photo
from marketplace.listings.photo_renditions import RenderedPhoto, photo_key, render
from marketplace.listings.photo_store import PhotoStore


@dataclass(frozen=True, slots=True)
class PreparedPhoto:
    """A photo ready to be kept. ``uploaded_size`` is width and height in pixels, upright, before it was reduced."""

    uploaded_size: tuple[int, int]
    rendered: RenderedPhoto
    hashes: PhotoHashes
    findings: tuple[Finding, ...]


def prepare_photo(data: bytes, limits: PhotoLimits, thresholds: PhotoThresholds) -> PreparedPhoto:
    """The photo in an upload with what falls short of the policy; raises a ``PhotoRefused`` that names the reason."""
    photo = read_photo(data, limits)
    return PreparedPhoto(
        uploaded_size=photo.uploaded_size,
        rendered=render(photo),
        hashes=photo_hashes(photo.image),
        findings=tuple(assess(photo, thresholds)),
    )


def keep_photo(rendered: RenderedPhoto, store: PhotoStore) -> None:
    """Write every file of the photo, the master last: where the master is, all its copies are.

    Raises ``PhotoStoreUnavailable``; the copies written before that are the same bytes the next attempt would write.
    """
    for rendition in rendered.renditions:
        store.put(photo_key(rendered.folder, rendition.width), rendition.data)
