"""A policy's numbers as people read them, ``80%`` or ``3 business days``: filters of every template."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import time
from decimal import Decimal
from functools import lru_cache

from babel import Locale
from babel.dates import format_time, get_day_names, get_timezone, get_timezone_name
from babel.lists import format_list
from babel.numbers import format_decimal, format_percent
from flask import Flask
from flask_babel import get_locale, ngettext
from flask_babel import gettext as _

from marketplace.money import FULL, Money, format_money
from marketplace.programme.policy.identity import OpeningHours
from marketplace.programme.policy.values import Weekday

_NOUNS_ARE_CAPITALS = frozenset({"de"})
_WITH_ARTICLE = frozenset({"AE", "GB", "NL", "US"})
_NARROW, _NO_BREAK = "\u202f", "\u00a0"  # the text face has no narrow no-break space


def percent(basis_points: int) -> str:
    """A share: ``80%``, ``6.25%``; in German ``80 %``."""
    usual = Locale.parse(_locale()).percent_formats[None].pattern  # "#,##0%", where the sign stands is the reader's
    return str(format_percent(Decimal(basis_points) / FULL, usual.replace("#,##0", "#,##0.##"), locale=_locale()))


def number(figure: int | Decimal) -> str:
    """A plain number with its grouping: ``5,000``, ``19.5``; in German ``5.000``, ``19,5``."""
    return str(format_decimal(figure, locale=_locale()))


def days(number: int) -> str:
    return str(ngettext("%(num)s day", "%(num)s days", number))


def business_days(number: int) -> str:
    return str(ngettext("%(num)s business day", "%(num)s business days", number))


def minutes(number: int) -> str:
    return str(ngettext("%(num)s minute", "%(num)s minutes", number))


def hours(number: int) -> str:
    return str(ngettext("%(num)s hour", "%(num)s hours", number))


def hours_long(number: int) -> str:
    """A span of hours, in days where it is whole days: ``3 days``, ``36 hours``."""
    return hours(number) if number % 24 else days(number // 24)


def pieces(number: int) -> str:
    return str(ngettext("%(num)s piece", "%(num)s pieces", number))


def both(items: Iterable[object]) -> str:
    """Several things, all of them: ``front, back and inside``."""
    return str(format_list([str(item) for item in items], style="standard", locale=_locale()))


def either(items: Iterable[object]) -> str:
    """Several things, any of them: ``new with tags, excellent or good``."""
    return str(format_list([str(item) for item in items], style="or", locale=_locale()))


def in_sentence(label: str) -> str:
    """A label as it stands within a sentence: ``Handbags`` becomes ``handbags``, ``XL`` stays, German nouns do."""
    return label if _locale().partition("_")[0] in _NOUNS_ARE_CAPITALS else quality_in_sentence(label)


def quality_in_sentence(label: str) -> str:
    """A label that is an adjective, in German too: ``Deutlich`` becomes ``deutlich``, ``XL`` stays."""
    return label[:1].lower() + label[1:] if label[1:2].islower() else label


def to_begin(text: str) -> str:
    """A text as it begins a sentence: ``handbags and small leather goods`` becomes ``Handbags and …``."""
    return text[:1].upper() + text[1:]


def amount(minor: int, currency: str) -> str:
    """An amount of a policy, without cents where there are none: ``$20``, ``$8.95``."""
    return format_money(Money(minor, currency), whole=True)


def opening(hours: OpeningHours, time_zone: str) -> str:
    """When somebody answers: ``Monday to Friday, 8:00 AM to 7:00 PM (Eastern Time)``."""
    return _opening(hours, time_zone, _locale())


@lru_cache(maxsize=64)  # every page says it at its foot
def _opening(hours: OpeningHours, time_zone: str, _locale: str) -> str:
    spoken = {"opens": clock_time(hours.opens), "closes": clock_time(hours.closes), "zone": zone_name(time_zone)}
    return str(_("%(days)s, %(opens)s to %(closes)s (%(zone)s)", days=_weekdays(hours.weekdays), **spoken))


def weekday_names(days_of_week: Iterable[Weekday]) -> list[str]:
    """What the days of the week are called: ``Saturday``."""
    names = get_day_names("wide", locale=_locale())
    return [names[day.number] for day in days_of_week]


def zone_name(time_zone: str) -> str:
    """A time zone as people call it: ``Eastern Time``."""
    return str(get_timezone_name(get_timezone(time_zone), "long", locale=_locale(), zone_variant="generic"))


def country_name(code: str) -> str:
    """A country within a sentence: ``the United States``, ``Canada``."""
    name = str(Locale.parse(_locale()).territories.get(code, code))
    return str(_("the %(country)s", country=name)) if code in _WITH_ARTICLE else name


def _weekdays(days_of_week: Sequence[Weekday]) -> str:
    names, numbers = weekday_names(days_of_week), [day.number for day in days_of_week]
    if len(numbers) > 2 and numbers == list(range(numbers[0], numbers[-1] + 1)):
        return str(_("%(first)s to %(last)s", first=names[0], last=names[-1]))
    return both(names)


def clock_time(moment: time) -> str:
    """A time on the clock: ``9:00 AM``."""
    return str(format_time(moment, "short", locale=_locale())).replace(_NARROW, _NO_BREAK)


def _locale() -> str:
    return str(get_locale() or "en_US")


FILTERS = (
    percent,
    number,
    days,
    business_days,
    minutes,
    hours,
    hours_long,
    pieces,
    both,
    either,
    in_sentence,
    to_begin,
    amount,
    opening,
    clock_time,
    weekday_names,
    zone_name,
    country_name,
)


def register(app: Flask) -> None:
    """Give the application's templates these filters."""
    for function in FILTERS:
        app.jinja_env.filters[function.__name__] = function
