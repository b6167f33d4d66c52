"""The desk's reports: charts drawn on the server, each with the table it was drawn from and a file of it."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from babel.numbers import format_decimal, format_percent
from flask import Blueprint, Response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale, ngettext
from flask_babel import gettext as _

from marketplace import clock
from marketplace.disputes import reports
from marketplace.errors import NotFound
from marketplace.payouts import promises
from marketplace.payouts.words import PAYOUT_FORMS
from marketplace.people.models import Role
from marketplace.permissions import staff
from marketplace.presentation import money
from marketplace.programme import versions
from marketplace.text import spreadsheet_cell

bp = Blueprint("desk_reports", __name__)

PERIODS = (30, 90, 365)  # days back from now


@dataclass(frozen=True)
class Report:
    """One table and its chart: a label, a text and a length (0 to 1) for each bar; ``notes`` say what it comes to."""

    key: str
    title: str
    heads: list[str]
    rows: list[list[str]]
    bars: list[tuple[str, str, float]]
    notes: list[str]


@bp.get("/desk/reports")
@staff(Role.MANAGER)
def all_reports() -> ResponseReturnValue:
    """Every report of one period."""
    days = _period()
    periods = [
        {
            "href": url_for("desk_reports.all_reports", days=one),
            "label": ngettext("One day", "%(num)s days", one),
            "count": None,
            "now": one == days,
        }
        for one in PERIODS
    ]
    return render_template("desk/reports.html", reports=_reports(days), periods=periods, days=days)


@bp.get("/desk/reports/<key>.csv")
@staff(Role.MANAGER)
def as_file(key: str) -> ResponseReturnValue:
    """The table of one report, safe to open in a spreadsheet (fault X05)."""
    report = next((one for one in _reports(_period()) if one.key == key), None)
    if report is None:
        raise NotFound()
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerows([[spreadsheet_cell(cell) for cell in row] for row in (report.heads, *report.rows)])
    headers = {"Content-Disposition": f'attachment; filename="{report.key}.csv"'}
    return Response(text.getvalue(), mimetype="text/csv", headers=headers)


def _period() -> int:
    """The days asked for; ``NotFound`` for a period that is none."""
    days = request.args.get("days", PERIODS[1], type=int)
    if days not in PERIODS:
        raise NotFound()
    return days


def _reports(days: int) -> list[Report]:
    at = clock.now()
    since = at - timedelta(days=days)
    return [_ages(at), _pace(since, at), _appeals(since, at), _agents(since, at), _payouts(since, at)]


def _bars(labels: Sequence[str], counts: Sequence[int]) -> list[tuple[str, str, float]]:
    longest = max(counts, default=0) or 1
    return [(label, str(count), count / longest) for label, count in zip(labels, counts, strict=True)]


def _percent(share: float | None) -> str:
    return "–" if share is None else str(format_percent(share, locale=str(get_locale() or "en_US")))


def _ages(at: datetime) -> Report:
    labels = [ngettext("Up to one day", "Up to %(num)s days", end) for end in reports.AGES] + [_("Older")]
    counts = reports.open_by_age(at)
    rows = [[label, str(count)] for label, count in zip(labels, counts, strict=True)]
    total = ngettext("One case is open.", "%(num)s cases are open.", sum(counts))
    return Report("open-by-age", _("Open cases by age"), [_("Age"), _("Cases")], rows, _bars(labels, counts), [total])


def _pace(since: datetime, at: datetime) -> Report:
    pace = reports.pace(since, at)
    labels = [ngettext("Within one day", "Within %(num)s days", end) for end in reports.TIMES] + [_("Longer")]
    promised = versions.current().policy.disputes.review_business_days
    middle = "–"
    if pace.median_days is not None:
        middle = str(format_decimal(pace.median_days, locale=str(get_locale() or "en_US")))
    rows = [[label, str(count)] for label, count in zip(labels, pace.groups, strict=True)]
    rows += [
        [_("Promised, in business days"), str(promised)],
        [_("Median, in business days"), middle],
        [_("Decided by the date first set"), f"{pace.on_time} / {pace.all}"],
    ]
    kept = _("Decided by the date first set: %(share)s.", share=_percent(pace.share_on_time))
    actual = _("Promised: %(promised)s business days. Actual median: %(median)s.", promised=promised, median=middle)
    heads, bars = [_("Time to decision"), _("Decisions")], _bars(labels, pace.groups)
    return Report("time-to-decision", _("Time to decision"), heads, rows, bars, [kept, actual])


def _appeals(since: datetime, at: datetime) -> Report:
    appeals = reports.appeals(since, at)
    labels, counts = [_("Heard"), _("Reversed")], [appeals.heard, appeals.reversed]
    rows = [[label, str(count)] for label, count in zip(labels, counts, strict=True)]
    note = _("Reversal rate: %(share)s.", share=_percent(appeals.rate))
    heads = [_("Decisions on appeals"), _("Number")]
    return Report("reversals", _("Reversed on appeal"), heads, rows, _bars(labels, counts), [note])


def _agents(since: datetime, at: datetime) -> Report:
    gave = reports.by_agent(since, at)
    heads = [_("Who"), _("Decisions"), _("Refunds"), _("Refunded"), _("Gifts"), _("Goodwill")]
    rows = [
        [one.agent, str(one.decisions), str(one.refunds), money(one.refunded), str(one.gifts), money(one.goodwill)]
        for one in gave
    ]
    sums = [(one.agent, one.refunded + one.goodwill) for one in gave]
    longest = max((amount.minor for _name, amount in sums), default=0) or 1
    bars = [(name, money(amount), amount.minor / longest) for name, amount in sums]
    return Report("by-agent", _("Refunds and goodwill by agent"), heads, rows, bars, [])


def _payouts(since: datetime, at: datetime) -> Report:
    found = promises.kept(since, at)
    labels = [str(PAYOUT_FORMS[one.form]) for one in found]
    heads = [_("Form"), _("Paid by the day promised"), _("Paid later"), _("Late, not paid yet")]
    rows = [
        [label, str(one.on_time), str(one.late), str(one.overdue)] for label, one in zip(labels, found, strict=True)
    ]
    shares = [one.on_time / one.all if one.all else 0.0 for one in found]
    bars = [(label, _percent(share), share) for label, share in zip(labels, shares, strict=True)]
    return Report("payouts", _("Payouts: promise and actual"), heads, rows, bars, [])
