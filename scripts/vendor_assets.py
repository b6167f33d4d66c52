"""Refresh what the shop serves but others made, from npm packages: type faces and htmx.

    make vendor-assets

The npm client fetches the packages by name, so a mirror configured for it is honoured. Each face is cut down to Latin-1
and punctuation, and to the weights the design uses. A cut font is a modified one, and the Open Font License keeps
the original names for originals: the files therefore carry our own family names. A script is kept to the byte.
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

STATIC = Path(__file__).resolve().parent.parent / "static"
FONTS = STATIC / "fonts"
SCRIPTS = STATIC / "vendor"

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


WEIGHTS = (400, 550)
FACES = [
    Face("@fontsource/marcellus@5.3.0", "marcellus-latin-400-normal.woff2", "marcellus", "Reprise Roman"),
    Face(
        "@fontsource-variable/hanken-grotesk@5.3.0",
        "hanken-grotesk-latin-wght-normal.woff2",
        "hanken-grotesk",
        "Reprise Grotesk",
        WEIGHTS,
    ),
    Face(
        "@fontsource/instrument-serif@5.3.0",
        "instrument-serif-latin-400-normal.woff2",
        "instrument-serif",
        "Reprise Editorial",
    ),
    Face(
        "@fontsource-variable/instrument-sans@5.3.0",
        "instrument-sans-latin-wght-normal.woff2",
        "instrument-sans",
        "Reprise Sans",
        WEIGHTS,
    ),
    Face("@fontsource-variable/jost@5.3.0", "jost-latin-wght-normal.woff2", "jost", "Reprise Geometric", WEIGHTS),
    Face("@fontsource/cormorant@5.3.0", "cormorant-latin-400-normal.woff2", "cormorant", "Reprise Garalde"),
]


@dataclass(frozen=True)
class Script:
    """One file of a package, served as it is."""

    package: str
    source: str


HTMX = Script("htmx.org@4.0.1", "dist/htmx.min.js")


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
    font = TTFont(source, recalcTimestamp=False)  # the same bytes each time
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


def write_sums(folder: Path) -> None:
    """List the SHA-256 sum of each file that is served from the folder."""
    served = sorted(path for path in folder.iterdir() if path.suffix in {".woff2", ".js"})
    sums = [f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n" for path in served]
    (folder / "SHA256SUMS").write_text("".join(sums))


def main() -> None:
    """Write the fonts and scripts, their licences and the lists of their SHA-256 sums."""
    for folder in (FONTS, SCRIPTS):
        folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as temporary:
        for face in FACES:
            package = fetch(face.package, Path(temporary))
            cut(face, package / "files" / face.source).save(FONTS / f"{face.target}.woff2")
            (FONTS / f"{face.target}-OFL.txt").write_bytes((package / "LICENSE").read_bytes())
        package = fetch(HTMX.package, Path(temporary))
        (SCRIPTS / Path(HTMX.source).name).write_bytes((package / HTMX.source).read_bytes())
        (SCRIPTS / "htmx-LICENSE.txt").write_bytes((package / "LICENSE").read_bytes())
    write_sums(FONTS)
    write_sums(SCRIPTS)


if __name__ == "__main__":
    main()
