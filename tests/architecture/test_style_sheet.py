"""The served style sheet is what its parts say, small, and keeps the look's promises."""

from __future__ import annotations

import gzip
import hashlib
import re
from pathlib import Path

import pytest
from fontTools.ttLib import TTFont

from marketplace.programme import reading
from marketplace.programme.faces import HOUSE, PAIRS, Face
from marketplace.programme.policy.theme import CONTROL_CONTRAST, GROUNDS, TEXT_CONTRAST, contrast
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


def test_every_pair_of_faces_is_there_and_small() -> None:
    listed = dict(reversed(line.split()) for line in (FONTS / "SHA256SUMS").read_text().splitlines())
    found = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in FONTS.glob("*.woff2")}
    assert found == listed
    assert set(found) == {f"{face.file}.woff2" for pair in PAIRS.values() for face in pair.faces}
    for pair in PAIRS.values():
        assert sum((FONTS / f"{face.file}.woff2").stat().st_size for face in pair.faces) <= 50_000


@pytest.mark.parametrize("face", {face.file: face for pair in PAIRS.values() for face in pair.faces}.values())
def test_a_stand_in_is_as_high_as_the_face_it_stands_in_for(face: Face) -> None:
    font = TTFont(FONTS / f"{face.file}.woff2")
    assert font["name"].getDebugName(1) == face.family
    em, lines = font["head"].unitsPerEm, font["hhea"]
    assert face.ascent * face.size / 100 == pytest.approx(100 * lines.ascent / em, abs=1)
    assert face.descent * face.size / 100 == pytest.approx(-100 * lines.descent / em, abs=1)


def test_the_house_brings_its_own_pair() -> None:
    sheet = (CSS / "parts" / "10-fonts.css").read_text().replace("../fonts/", "../static/fonts/")
    for face in HOUSE.faces:
        for rule in face.rules.split("}\n"):
            assert rule in sheet
        assert face.stack in (CSS / "parts" / "20-tokens.css").read_text()


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_text_and_controls_stand_out_from_their_ground(scheme: int) -> None:
    colour = {name: pair[scheme] for name, pair in tokens().items()}
    for ground in ("paper", "surface"):
        for text in ("ink", "ink-2", "sale", "bad", "ok", "warn", "info"):
            assert contrast(colour[text], colour[ground]) >= TEXT_CONTRAST, (text, ground)
        for mark in ("control", "accent"):
            assert contrast(colour[mark], colour[ground]) >= CONTROL_CONTRAST, (mark, ground)
    assert contrast(colour["on-accent"], colour["accent"]) >= TEXT_CONTRAST
    assert contrast(colour["ink"], colour["line"]) >= TEXT_CONTRAST
    for tone in ("ok", "warn", "info", "bad"):
        for text in ("ink", "ink-2", tone):
            assert contrast(colour[text], colour[f"{tone}-tint"]) >= TEXT_CONTRAST, (text, tone)
        assert contrast(colour["control"], colour[f"{tone}-tint"]) >= CONTROL_CONTRAST, tone


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_the_words_on_a_photo_stand_out_whatever_the_scheme(scheme: int) -> None:
    """The photo's ground stays light, and so does whatever is written on it."""
    colour = {name: pair[0] for name, pair in tokens().items()}
    assert tokens()["media"][scheme] == "#f3f0eb"
    for text in ("ink", "ink-2", "sale"):
        assert contrast(colour[text], colour["media"]) >= TEXT_CONTRAST, text
    assert contrast(colour["control"], colour["media"]) >= CONTROL_CONTRAST


@pytest.mark.parametrize("programme", reading.preset_names())
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_programme_stands_out_on_every_ground(programme: str, scheme: str) -> None:
    accent = getattr(reading.read(programme).theme, scheme)
    assert contrast(accent.on_accent, accent.accent) >= TEXT_CONTRAST
    for ground in GROUNDS[scheme].values():
        assert contrast(accent.accent, ground) >= CONTROL_CONTRAST


def test_a_policy_is_checked_against_the_grounds_the_pages_have() -> None:
    named = {"paper": "paper", "surface": "surface", "warning": "warn-tint", "note": "info-tint"}
    for at, scheme in enumerate(("light", "dark")):
        assert GROUNDS[scheme] == {name: tokens()[token][at] for name, token in named.items()}


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
