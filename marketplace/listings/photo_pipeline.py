"""What happens to an uploaded photo, in order: read, measured, fingerprinted, rendered; then it can be kept.

Nothing here touches the database: ``prepare_photo`` runs before the transaction that records the photo, and
``prepared_photos.keep_photo`` writes files named by nothing but their content, so doing it twice is harmless.
"""

from __future__ import annotations

from marketplace.listings.photo_hash import photo_hashes
from marketplace.listings.photo_measures import PhotoLimits, PhotoThresholds
from marketplace.listings.photo_quality import assess
from marketplace.listings.photo_reading import read_photo
from marketplace.listings.photo_renditions import render
from marketplace.listings.prepared_photos import PreparedPhoto


def prepare_photo(data: bytes, limits: PhotoLimits, thresholds: PhotoThresholds) -> PreparedPhoto:
    """The photo in an upload with what falls short of the policy; raises a ``PhotoRefused`` that names the reason."""
    photo = read_photo(data, limits)
    return PreparedPhoto(
        uploaded_size=photo.uploaded_size,
        rendered=render(photo),
        hashes=photo_hashes(photo.image),
        findings=tuple(assess(photo, thresholds)),
    )
