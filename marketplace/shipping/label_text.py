"""Words on a label: cleaned of everything that is not text, and made to fit the room they have (X03, X12)."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from fpdf import FPDF
from fpdf.enums import MethodReturnValue
from fpdf.fonts import TTFFont

FAMILY = "DejaVuSansCondensed"  # Latin, Greek, Cyrillic and more: the core fonts of PDF know Western letters only
LEADING = 1.18  # line height in multiples of the size
STEP = 0.5  # points between one size tried and the next
MOST_LINES = 2  # of one entry: a long name must never push the street off the label
ELLIPSIS = "…"

WHOLE, LATIN = "", "-Latin"  # every letter there is, or those nearly every label does with: read ten times as fast

_FONTS = Path(__file__).parent / "fonts"


class LetterMissing(Exception):
    """The Latin faces lack a letter; the whole ones may have it."""


@dataclass(frozen=True, slots=True)
class Box:
    """A place on the page, in points from the top left corner."""

    left: float
    top: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Entry:
    """One piece of text that starts a line of its own."""

    text: str
    bold: bool = False

    @property
    def style(self) -> str:
        return "B" if self.bold else ""


def add_fonts(pdf: FPDF, extent: str = WHOLE) -> None:
    """Add the faces, WHOLE or LATIN; what is then written raises ``LetterMissing`` where LATIN is not enough."""
    pdf.add_font(FAMILY, "", _FONTS / f"DejaVuSansCondensed{extent}.ttf")
    pdf.add_font(FAMILY, "B", _FONTS / f"DejaVuSansCondensed-Bold{extent}.ttf")


def clean(text: str) -> str:
    """The visible text on one line: no control, direction or joining characters, no lone surrogates, single spaces."""
    visible = (" " if character.isspace() else character for character in unicodedata.normalize("NFC", text))
    return " ".join("".join(c for c in visible if not unicodedata.category(c).startswith("C")).split())


def write(pdf: FPDF, box: Box, entries: Iterable[Entry], *, largest: float, smallest: float, align: str = "L") -> None:
    """Write the entries from the top of the box, in the largest size (points) at which all of them fit.

    An entry may wrap once; what is still too long at the smallest size ends in an ellipsis.
    """
    printable = [Entry(_printable(pdf, clean(entry.text)), entry.bold) for entry in entries]
    printable = [entry for entry in printable if entry.text]
    size = next((size for size in _sizes(largest, smallest) if _fits(pdf, box, printable, size)), smallest)
    lines = [(entry, line) for entry in printable for line in _shortened(pdf, box, entry, size)]
    for number, (entry, line) in enumerate(lines[: int(box.height / (size * LEADING))]):
        pdf.set_font(FAMILY, entry.style, size)
        pdf.set_xy(box.left, box.top + number * size * LEADING)
        pdf.cell(box.width, size * LEADING, line, align=align)


def _sizes(largest: float, smallest: float) -> Iterator[float]:
    size = largest
    while size >= smallest:
        yield size
        size -= STEP


def _fits(pdf: FPDF, box: Box, entries: list[Entry], size: float) -> bool:
    counts = [len(_wrapped(pdf, box, entry, size)) for entry in entries]
    return max(counts, default=0) <= MOST_LINES and sum(counts) * size * LEADING <= box.height


def _wrapped(pdf: FPDF, box: Box, entry: Entry, size: float) -> list[str]:
    pdf.set_font(FAMILY, entry.style, size)
    lines = pdf.multi_cell(box.width, text=entry.text, align="L", dry_run=True, output=MethodReturnValue.LINES)
    return [str(line) for line in lines]  # type: ignore[union-attr]


def _shortened(pdf: FPDF, box: Box, entry: Entry, size: float) -> list[str]:
    lines = _wrapped(pdf, box, entry, size)
    if len(lines) <= MOST_LINES:
        return lines
    last = lines[MOST_LINES - 1]
    while last and pdf.get_string_width(last + ELLIPSIS) > box.width:
        last = last[:-1]
    return [*lines[: MOST_LINES - 1], last.rstrip() + ELLIPSIS]


def _printable(pdf: FPDF, text: str) -> str:
    """The text with a question mark for each character that even the whole faces cannot draw."""
    fonts = [font for font in pdf.fonts.values() if isinstance(font, TTFFont)]
    missing = {c for c in text if not all(ord(c) in font.cmap for font in fonts)}
    if missing and any(font.ttffile.stem.endswith(LATIN) for font in fonts):
        raise LetterMissing(missing)
    return "".join("?" if c in missing else c for c in text)
