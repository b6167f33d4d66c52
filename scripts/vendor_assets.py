"""Refresh the two self-hosted type faces in ``static/fonts`` from their npm packages.

    .venv/bin/python scripts/vendor_assets.py

The npm client fetches the packages by name, so a mirror configured for it is honoured. Each face is cut down to Latin-1
and punctuation, and to the weights the design uses. A cut font is a modified one, and the Open Font License keeps
the original names for originals: the files therefore carry our own family names.
"""

from __future__ import annotations

import hashlib
import subprocess
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont
from fontTools.varLib.instancer import instantiateVariableFont

FONTS = Path(__file__).resolve().parent.parent / "static" / "fonts"

# Latin-1, the Latin letters Windows adds to it, general punctuation with its narrow spaces, euro, trade mark, minus.
CHARACTERS = [
    *range(0x20, 0x7F),
    *range(0xA0, 0x100),
    *(0x131, 0x152, 0x153, 0x160, 0x161, 0x178, 0x17D, 0x17E),
    *range(0x2000, 0x2070),
    *(0x20AC, 0x2122, 0x2212),
]
FEATURES = ["kern", "liga", "calt", "ccmp", "locl", "mark", "mkmk", "tnum", "lnum", "case"]


@dataclass(frozen=True)
class Face:
    """One type face: where it comes from and what it is called here. ``weights`` is None for a static font."""

    package: str
    source: str
    target: str
    family: str
    weights: tuple[float, float] | None = None


FACES = [
    Face("@fontsource/marcellus@5.3.0", "marcellus-latin-400-normal.woff2", "display", "Reprise Display"),
    Face(
        "@fontsource-variable/hanken-grotesk@5.3.0",
        "hanken-grotesk-latin-wght-normal.woff2",
        "text",
        "Reprise Text",
        (400, 550),
    ),
]


def fetch(package: str, folder: Path) -> Path:
    """Download ``package`` with the npm client and unpack it; returns the unpacked folder."""
    packed = subprocess.run(
        ["npm", "pack", "--silent", package], cwd=folder, check=True, capture_output=True, text=True
    ).stdout.split()[-1]
    with tarfile.open(folder / packed) as archive:
        archive.extractall(folder / Path(packed).stem, filter="data")
    return folder / Path(packed).stem / "package"


def cut(face: Face, source: Path) -> TTFont:
    """The face reduced to our characters and weights, under our own name."""
    font = TTFont(source)
    options = Options(layout_features=FEATURES, hinting=False, desubroutinize=True, notdef_outline=True)
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=CHARACTERS)
    subsetter.subset(font)
    if face.weights:
        font = instantiateVariableFont(font, {"wght": face.weights})
    for record in list(font["name"].names):
        if record.nameID in {1, 3, 4, 6, 16}:
            name = face.family.replace(" ", "") if record.nameID == 6 else face.family
            font["name"].setName(name, record.nameID, record.platformID, record.platEncID, record.langID)
    font.flavor = "woff2"
    return font


def main() -> None:
    """Write the fonts, their licences and the list of their SHA-256 sums."""
    FONTS.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as temporary:
        for face in FACES:
            package = fetch(face.package, Path(temporary))
            cut(face, package / "files" / face.source).save(FONTS / f"{face.target}.woff2")
            (FONTS / f"{face.target}-OFL.txt").write_bytes((package / "LICENSE").read_bytes())
    sums = [f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}" for path in sorted(FONTS.glob("*.woff2"))]
    (FONTS / "SHA256SUMS").write_text("\n".join(sums) + "\n")


if __name__ == "__main__":
    main()
