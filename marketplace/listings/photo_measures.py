"""What the policy asks of a photo, and what one falls short of: numbers and words, no pictures."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from flask_babel import lazy_gettext as _l

MOST_MEGAPIXELS = 80  # Pillow itself warns of a bomb a little above


@dataclass(frozen=True, slots=True)
class PhotoLimits:
    """The most an upload may weigh (megabytes of 1024 × 1024 bytes) and measure (millions of pixels)."""

    megabytes: int
    megapixels: int

    def __post_init__(self) -> None:
        if not 0 < self.megapixels <= MOST_MEGAPIXELS or self.megabytes <= 0:
            raise ValueError(f"photo limits must be positive and at most {MOST_MEGAPIXELS} megapixels")

    @property
    def max_bytes(self) -> int:
        return self.megabytes * 1024 * 1024

    @property
    def max_pixels(self) -> int:
        return self.megapixels * 1_000_000


@dataclass(frozen=True, slots=True)
class PhotoThresholds:
    """What the policy asks of a photo.

    ``min_long_side`` in pixels of the upload; ``min_brightness`` as the mean of all pixels from 0 (black) to 255;
    ``min_sharpness`` as the variance of the Laplacian in the sharpest field (a blurred photo stays in single figures).
    """

    min_long_side: int
    min_brightness: int
    min_sharpness: int


class Shortcoming(StrEnum):
    TOO_SMALL = "too_small"
    TOO_DARK = "too_dark"
    BLURRED = "blurred"


_MESSAGES = {
    Shortcoming.TOO_SMALL: _l(
        "This photo is %(measured)s pixels on its long side; it needs at least %(needed)s. "
        "Send the original rather than a screenshot or a copy from a chat."
    ),
    Shortcoming.TOO_DARK: _l("This photo is too dark. Take it again by a window or with a lamp on."),
    Shortcoming.BLURRED: _l("This photo is blurred. Hold the phone still, tap the piece to focus and take it again."),
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing wanting in a photo: what was measured and what the policy needs, in the units of the threshold."""

    shortcoming: Shortcoming
    measured: int
    needed: int

    @property
    def message(self) -> str:
        """What is wrong and how to mend it, in the reader's language."""
        numbers = {"measured": str(self.measured), "needed": str(self.needed)}
        return str(_MESSAGES[self.shortcoming]) % numbers
