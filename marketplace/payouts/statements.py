"""A seller's statement: everything that was paid, as a table and as a document."""

from __future__ import annotations

from datetime import datetime
from importlib import import_module

from flask_babel import gettext as _

from marketplace.money import format_money
from marketplace.payouts.coming_back import came_back
from marketplace.payouts.forms import on_top
from marketplace.payouts.models import PayoutState
from marketplace.payouts.paying import payouts_to
from marketplace.payouts.words import PAYOUT_FORMS, PAYOUT_REASONS
from marketplace.people.models import Person
from marketplace.programme import versions


def table(person: Person) -> list[list[str]]:
    """The heads and a row for each payout that was made, newest first; one that a bank sent back says so until it is
    paid again (LUX-76). Days are the programme's own.
    """
    zone = versions.current().calendar.zone
    heads = [_("For"), _("Reason"), _("Form"), _("Amount"), _("Bonus"), _("Promised by"), _("Paid")]
    payouts = payouts_to(person)
    back = came_back(payouts)
    made = [one for one in payouts if one.state is PayoutState.ISSUED or one.id in back]

    def day(at: datetime | None) -> str:
        return at.astimezone(zone).date().isoformat() if at else "–"

    return [heads] + [
        [
            one.reference,
            str(PAYOUT_REASONS[one.reason]),
            str(PAYOUT_FORMS[one.form]),
            format_money(one.amount),
            format_money(bonus) if (bonus := on_top(one)) else "–",
            day(one.promised_by),
            _("came back on %(day)s", day=day(back[one.id])) if one.id in back else day(one.issued_at),
        ]
        for one in made
    ]


def document(person: Person, title: str, *, at: datetime) -> bytes:
    """The statement as a PDF: the same payouts always give the same bytes at the same moment."""
    drawing = import_module("marketplace.payouts.statement_document")  # what draws a PDF is loaded with the first
    day = at.astimezone(versions.current().calendar.zone).date().isoformat()
    drawn: bytes = drawing.draw(
        table(person), title=title, subject=_("Your payouts"), under=f"{person.name} · {day}", at=at
    )
    return drawn
