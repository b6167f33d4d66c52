"""Every letter as it was agreed upon, in each language: its words, its page, and what every letter must keep to."""

from __future__ import annotations

import os
from collections import defaultdict
from typing import Any

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from jinja2 import StrictUndefined, UndefinedError

from marketplace import clock
from marketplace.mail.letters import Letter, compose, in_words
from marketplace.programme.language import speaking
from tests.mail.letters_of_all_kinds import COMMITTED, MOMENTS, SHOP, STOPPABLE, copy_of, november, written

MOST_BYTES = 60 * 1024
WAITS_FOR_EVER = {"price_proposed", "cash_came_back", "fee_link"}  # until its reader acts (GAP-06, LUX-76, GAP-19)
LONGEST_SUBJECT = 100  # characters, with the piece and the moment; a phone's mailbox shows the first forty


@pytest.fixture
def strict(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """A fact that a letter speaks of and is not given is an error."""
    monkeypatch.setattr(app.jinja_env, "undefined", StrictUndefined)
    app.jinja_env.cache.clear()  # type: ignore[union-attr]
    monkeypatch.setattr(clock, "now", lambda: november(15))  # dates of another year say so


def test_every_letter_is_as_it_was_agreed(strict: None) -> None:
    letters: defaultdict[str, dict[str, Letter]] = defaultdict(dict)
    for name, language, letter in written():
        letters[name][language] = letter
    copies = {name: copy_of(by_language) for name, by_language in letters.items()}
    if os.environ.get("LETTERS") == "write":
        for name, text in copies.items():
            (COMMITTED / f"{name}.txt").write_text(text)
    assert {path.stem for path in COMMITTED.glob("*.txt")} == set(copies)
    assert [name for name, text in copies.items() if (COMMITTED / f"{name}.txt").read_text() != text] == []


def test_every_letter_keeps_the_rules(strict: None) -> None:
    found = {
        f"{name} in {language}": faults for name, language, one in written() if (faults := _faults(name, language, one))
    }
    assert found == {}


def _faults(name: str, language: str, letter: Letter) -> list[str]:
    page, kind = BeautifulSoup(letter.html, "html.parser"), name.partition(".")[0]
    with speaking(language):
        moments = in_words(list(MOMENTS.values()))
    rules: dict[str, Any] = {
        "over 60 KB": len(letter.html.encode()) > MOST_BYTES,
        "not one button": len(page.select(".act a")) != 1,
        "a picture": bool(page.select("img, svg, [background]")) or "url(" in letter.html,
        "an address elsewhere": [
            link["href"]
            for link in page.select("a[href]")
            if not str(link["href"]).startswith((SHOP, "https://tools.usps.com", "https://www.usps.com"))
        ],
        "no line for the mailbox": not page.select_one(".preheader") or not _plain(page.select_one(".preheader")),
        "a long subject": len(letter.subject) > LONGEST_SUBJECT,
        "a deadline without its hour and zone": [
            _plain(note)
            for note in page.select(".deadline")
            if kind not in WAITS_FOR_EVER and not any(moment in note.get_text() for moment in moments)
        ],
        "a page that says more than its text": [
            _plain(said)
            for said in page.select("h1, .deadline, .cell > p, .facts td, .note, .act a")
            if _plain(said) not in " ".join(letter.text.split()) and "sign" not in (said.get("class") or [])
        ],
        "no way to stop it": (kind in STOPPABLE) != (f"{SHOP}/stop" in letter.text and f"{SHOP}/stop" in letter.html),
        "another language": page.html is None or not str(page.html["lang"]).startswith(language),
    }
    return [fault for fault, broken in rules.items() if broken]


def _plain(element: Any) -> str:
    return " ".join(element.get_text().split())


def test_a_letter_that_lacks_a_fact_is_found(strict: None) -> None:
    with pytest.raises(UndefinedError, match="total"):
        compose("refunded", {"title": "Marlow tote", "number": "R7K2M9Q4X", "to_credit": "", "link_url": SHOP})
