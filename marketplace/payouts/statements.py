"""A seller's statement: everything that was paid, as a table and as a document."""

from __future__ import annotations

from datetime import datetime

from flask_babel import gettext as _
from fpdf import FPDF

from marketplace.money import format_money
from marketplace.payouts.models import PayoutState
from marketplace.payouts.paying import payouts_to
from marketplace.payouts.words import PAYOUT_FORMS, PAYOUT_REASONS
from marketplace.people.models import Person
from marketplace.programme import versions
from marketplace.shipping.label_text import WHOLE, add_fonts

WIDTHS = (32, 32, 38, 30, 29, 29)  # of the columns, in millimetres


def table(person: Person) -> list[list[str]]:
    """The heads and a row for each payout that was made, newest first. Days are the programme's own."""
    zone = versions.current().calendar.zone
    heads = [_("For"), _("Reason"), _("Form"), _("Amount"), _("Promised by"), _("Paid")]
    paid = [one for one in payouts_to(person) if one.state is PayoutState.ISSUED]
    return [heads] + [
        [
            one.reference,
            str(PAYOUT_REASONS[one.reason]),
            str(PAYOUT_FORMS[one.form]),
            format_money(one.amount),
            one.promised_by.astimezone(zone).date().isoformat() if one.promised_by else "–",
            one.issued_at.astimezone(zone).date().isoformat() if one.issued_at else "–",
        ]
        for one in paid
    ]


def document(person: Person, title: str, *, at: datetime) -> bytes:
    """The statement as a PDF: the same payouts always give the same bytes at the same moment."""
    pdf = FPDF(format="A4")
    pdf.set_creation_date(at)
    add_fonts(pdf, WHOLE)
    pdf.set_title(_("Your payouts"))
    pdf.add_page()
    pdf.set_font(WHOLE, "B", 16)
    pdf.cell(0, 10, title, new_x="LMARGIN", new_y="NEXT")
    pdf.set_font(WHOLE, "", 10)
    day = at.astimezone(versions.current().calendar.zone).date().isoformat()
    pdf.cell(0, 8, f"{_('Your payouts')} · {person.name} · {day}", new_x="LMARGIN", new_y="NEXT")
    with pdf.table(col_widths=WIDTHS, borders_layout="SINGLE_TOP_LINE", text_align="LEFT") as rows:
        for row in table(person):
            rows.row(row)
    return bytes(pdf.output())
