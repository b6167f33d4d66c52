"""Amounts, moments and errors as templates write them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
import wtforms
from flask import Flask
from flask_babel import Babel

from marketplace import clock, presentation
from marketplace.money import Money
from marketplace.presentation import Problem

NOVEMBER = datetime(2026, 11, 26, 19, 5, tzinfo=UTC)


@pytest.fixture(autouse=True)
def in_new_york(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(clock, "now", lambda: NOVEMBER)
    bare = Flask("bare")
    Babel(bare, default_locale="en_US", default_timezone="America/New_York")
    with bare.app_context(), bare.test_request_context():
        yield


def test_a_price_drops_its_cents_only_where_nothing_is_lost() -> None:
    assert presentation.price(Money(24500, "USD")) == "$245"
    assert presentation.price(Money(24550, "USD")) == "$245.50"
    assert presentation.money(Money(24500, "USD")) == "$245.00"


def test_moments_are_local_and_deadlines_name_their_zone() -> None:
    assert presentation.moment(NOVEMBER) == "Thu, Nov 26, 2:05\u00a0PM"
    assert presentation.deadline(NOVEMBER) == "Thu, Nov 26, 2:05\u00a0PM\u00a0EST"
    assert presentation.deadline(datetime(2026, 7, 1, 12, tzinfo=UTC)) == "Wed, Jul 1, 8:00\u00a0AM\u00a0EDT"


def test_a_moment_late_at_night_belongs_to_the_local_day() -> None:
    assert presentation.day(datetime(2026, 11, 27, 3, tzinfo=UTC)) == "Thu, Nov 26"
    assert presentation.day(date(2026, 11, 27), year=True, weekday=False) == "Nov 27, 2026"
    assert presentation.iso(NOVEMBER) == "2026-11-26T19:05:00Z"


def test_a_date_of_another_year_says_its_year(monkeypatch: pytest.MonkeyPatch) -> None:
    last, next_night = datetime(2025, 11, 26, 19, 5, tzinfo=UTC), datetime(2027, 1, 1, 3, tzinfo=UTC)
    assert presentation.day(last) == "Wed, Nov 26, 2025"
    assert presentation.day(date(2025, 11, 26), weekday=False) == "Nov 26, 2025"
    assert presentation.moment(last) == "Wed, Nov 26, 2025, 2:05\u00a0PM"
    assert presentation.day(next_night) == "Thu, Dec 31"  # still this year, here
    monkeypatch.setattr(clock, "now", lambda: datetime(2027, 1, 1, 12, tzinfo=UTC))
    assert presentation.day(next_night) == "Thu, Dec 31, 2026"
    assert presentation.deadline(NOVEMBER) == "Thu, Nov 26, 2026, 2:05\u00a0PM\u00a0EST"


@pytest.mark.parametrize(
    ("left", "words", "tone"),
    [
        (timedelta(minutes=-1), "overdue", "bad"),
        (timedelta(seconds=30), "0 min", "bad"),
        (timedelta(hours=2, minutes=10), "2 h 10 min", "bad"),
        (timedelta(hours=4), "4 h", "warn"),
        (timedelta(hours=7, minutes=59), "7 h 59 min", "warn"),
        (timedelta(hours=8), "8 h", "info"),
        (timedelta(days=1, hours=4, minutes=9), "1 d 4 h", "info"),
        (timedelta(days=2, minutes=9), "2 d", "info"),
    ],
)
def test_time_left_in_two_units_and_a_tone(left: timedelta, words: str, tone: str) -> None:
    assert presentation.time_left(left) == words
    assert presentation.urgency(left) == tone


def test_the_saving_is_never_rounded_up() -> None:
    assert presentation.share_below(Money(24500, "USD"), Money(42800, "USD")) == 42
    assert presentation.share_below(Money(42800, "USD"), Money(42800, "USD")) == 0
    assert presentation.share_below(Money(50000, "USD"), Money(42800, "USD")) == 0
    assert presentation.share_below(Money(1, "USD"), Money(0, "USD")) == 0


def test_attributes_are_escaped_and_spelled_as_html_spells_them() -> None:
    written = presentation.attributes({"data_step": 2, "aria_label": 'a "b" <c>', "hidden": True, "lang": None})
    assert written == ' data-step="2" aria-label="a &#34;b&#34; &lt;c&gt;" hidden'


def test_typed_lines_are_kept_and_typed_markup_is_not() -> None:
    assert presentation.lines("one\n<b>two</b>") == "one<br>&lt;b&gt;two&lt;/b&gt;"


class Address(wtforms.Form):
    zip = wtforms.StringField("ZIP", [wtforms.validators.InputRequired("Enter the ZIP code.")])


class Everything(wtforms.Form):
    name = wtforms.StringField("Name", [wtforms.validators.InputRequired("Enter a name.")])
    grade = wtforms.RadioField("Grade", [wtforms.validators.InputRequired("Choose a grade.")], choices=["a", "b"])
    address = wtforms.FormField(Address)
    flaws = wtforms.FieldList(wtforms.FormField(Address), min_entries=2)


def test_each_field_gives_one_line_that_leads_to_its_control() -> None:
    form = Everything(None)
    assert form.validate() is False
    assert presentation.problems(form) == [
        Problem("Enter a name.", "name"),
        Problem("Choose a grade.", "grade-0"),
        Problem("Enter the ZIP code.", "address-zip"),
        Problem("Enter the ZIP code.", "flaws-0-zip"),
        Problem("Enter the ZIP code.", "flaws-1-zip"),
    ]


class Alike(wtforms.Form):
    title = wtforms.StringField("What it is", [wtforms.validators.InputRequired("Enter an answer.")])
    house = wtforms.StringField("House", [wtforms.validators.InputRequired("Enter an answer.")])
    price = wtforms.StringField("Price", [wtforms.validators.InputRequired("Enter an amount.")])


def test_fields_that_want_the_same_are_told_apart() -> None:
    form = Alike(None)
    assert form.validate() is False
    assert presentation.problems(form) == [
        Problem("What it is: Enter an answer.", "title"),
        Problem("House: Enter an answer.", "house"),
        Problem("Enter an amount.", "price"),
    ]


def test_a_form_without_errors_has_no_problems() -> None:
    form = Address(data={"zip": "97209"})
    assert presentation.problems(form) == []


@pytest.mark.parametrize(
    ("locale", "zone", "named"),
    [
        ("en_US", "America/New_York", "EST"),
        ("en_IE", "Europe/Paris", "CET"),
        ("en_ZA", "Africa/Johannesburg", "SAST"),
        ("de", "Europe/Paris", "MEZ"),
        ("de", "America/New_York", "EST"),
    ],
)
def test_a_zone_has_a_name_in_every_house(locale: str, zone: str, named: str) -> None:
    """Never a number of hours, which nobody reads as a place."""
    bare = Flask("bare")
    Babel(bare, default_locale=locale, default_timezone=zone)
    with bare.test_request_context():
        assert presentation.time_of_day(NOVEMBER, zone=True).endswith(named)
