"""What is filled into a sentence fits it in each language: figures, units, nouns, cases."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from babel.messages.pofile import read_po
from flask import Flask
from flask_babel import force_locale

from marketplace.money import Money, format_money
from marketplace.programme import wording
from scripts import words

# A span of time is filled in as it stands alone, "3 Werktage"; after these it would have to be "3 Werktagen".
DATIVE = re.compile(
    r"\b(?:innerhalb von|binnen|nach|seit|vor|von|in|mit|bei|aus|zu|den letzten|den) (?:etwa |höchstens )?"
    r"%\((?:\w*days|\w*hours|window|paid|back|valid|period|grace|receipt)\)s",
    re.IGNORECASE,
)


def forms(message: object) -> tuple[str, ...]:
    string = message.string  # type: ignore[attr-defined]
    return string if isinstance(string, tuple) else (string,)


def test_no_german_sentence_asks_for_another_case_than_a_span_of_time_is_filled_in_with() -> None:
    with words.catalogue("de").open("rb") as source:
        bent = [form for one in read_po(source, locale="de") if one.id for form in forms(one) if DATIVE.search(form)]
    assert bent == []


@pytest.mark.parametrize(
    ("sentence", "is_bent"),
    [
        ("Wir antworten innerhalb von %(days)s.", True),
        ("Nach %(window)s gilt er als bestätigt.", True),
        ("Wir antworten spätestens %(days)s danach.", False),
        ("bis zu %(pause)s ruhen lassen", False),
        ("Verkauf von %(title)s", False),
    ],
)
def test_a_sentence_in_the_wrong_case_is_found(sentence: str, is_bent: bool) -> None:
    assert bool(DATIVE.search(sentence)) is is_bent


def test_prices_shares_and_measures_are_written_as_the_reader_writes_them(app: Flask) -> None:
    told = {}
    for language in ("en", "de", "es"):
        with app.test_request_context(), force_locale(language):
            amounts = [format_money(Money(minor, "USD"), whole=True) for minor in (37_800, 37_850)]
            told[language] = [*amounts, wording.percent(8_000), wording.percent(625), wording.number(Decimal("19.5"))]
    assert told == {
        "en": ["$378", "$378.50", "80%", "6.25%", "19.5"],
        "de": ["378\xa0$", "378,50\xa0$", "80\xa0%", "6,25\xa0%", "19,5"],
        "es": ["378\xa0US$", "378,50\xa0US$", "80\xa0%", "6,25\xa0%", "19,5"],
    }


def test_a_label_within_a_sentence_keeps_the_capitals_of_german_nouns(app: Flask) -> None:
    told = {}
    for language in ("en", "de", "es"):
        with app.test_request_context(), force_locale(language):
            told[language] = [
                *(wording.in_sentence(label) for label in ("Corners and edges", "XL")),
                *(wording.quality_in_sentence(label) for label in ("Deutlich", "XL")),
            ]
    assert told == {
        "en": ["corners and edges", "XL", "deutlich", "XL"],
        "de": ["Corners and edges", "XL", "deutlich", "XL"],
        "es": ["corners and edges", "XL", "deutlich", "XL"],
    }
    assert wording.to_begin("handbags and small leather goods") == "Handbags and small leather goods"
