"""The shipping label as a document: 4 by 6 inches, the size every label printer knows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from babel.dates import format_skeleton
from flask_babel import get_locale
from flask_babel import gettext as _
from fpdf import FPDF

from marketplace.shipping.label_codes import check_tracking_number, draw_code_128, draw_qr
from marketplace.shipping.label_text import WESTERN, WHOLE, Box, Entry, LetterMissing, add_fonts, write

WIDTH = 288  # points, 4 in
HEIGHT = 432  # points, 6 in
MARGIN = 12
INNER = WIDTH - 2 * MARGIN
MOST_ADDRESS_LINES = 5


@dataclass(frozen=True, slots=True)
class LabelAddress:
    """A name and the lines under it, as the carrier writes them: street, unit, then city, state and ZIP code."""

    name: str
    lines: tuple[str, ...]

    def __post_init__(self) -> None:
        if not 1 <= len(self.lines) <= MOST_ADDRESS_LINES:
            raise ValueError(f"a label has room for 1 to {MOST_ADDRESS_LINES} lines under the name")


@dataclass(frozen=True, slots=True)
class LabelContents:
    """All that stands on a prepaid label.

    ``issued_at`` (aware) dates the document, so that the same contents always give the same bytes. ``ship_by`` is left
    out by whoever cannot know it: the clock may start after the label is drawn (GAP-01). ``notice`` is a sentence at
    the foot, such as the sandbox carrier's that this is no postage.
    """

    service: str
    tracking_number: str
    tracking_url: str
    order_number: str
    sender: LabelAddress
    recipient: LabelAddress
    issued_at: datetime
    ship_by: date | None = None
    notice: str = ""

    def __post_init__(self) -> None:
        check_tracking_number(self.tracking_number)
        if self.issued_at.tzinfo is None:
            raise ValueError("issued_at needs a time zone")


def render_label(contents: LabelContents) -> bytes:
    """The label as a one-page PDF: addresses, service, Code 128 of the tracking number, QR of its address (MK-34).

    Every text is data: it is cleaned, shrunk, wrapped and at last shortened, and never leaves its place.
    """
    try:
        return _drawn(contents, WESTERN)
    except LetterMissing:
        return _drawn(contents, WHOLE)


def _drawn(contents: LabelContents, family: str) -> bytes:
    pdf = _blank(contents, family)
    _draw_banner(pdf, contents)
    _draw_sender_and_order(pdf, contents)
    _draw_recipient(pdf, contents)
    _draw_tracking(pdf, contents)
    _draw_foot(pdf, contents)
    return bytes(pdf.output())


def _blank(contents: LabelContents, family: str) -> FPDF:
    pdf = FPDF(unit="pt", format=(WIDTH, HEIGHT))
    pdf.set_creation_date(contents.issued_at)
    pdf.set_title(_("Shipping label %(number)s", number=contents.tracking_number))
    pdf.set_auto_page_break(False)
    pdf.set_margin(0)
    pdf.c_margin = 0
    add_fonts(pdf, family)
    pdf.add_page()
    pdf.set_line_width(1)
    return pdf


def _draw_banner(pdf: FPDF, contents: LabelContents) -> None:
    write(pdf, Box(MARGIN, 14, 168, 38), [Entry(contents.service, bold=True)], largest=17, smallest=8)
    pdf.rect(WIDTH - MARGIN - 84, 12, 84, 36)
    write(
        pdf, Box(WIDTH - MARGIN - 80, 22, 76, 20), [Entry(_("Prepaid"), bold=True)], largest=14, smallest=7, align="C"
    )
    _rule(pdf, 56)


def _draw_sender_and_order(pdf: FPDF, contents: LabelContents) -> None:
    _caption(pdf, MARGIN, 60, 168, _("From"))
    write(pdf, Box(MARGIN, 70, 168, 66), _address(contents.sender), largest=8.5, smallest=4.5)
    right = WIDTH - MARGIN - 84
    _caption(pdf, right, 60, 84, _("Order"))
    write(pdf, Box(right, 70, 84, 24), [Entry(contents.order_number, bold=True)], largest=10, smallest=5)
    if contents.ship_by is not None:
        _caption(pdf, right, 98, 84, _("Ship by"))
        skeleton = "MMMEd" if contents.ship_by.year == contents.issued_at.year else "yMMMEd"
        ship_by = str(format_skeleton(skeleton, contents.ship_by, locale=get_locale() or "en_US"))
        write(pdf, Box(right, 108, 84, 28), [Entry(ship_by, bold=True)], largest=10, smallest=5)
    _rule(pdf, 140)


def _draw_recipient(pdf: FPDF, contents: LabelContents) -> None:
    _caption(pdf, MARGIN, 144, INNER, _("Ship to"))
    write(pdf, Box(MARGIN, 155, INNER, 84), _address(contents.recipient), largest=14, smallest=5.5)
    _rule(pdf, 243)


def _draw_tracking(pdf: FPDF, contents: LabelContents) -> None:
    draw_code_128(pdf, Box(MARGIN, 252, INNER, 60), contents.tracking_number)
    write(
        pdf,
        Box(MARGIN, 316, INNER, 16),
        [Entry(contents.tracking_number, bold=True)],
        largest=12,
        smallest=5,
        align="C",
    )
    _rule(pdf, 336)


def _draw_foot(pdf: FPDF, contents: LabelContents) -> None:
    draw_qr(pdf, Box(MARGIN, 340, 84, 84), contents.tracking_url)
    left, width = MARGIN + 92, INNER - 92
    _caption(pdf, left, 346, width, _("Track this parcel"))
    write(pdf, Box(left, 357, width, 32), [Entry(contents.tracking_url)], largest=6.5, smallest=4.5)
    write(pdf, Box(left, 392, width, 30), [Entry(contents.notice, bold=True)], largest=8, smallest=5)


def _address(address: LabelAddress) -> list[Entry]:
    return [Entry(address.name, bold=True), *(Entry(line) for line in address.lines)]


def _caption(pdf: FPDF, left: float, top: float, width: float, text: str) -> None:
    write(pdf, Box(left, top, width, 9), [Entry(text)], largest=7, smallest=5)


def _rule(pdf: FPDF, top: float) -> None:
    pdf.line(MARGIN, top, WIDTH - MARGIN, top)
