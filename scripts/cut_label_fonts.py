"""Cut the label's two type faces down to Latin, beside the whole ones, in ``marketplace/shipping/fonts``.

    .venv/bin/python scripts/cut_label_fonts.py

Nearly every label needs no other letters, and reading a whole face takes longer than drawing the label.
"""

from __future__ import annotations

from pathlib import Path

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont

FONTS = Path(__file__).resolve().parent.parent / "marketplace" / "shipping" / "fonts"
FACES = ("DejaVuSansCondensed", "DejaVuSansCondensed-Bold")

# Latin-1 and Latin Extended-A, general punctuation, euro, numero, trade mark, minus.
CHARACTERS = [
    *range(0x20, 0x7F),
    *range(0xA0, 0x180),
    *range(0x2010, 0x2028),
    *range(0x2030, 0x203B),
    *(0x20AC, 0x2116, 0x2122, 0x2212),
]


def main() -> None:
    for face in FACES:
        font = TTFont(FONTS / f"{face}.ttf", recalcTimestamp=False)
        options = Options(layout_features=[], notdef_outline=True, glyph_names=False)
        subsetter = Subsetter(options)
        subsetter.populate(unicodes=CHARACTERS)
        subsetter.subset(font)
        font.save(FONTS / f"{face}-Latin.ttf")


if __name__ == "__main__":
    main()
