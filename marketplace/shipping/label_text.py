"""Words on a label: cleaned of everything that is not text, and made to fit the room they have (X03, X12)."""

from __future__ import annotations

import unicodedata
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from fpdf import FPDF
from fpdf.fonts import TTFFont

LEADING = 1.18  # line height in multiples of the size
STEP = 0.5  # points between one size tried and the next
MOST_LINES = 2  # of one entry: a long name must never push the street off the label
ELLIPSIS = "…"
BASELINE = 0.3  # of the size, from the middle of a line down to what its letters stand on

# Every reader and printer has the first, and to write with it costs next to nothing, but it knows Western letters only.
# The second brings Greek, Cyrillic and more along, in the document.
WESTERN, WHOLE = "Helvetica", "DejaVuSansCondensed"

_FONTS = Path(__file__).parent / "fonts"
_MEASURED = 1000  # points: what letters are measured at


class LetterMissing(Exception):
    """The Western faces lack a letter; the whole ones may have it."""


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


def add_fonts(pdf: FPDF, family: str) -> None:
    """Make the family, WESTERN or WHOLE, the one ``write`` writes with."""
    if family == WHOLE:
        pdf.add_font(WHOLE, "", _FONTS / "DejaVuSansCondensed.ttf")
        pdf.add_font(WHOLE, "B", _FONTS / "DejaVuSansCondensed-Bold.ttf")
    else:
        pdf.core_fonts_encoding = "cp1252"
    pdf.set_font(family, "", _MEASURED)


def clean(text: str) -> str:
    """The visible text on one line: no control, direction or joining characters, no lone surrogates, single spaces."""
    visible = (" " if character.isspace() else character for character in unicodedata.normalize("NFC", text))
    return " ".join("".join(c for c in visible if not unicodedata.category(c).startswith("C")).split())


def write(pdf: FPDF, box: Box, entries: Iterable[Entry], *, largest: float, smallest: float, align: str = "L") -> None:
    """Write the entries from the top of the box, in the largest size (points) at which all of them fit.

    An entry may wrap once; what is still too long at the smallest size ends in an ellipsis. Raises ``LetterMissing``
    where the Western faces are not enough.
    """
    printable = [Entry(_printable(pdf, clean(entry.text)), entry.bold) for entry in entries]
    printable = [entry for entry in printable if entry.text]
    size = next((size for size in _sizes(largest, smallest) if _fits(pdf, box, printable, size)), smallest)
    lines = [(entry, line) for entry in printable for line in _shortened(pdf, box, entry, size)]
    for number, (entry, line) in enumerate(lines[: int(box.height / (size * LEADING))]):
        spare = box.width - _width(pdf, entry, line, size) if align == "C" else 0
        middle = box.top + (number + 0.5) * size * LEADING
        pdf.set_font(style=entry.style, size=size)
        pdf.text(box.left + spare / 2, middle + BASELINE * size, line)


def _sizes(largest: float, smallest: float) -> Iterator[float]:
    size = largest
    while size >= smallest:
        yield size
        size -= STEP


def _fits(pdf: FPDF, box: Box, entries: list[Entry], size: float) -> bool:
    counts = [len(_wrapped(pdf, box, entry, size)) for entry in entries]
    return max(counts, default=0) <= MOST_LINES and sum(counts) * size * LEADING <= box.height


def _wrapped(pdf: FPDF, box: Box, entry: Entry, size: float) -> list[str]:
    """The entry in lines that fit the box, a line more than the most where it has too much for them."""
    return list(islice(_lines(entry.text, lambda line: _width(pdf, entry, line, size) <= box.width), MOST_LINES + 1))


def _lines(text: str, fits: Callable[[str], bool]) -> Iterator[str]:
    """The text broken at its spaces, and within a word that fills more than a line."""
    line = ""
    for word in text.split():
        if fits(f"{line} {word}".lstrip()):
            line = f"{line} {word}".lstrip()
            continue
        if line:
            yield line
        line = word
        while not fits(line):
            most = bisect_left(range(1, len(line)), True, key=lambda length: not fits(line[: length + 1])) + 1
            yield line[:most]
            line = line[most:]
    yield line


def _shortened(pdf: FPDF, box: Box, entry: Entry, size: float) -> list[str]:
    lines = _wrapped(pdf, box, entry, size)
    if len(lines) <= MOST_LINES:
        return lines
    last = lines[MOST_LINES - 1]
    while last and _width(pdf, entry, last + ELLIPSIS, size) > box.width:
        last = last[:-1]
    return [*lines[: MOST_LINES - 1], last.rstrip() + ELLIPSIS]


_widths: dict[tuple[str, str], dict[str, float]] = defaultdict(dict)  # of each letter met, in sizes


def _width(pdf: FPDF, entry: Entry, line: str, size: float) -> float:
    """How wide the line is in points: the letters of a label stand side by side, each as wide as it always is."""
    widths = _widths[pdf.font_family, entry.style]
    try:
        return size * sum(map(widths.__getitem__, line))
    except KeyError:
        pdf.set_font(style=entry.style, size=_MEASURED)
        widths |= {letter: pdf.get_string_width(letter) / _MEASURED for letter in set(line)}
        return _width(pdf, entry, line, size)


def _printable(pdf: FPDF, text: str) -> str:
    """The text with a question mark for each character that even the whole faces cannot draw."""
    faces = [font for font in pdf.fonts.values() if isinstance(font, TTFFont)]
    if not faces:
        try:
            text.encode(pdf.core_fonts_encoding)
        except UnicodeEncodeError as trouble:
            raise LetterMissing(trouble.object) from trouble
    return "".join(c if all(ord(c) in face.cmap for face in faces) else "?" for c in text)
