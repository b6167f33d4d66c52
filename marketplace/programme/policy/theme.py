"""The few tokens of the look a programme may choose, and the contrast they must keep."""

from __future__ import annotations

from typing import Literal

from marketplace.programme.policy.values import Colour, Section

PAPER = {"light": "#fbfaf8", "dark": "#141311"}  # the page's ground, the same in every programme

TEXT_CONTRAST = 4.5
CONTROL_CONTRAST = 3.0


class Accent(Section, frozen=True, kw_only=True):
    """The colour of filled buttons and of the words on them, in one colour scheme."""

    accent: Colour
    on_accent: Colour


class Theme(Section, frozen=True, kw_only=True):
    """What a programme may change of the look. Neutrals and status colours are not among it."""

    light: Accent
    dark: Accent
    radius: Literal["0", "0.25rem", "0.5rem"]
    display_face: Literal["Marcellus", "Hanken Grotesk"]
    label_transform: Literal["none", "uppercase"]


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two ``#rrggbb`` colours as WCAG 2 defines it, 1 to 21."""
    dark, light = sorted((_luminance(one), _luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    red, green, blue = (_linear(int(colour[at : at + 2], 16) / 255) for at in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4
