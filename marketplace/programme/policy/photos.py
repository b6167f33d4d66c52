"""Which photos a listing needs, and what a photo must be like (MK-27 to MK-30)."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from marketplace.programme.policy.values import Count, Key, Label, Section, Text


class PhotoSlot(Section, frozen=True, kw_only=True):
    """A named view of the piece. ``grades`` empty: for every grade."""

    key: Key
    label: Label
    guidance: Text
    is_required: bool = True
    grades: tuple[Key, ...] = ()
    shows: tuple[Key, ...] = ()  # the parts that are looked at here; a claim about one is shown beside this view

    def asks(self, grade: str | None) -> bool:
        """Whether a piece of this grade (None: not chosen yet) is asked for this view."""
        return not self.grades or grade in self.grades


class Photos(Section, frozen=True, kw_only=True):
    """Views, advice and limits. A megabyte is 1024 × 1024 bytes, a megapixel a million pixels."""

    slots: tuple[PhotoSlot, ...]
    flaw_guidance: Text
    tips: tuple[Text, ...]
    max_count: Count
    max_megabytes: Annotated[int, Meta(ge=1, le=50)]
    max_megapixels: Annotated[int, Meta(ge=1, le=80)]
    min_long_side_px: Annotated[int, Meta(ge=1, le=10_000)]
    min_brightness: Annotated[int, Meta(ge=0, le=255)]  # mean of all pixels, 0 black to 255 white
    min_sharpness: Annotated[int, Meta(ge=0, le=10_000)]  # variance of the Laplacian in the sharpest field

    def slots_for(self, grade: str | None) -> tuple[PhotoSlot, ...]:
        """The views a piece of this grade is asked for, required and optional."""
        return tuple(slot for slot in self.slots if slot.asks(grade))
