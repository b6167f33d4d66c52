"""A statement on paper: one table of payouts, A4."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from fpdf import FPDF

from marketplace.shipping.label_text import WHOLE, add_fonts

WIDTHS = (30, 29, 33, 25, 21, 26, 26)  # of the columns, in millimetres


def draw(rows: Sequence[Sequence[str]], *, title: str, subject: str, under: str, at: datetime) -> bytes:
    """``rows`` with their heads first, under ``title`` and a line that says what they are and whose."""
    pdf = FPDF(format="A4")
    pdf.set_creation_date(at)
    add_fonts(pdf, WHOLE)
    pdf.set_title(subject)
    pdf.add_page()
    pdf.set_font(WHOLE, "B", 16)
    pdf.cell(0, 10, title, new_x="LMARGIN", new_y="NEXT")
    pdf.set_font(WHOLE, "", 10)
    pdf.cell(0, 8, f"{subject} · {under}", new_x="LMARGIN", new_y="NEXT")
    with pdf.table(col_widths=WIDTHS, borders_layout="SINGLE_TOP_LINE", text_align="LEFT") as table:
        for row in rows:
            table.row(row)
    return bytes(pdf.output())
