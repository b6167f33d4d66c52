"""The served style sheet is what its parts say, small, and keeps the look's promises."""

from __future__ import annotations

import gzip
import hashlib
import re
from pathlib import Path

import pytest

from marketplace.programme.policy.theme import CONTROL_CONTRAST, TEXT_CONTRAST, contrast
from scripts.compose_css import CSS, SERVED, composed

FONTS = CSS.parent / "fonts"
PARTS = sorted((CSS / "parts").glob("*.css"))
COLOURS = re.compile(r"--([a-z0-9-]+): (?:light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)|(#[0-9a-f]{6}));")


def tokens() -> dict[str, tuple[str, str]]:
    """Each colour token with its light and its dark value."""
    text = (CSS / "parts" / "20-tokens.css").read_text()
    return {name: (light or both, dark or both) for name, light, dark, both in COLOURS.findall(text)}


def test_the_served_file_is_the_composition_of_its_parts() -> None:
    assert SERVED.read_text() == composed(), "run scripts/compose_css.py"


def test_the_served_file_is_small() -> None:
    assert len(gzip.compress(SERVED.read_bytes())) <= 12_000
    assert len(SERVED.read_bytes()) <= 60_000


def test_the_fonts_are_the_ones_listed_and_small() -> None:
    listed = dict(reversed(line.split()) for line in (FONTS / "SHA256SUMS").read_text().splitlines())
    found = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in FONTS.glob("*.woff2")}
    assert found == listed
    assert len(found) == 2
    assert sum(path.stat().st_size for path in FONTS.glob("*.woff2")) <= 50_000


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_text_and_controls_stand_out_from_their_ground(scheme: int) -> None:
    colour = {name: pair[scheme] for name, pair in tokens().items()}
    for ground in ("paper", "surface"):
        for text in ("ink", "ink-2", "sale", "bad"):
            assert contrast(colour[text], colour[ground]) >= TEXT_CONTRAST, (text, ground)
        assert contrast(colour["control"], colour[ground]) >= CONTROL_CONTRAST, ground
    assert contrast(colour["on-accent"], colour["accent"]) >= TEXT_CONTRAST
    assert contrast(colour["ink"], colour["line"]) >= TEXT_CONTRAST
    for tone in ("ok", "warn", "info", "bad"):
        assert contrast(colour[tone], colour[f"{tone}-tint"]) >= TEXT_CONTRAST, tone
        assert contrast(colour["ink"], colour[f"{tone}-tint"]) >= TEXT_CONTRAST, tone


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.stem)
def test_a_part_keeps_to_the_quiet_house(part: Path) -> None:
    text = part.read_text()
    shadows = set(re.findall(r"box-shadow: ([^;]+);", text))
    assert shadows <= {"none", "0 0 0 6px var(--paper)"}, "a shadow is only ever the focus ring's halo"
    assert not re.search(r"gradient\(|text-shadow|drop-shadow", text)
    assert not re.search(
        r"\b(?:margin|padding|border|inset)-(?:left|right|top|bottom)\b|text-align: (?:left|right)", text
    )
    assert not re.search(r"^\s+(?:left|right|top|bottom|(?:min-|max-)?(?:width|height)):", text, flags=re.MULTILINE)
    weights = {int(weight) for weight in re.findall(r"font-weight: (\d+);", text)}
    assert weights <= {400, 450, 550}
