"""A language nobody speaks: every text of the shop, longer by two fifths and in letters that are plainly not English.

What a page shows without them is a text that no translator would ever see.
"""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import write_po
from flask import Flask

from marketplace import presentation
from marketplace.buyer import browsing, cards
from marketplace.programme import Policy, wording
from marketplace.programme.policy.languages import words_of
from scripts import words
from tests.programme.policies import changed

LONGER = 0.4

# What a process remembers in words, by the language they are in: made-up ones must not outlast the test.
REMEMBERED = (
    (presentation, "_plain_text"),
    (presentation, "_written_moment"),
    (presentation, "_minutes_left"),
    (wording, "_opening"),
    (browsing, "_value_label"),
    (cards, "_card_of"),
)
_LETTERS = str.maketrans("aceinouyAEINOU", "áçéíñóúýÁÉÍÑÓÚ")
_HELD = re.compile(r"(%\([a-z_0-9]+\)[sd]|%%|<[^>]*>|&\w+;)")


def pseudo(text: str) -> str:
    """``text`` as it would be said; what is filled in and what is markup stays as it is."""
    said = "".join(part if _HELD.fullmatch(part) else part.translate(_LETTERS) for part in _HELD.split(text))
    return said + " " + "ø" * max(1, round(len(text) * LONGER) - 1)


def speak(shop: Flask, language: str, folder: Path, patches: pytest.MonkeyPatch) -> None:
    """Let ``shop`` know ``language``, which is made up in ``folder``, until ``patches`` are undone."""
    said = Catalog(locale=language)
    for message in words.collect():
        if message.id:
            said.add(message.id, _string(message.id, said.num_plurals), context=message.context)
    file = folder / language / "LC_MESSAGES" / "messages.po"
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("wb") as out:
        write_po(out, said)
    babel = shop.extensions["babel"]
    patches.setattr(babel, "translation_directories", [str(folder)])
    patches.setattr(babel.instance.domain_instance, "_read", {})  # nothing has been read there yet
    for module, name in REMEMBERED:
        patches.setattr(module, name, lru_cache(maxsize=None)(getattr(module, name).__wrapped__))


def offering(*languages: str) -> Policy:
    """The preset in these languages too, its own words made up."""
    known = {text: pseudo(text)[:80] for text in words_of(changed({}))}
    return changed({"languages": {"offered": list(languages), "words": dict.fromkeys(languages, known)}})


def _string(text: str | tuple[str, ...], plurals: int) -> str | tuple[str, ...]:
    return pseudo(text) if isinstance(text, str) else tuple(pseudo(text[1]) for _ in range(plurals))
