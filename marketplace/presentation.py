"""How templates write amounts, moments and form errors: the filters every page shares.

    app = Flask(…); presentation.register(app)

Moments are shown in the zone flask-babel is told to use (the programme's), in the reader's locale. A date says its year
wherever that is not the year of business time now.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

from babel.dates import format_skeleton, format_time, get_timezone_name
from flask import Flask
from flask_babel import get_timezone, get_translations, ngettext
from flask_babel import gettext as _
from jinja2 import pass_eval_context
from jinja2.nodes import EvalContext
from markupsafe import Markup, escape
from wtforms import Field, FieldList, Form, FormField

from marketplace import clock, locales
from marketplace.money import Money, format_money

# The text face has no narrow no-break space, which CLDR puts before AM and PM.
_NARROW, _NO_BREAK = "\u202f", "\u00a0"

LATE_SOON = timedelta(hours=4)
LATE_TODAY = timedelta(hours=8)


def money(amount: Money) -> str:
    """An amount to the cent: ``$245.00``."""
    return format_money(amount)


def price(amount: Money) -> str:
    """A price as a shop window writes it: ``$245``, but ``$245.50``."""
    return format_money(amount, whole=True)


def _local(moment: datetime) -> datetime:
    zone = get_timezone()
    return moment.astimezone(zone) if zone else moment


def iso(moment: datetime | date) -> str:
    """For a ``datetime`` attribute: UTC to the second, or the plain date."""
    if isinstance(moment, datetime):
        return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return moment.isoformat()


def day(moment: datetime | date, *, year: bool = False, weekday: bool = True) -> str:
    """The local date: ``Thu, Nov 26``; with ``year``, and in any year but this one, also the year."""
    if isinstance(moment, datetime):
        moment = _local(moment)
    skeleton = ("y" if year or moment.year != _this_year() else "") + ("MMMEd" if weekday else "MMMd")
    return _written_day(date(moment.year, moment.month, moment.day), skeleton, locales.spoken())


def _this_year() -> int:
    return _local(clock.now()).year


@lru_cache(maxsize=2048)
def _written_day(on: date, skeleton: str, locale: str) -> str:
    return str(format_skeleton(skeleton, datetime(on.year, on.month, on.day, tzinfo=UTC), locale=locale))


def time_of_day(moment: datetime, *, zone: bool = False) -> str:
    """The local time: ``2:05 PM``; with ``zone`` also its short name, as every deadline needs."""
    local = _local(moment)
    text = str(format_time(local, "short", locale=locales.spoken())).replace(_NARROW, _NO_BREAK)
    if zone:
        text += _NO_BREAK + _zone_name(local)
    return text


def _zone_name(local: datetime) -> str:
    """``EST``, ``MEZ``: as the reader's language says it, or the zone's own letters; never ``+0100``."""
    name = str(get_timezone_name(local, width="short", locale=locales.spoken()))
    return (local.tzname() or name) if name.startswith(("+", "-")) else name


def moment(value: datetime, *, zone: bool = False) -> str:
    """Date and time: ``Thu, Nov 26, 2:05 PM``."""
    minute, this_year = value.replace(second=0, microsecond=0), _this_year()
    return _written_moment(minute, zone, this_year, locales.spoken(), str(get_timezone()))


@lru_cache(maxsize=1024)  # a sweep writes the same few minutes into a thousand letters
def _written_moment(value: datetime, zone: bool, _this_year: int, _locale: str, _time_zone: str) -> str:
    return str(_("%(day)s, %(time)s", day=day(value), time=time_of_day(value, zone=zone)))


def deadline(value: datetime) -> str:
    """A moment someone must keep: date, time and zone."""
    return moment(value, zone=True)


def time_left(left: timedelta) -> str:
    """How long until it is due, in its two largest units: ``2 h 10 min``, ``1 d 4 h``, ``overdue``."""
    return _minutes_left(int(left.total_seconds() // 60), locales.spoken())


@lru_cache(maxsize=4096)  # a queue shows hundreds, many of them the same
def _minutes_left(minutes: int, _locale: str) -> str:
    if minutes < 0:
        return str(_("overdue"))
    days, hours, minutes = minutes // 1440, minutes // 60 % 24, minutes % 60
    parts = [(days, _("%(n)s d", n=days)), (hours, _("%(n)s h", n=hours)), (minutes, _("%(n)s min", n=minutes))]
    while len(parts) > 1 and not parts[0][0]:
        parts.pop(0)
    return " ".join(text for count, text in parts[:2] if count) or str(parts[0][1])


def urgency(left: timedelta) -> str:
    """The tone of a time left: ``bad`` under 4 hours, ``warn`` under 8, else ``info``."""
    if left < LATE_SOON:
        return "bad"
    return "warn" if left < LATE_TODAY else "info"


def share_below(amount: Money, original: Money) -> int:
    """By how many whole percent ``amount`` lies below ``original``, never rounded up; 0 where it does not."""
    if original.minor <= 0 or original.currency != amount.currency:
        return 0
    return max(0, (original.minor - amount.minor) * 100 // original.minor)


def pieces(count: int) -> str:
    """A count of listings in words: ``1 piece``, ``146 pieces``."""
    return str(ngettext("%(num)s piece", "%(num)s pieces", count))


def attributes(pairs: Mapping[str, object]) -> Markup:
    """HTML attributes from a macro's further keywords: ``data_step=2`` becomes ``data-step="2"``.

    ``True`` gives a bare attribute, ``False`` and ``None`` give none.
    """
    written = Markup("")
    for name, value in pairs.items():
        plain = name.rstrip("_").replace("_", "-")
        if value is True:
            written += Markup(" {}").format(plain)
        elif value is not None and value is not False:
            written += Markup(' {}="{}"').format(plain, value)
    return written


@dataclass(frozen=True)
class Problem:
    """One line of the error summary: what to correct, and the id of the control it is about (None: the whole form)."""

    text: str
    target: str | None


def _of_field(field: Field) -> Iterator[Problem]:
    if isinstance(field, FormField):
        yield from _of_form(field.form)
    elif isinstance(field, FieldList):
        for entry in field.entries:
            yield from _of_field(entry)
        yield from (Problem(str(error), field.id) for error in field.errors if isinstance(error, str))
    elif field.errors:
        first = next(iter(field), None) if field.type == "RadioField" else None
        yield Problem(str(field.errors[0]), first.id if first is not None else field.id)


def _of_form(form: Form) -> Iterator[Problem]:
    yield from (Problem(str(error), None) for error in getattr(form, "form_errors", ()))
    for field in form:
        yield from _of_field(field)


def problems(form: Form) -> list[Problem]:
    """Everything to correct in a form that was sent, in the order of its fields, one line a field.

    Where fields of different names want the same, each line says which it is about.
    """
    found = list(_of_form(form))
    labels = {str(field.id): str(field.label.text) for field in _fields(form)}
    alike: dict[str, list[str]] = {}
    for one in found:
        alike.setdefault(one.text, []).append(labels.get(one.target or "", ""))
    told_apart = {text for text, names in alike.items() if len(names) > 1 and len({*names, ""}) == len(names) + 1}
    return [
        Problem(f"{labels[one.target]}: {one.text}", one.target) if one.target and one.text in told_apart else one
        for one in found
    ]


def _fields(form: Form | FormField | FieldList) -> Iterator[Field]:
    for field in form:
        yield field
        if isinstance(field, FormField | FieldList):
            yield from _fields(field)


def cut(text: str, most: int) -> str:
    """The text in at most so many characters, shortened after a whole word."""
    if len(text) <= most:
        return text
    return f"{text[: most - 1].rsplit(' ', 1)[0].rstrip(' ,.:;')}…"


def lines(text: str) -> Markup:
    """Plain text a person typed, with its line breaks kept."""
    return Markup("<br>").join(escape(line) for line in text.splitlines())


FILTERS = (
    money,
    price,
    iso,
    day,
    time_of_day,
    moment,
    deadline,
    time_left,
    urgency,
    pieces,
    attributes,
    problems,
    cut,
    lines,
)


# The words of a page -------------------------------------------------------------------------------------------------


@pass_eval_context
def _translated(context: EvalContext, text: str, **values: object) -> str:
    """``_("Bag (%(count)s)", count=2)`` in a template; most texts need no values, and are the same on every page."""
    if not values:
        return _plain_text(locales.spoken(), text, context.autoescape)
    words = get_translations().ugettext(text)
    return (Markup(words) if context.autoescape else words) % values  # noqa: S704 (the template's own words)


@lru_cache(maxsize=8192)
def _plain_text(_locale: str, text: str, as_html: bool) -> str:
    words = get_translations().ugettext(text)
    return (Markup(words) if as_html else words) % {}  # noqa: S704 (the template's own words)


def register(app: Flask) -> None:
    """Give the application's templates these filters, and a quicker way to their texts than Jinja's and Babel's."""
    app.jinja_env.globals.update(_=_translated, gettext=_translated)
    for function in FILTERS:
        app.jinja_env.filters[function.__name__] = function
    app.jinja_env.globals["share_below"] = share_below
