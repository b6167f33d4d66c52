"""The catalogues that ship: whole, true to the source, and nothing in them that nobody says."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator
from functools import cache

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po
from flask import Flask
from flask_babel import force_locale, gettext

from marketplace.programme import reading
from marketplace.programme.policy.languages import words_of
from scripts import words
from tests.architecture.source import modules, tree

AMERICAN = re.compile(
    r"\b(colors?|colored|centers?|gray|favorites?|honors?|labor|neighbors?|canceled|jewelry|fulfill\w*|catalogs?"
    r"|\w{3,}iz(?:e[sd]?|ing))\b",
    re.IGNORECASE,
)
SAYING = {"_", "_l", "ngettext", "gettext", "lazy_gettext"}
HELD = re.compile(r"%\([a-z_0-9]+\)[sd]|%%|</?[a-z]+|https?://\S+")


@cache
def said() -> Catalog:
    return words.collect()


@cache
def shipped(language: str) -> Catalog:
    with words.catalogue(language).open("rb") as source:
        return read_po(source, locale=language)


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_every_text_is_translated_and_none_is_left_over(language: str) -> None:
    known = shipped(language)
    here, there = ({(one.id, one.context) for one in some if one.id} for some in (said(), known))
    assert {"missing": here - there, "left over": there - here} == {"missing": set(), "left over": set()}
    assert [one.id for one in words.left(known)] == []
    assert [one.id for one in known if one.fuzzy and one.id] == []


def test_every_text_that_a_module_asks_for_is_collected() -> None:
    """One within an f-string is not: it would be said in English to everybody."""

    def asked() -> Iterator[str]:
        for path in modules():
            for node in ast.walk(tree(path)):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in SAYING:
                    first = node.args[0] if node.args else None
                    if isinstance(first, ast.Constant) and isinstance(first.value, str):
                        yield first.value

    collected = {one.id if isinstance(one.id, str) else one.id[0] for one in said()}
    assert set(asked()) - collected == set()


def test_what_is_spelled_in_american_has_the_spelling_of_elsewhere() -> None:
    elsewhere = shipped("en_001")
    here = {one.id for one in said() if one.id and AMERICAN.search(str(one.id))}
    assert {one.id for one in elsewhere if one.id} == here
    assert [one.string for one in elsewhere if one.id and AMERICAN.search(str(one.string))] == []


@pytest.mark.parametrize(
    ("locale", "label"),
    [("en_US", "Color"), ("en_GB", "Colour"), ("en_ZA", "Colour"), ("en_DE", "Colour"), ("de", "Farbe")],
)
def test_a_market_reads_its_own_spelling(app: Flask, locale: str, label: str) -> None:
    with app.test_request_context(), force_locale(locale):
        assert gettext("Color") == label
        assert (gettext("Condition grades") == "Condition grades") is locale.startswith("en")


@pytest.mark.parametrize("language", [*words.LANGUAGES, *words.SPELLINGS])
def test_a_translation_holds_what_is_filled_in_and_all_markup(language: str) -> None:
    bent = [one.id for one in shipped(language) if one.id and not _holds(one.id, one.string)]
    assert bent == []


def _holds(text: str | tuple[str, ...], string: str | tuple[str, ...]) -> bool:
    if isinstance(text, str):
        return isinstance(string, str) and _held(text) == _held(string)
    return all(set(_held(form)) <= set(_held(text[1])) for form in string)


def _held(text: str) -> Counter[str]:
    return Counter(HELD.findall(text))


@pytest.mark.parametrize(
    ("text", "string", "holds"),
    [
        ("Pay %(amount)s", "%(amount)s bezahlen", True),
        ("Pay %(amount)s", "Bezahlen", False),
        ("Pay %(amount)s", "%(betrag)s bezahlen", False),
        (("%(num)s day", "%(num)s days"), ("ein Tag", "%(num)s Tage"), True),
        (("%(num)s day", "%(num)s days"), ("%(n)s Tag", "%(num)s Tage"), False),
    ],
)
def test_a_translation_that_holds_less_is_found(
    text: str | tuple[str, ...], string: str | tuple[str, ...], holds: bool
) -> None:
    assert _holds(text, string) is holds


@pytest.mark.parametrize("preset", reading.preset_names())
def test_a_preset_says_everything_in_each_language_it_offers(preset: str) -> None:
    policy = reading.read(preset)
    assert set(words.LANGUAGES) <= set(policy.languages.offered)
    for language in policy.languages.offered:
        assert set(policy.languages.words[language]) == set(words_of(policy))
