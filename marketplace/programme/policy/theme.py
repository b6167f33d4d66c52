"""The few tokens of the look a programme may choose, and the contrast they must keep."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from marketplace.programme.policy.values import Colour, Section

# What a filled button may stand on, the same in every programme: the page, a field or sheet, and the tinted notes.
GROUNDS = {
    "light": {"paper": "#fbfaf8", "surface": "#ffffff", "warning": "#fcf1dd", "note": "#e8f0f8"},
    "dark": {"paper": "#141311", "surface": "#1c1a18", "warning": "#271e0e", "note": "#14212d"},
}

TEXT_CONTRAST = 4.5
CONTROL_CONTRAST = 3.0

Drawing = Annotated[str, Meta(pattern=r"\A[Mm][0-9MmLlHhVvCcSsQqTtAaZzEe ,.+-]+\Z", max_length=8000)]
Length = Annotated[int, Meta(ge=1, le=4000)]


class Accent(Section, frozen=True, kw_only=True):
    """The colour of filled buttons and of the words on them, in one colour scheme."""

    accent: Colour
    on_accent: Colour


class Logo(Section, frozen=True, kw_only=True):
    """The sign in place of the house's name: one SVG path (its ``d``) in a box from 0 0 to width height.

    It is drawn in the page itself, in ink, so that it follows the colour scheme and the printer.
    """

    width: Length
    height: Length
    path: Drawing


class Theme(Section, frozen=True, kw_only=True):
    """What a programme may change of the look. Neutrals and status colours are not among it.

    ``display_face`` names a pair of faces (``programme.faces``): the text face comes with it.
    """

    light: Accent
    dark: Accent
    radius: Literal["0", "0.25rem", "0.5rem"]
    display_face: Literal["Marcellus", "Instrument Serif", "Jost", "Cormorant"]
    label_transform: Literal["none", "uppercase"]
    logo: Logo | None = None


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two ``#rrggbb`` colours as WCAG 2 defines it, 1 to 21."""
    dark, light = sorted((_luminance(one), _luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    red, green, blue = (_linear(int(colour[at : at + 2], 16) / 255) for at in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4
