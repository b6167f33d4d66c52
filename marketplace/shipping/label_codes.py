"""The two machine-readable codes of a label, drawn as rectangles: sharp at any size, nothing to decode wrongly."""

from __future__ import annotations

import math
import re
from itertools import groupby

import segno
from barcode import Code128
from fpdf import FPDF
from fpdf.enums import RenderStyle

from marketplace.shipping.label_text import Box

DOT = 72 / 203  # points: bars are whole dots of the common 203 dpi label printer, or they would blur on paper

# A printer blackens every dot that an edge touches; bars a hair too narrow come out as wide as they should be.
_NARROWED = 0.02  # points, on either side

_THINNEST = 2  # dots: what a hand scanner still reads from paper
_TRACKING_NUMBER = re.compile(r"\A[A-Za-z0-9]{4,30}\Z")


def check_tracking_number(tracking_number: str) -> None:
    """Raise ``ValueError`` for anything but 4 to 30 plain letters and figures: more would not fit the label."""
    if not _TRACKING_NUMBER.match(tracking_number):
        raise ValueError("a tracking number is 4 to 30 letters and figures")


def draw_code_128(pdf: FPDF, box: Box, tracking_number: str) -> None:
    """Draw the number as Code 128 in the middle of the box.

    The ten modules of white that ISO/IEC 15417 asks for on either side are the margins of the page.
    """
    modules = "".join(Code128(tracking_number).build())
    module = _whole_dots(box.width / len(modules))
    left = _on_a_dot(box.left + (box.width - module * len(modules)) / 2)
    _draw_runs(pdf, modules, left, box.top, module, box.height, narrowed=_NARROWED)


def draw_qr(pdf: FPDF, box: Box, text: str) -> None:
    """Draw the text as a QR code (15% of it may be damaged) in the top left of the box, quiet zone included."""
    rows = segno.make(text, error="m", micro=False, boost_error=False).matrix_iter(border=4)
    matrix = ["".join(str(int(cell)) for cell in row) for row in rows]
    module = _whole_dots(min(box.width, box.height) / len(matrix))
    left, top = _on_a_dot(box.left), _on_a_dot(box.top)
    for number, row in enumerate(matrix):
        _draw_runs(pdf, row, left, top + number * module, module, module)


def _draw_runs(
    pdf: FPDF, modules: str, left: float, top: float, module: float, height: float, narrowed: float = 0
) -> None:
    at = 0
    for dark, run in groupby(modules):
        length = len(list(run))
        if dark == "1":
            pdf.rect(left + at * module + narrowed, top, length * module - 2 * narrowed, height, style=RenderStyle.F)
        at += length


def _whole_dots(width: float) -> float:
    dots = math.floor(width / DOT)
    if dots < _THINNEST:
        raise ValueError("the code holds more than a label printer can draw in this room")
    return dots * DOT


def _on_a_dot(place: float) -> float:
    return round(place / DOT) * DOT
