"""Collect every word to translate from the code and the templates, and bring the catalogues up to date.

    make words

What is translated already stays, what nobody says any more goes, what is new is left empty. Prints, for each language,
how much is left; exit 1 while anything is. A programme's own words: ``flask programme words FILE LANGUAGE``.
"""

from __future__ import annotations

import sys
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parents[1]
TRANSLATIONS = ROOT / "translations"
LANGUAGES = ("de", "es")
SPELLINGS = ("en_001",)  # of the source's own language: only what is written another way there
SPOKEN_IN = {
    "marketplace": [("**.py", "python")],
    "templates": [("**.html", "jinja2"), ("**.jinja", "jinja2"), ("**.txt", "jinja2")],
}
KEYWORDS = {"_": None, "_l": None, "gettext": None, "lazy_gettext": None, "ngettext": (1, 2), "lazy_ngettext": (1, 2)}


def collect() -> Catalog:
    """Everything the product says, as a catalogue without translations."""
    found = Catalog()
    for folder, methods in SPOKEN_IN.items():
        for _file, _line, words, remarks, context in extract_from_dir(ROOT / folder, methods, keywords=KEYWORDS):
            found.add(words, context=context, auto_comments=remarks)
    return found


def catalogue(language: str) -> Path:
    """Where the words of a language stand."""
    return TRANSLATIONS / language / "LC_MESSAGES" / "messages.po"


def brought_up_to_date(language: str, said: Catalog) -> Catalog:
    """The catalogue of a language with what is said now, and the translations it had; a spelling's has no others."""
    known = Catalog(locale=language)
    file = catalogue(language)
    if file.exists():
        with file.open("rb") as source:
            known = read_po(source, locale=language)
    now = Catalog(locale=language, project="Reprise", fuzzy=False)
    for message in said:
        if message.id:
            had = known.get(message.id, message.context)
            fits = had and not had.fuzzy and had.pluralizable == message.pluralizable
            if fits or language not in SPELLINGS:
                now.add(message.id, had.string if fits else None, context=message.context)
    return now


def left(words: Catalog) -> list[Message]:
    """The messages that have no translation, or not in every form."""
    return [one for one in words if one.id and not (all(one.string) if one.pluralizable else one.string)]


def main() -> int:
    said, missing = collect(), 0
    for language in (*LANGUAGES, *SPELLINGS):
        words = brought_up_to_date(language, said)
        file = catalogue(language)
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("wb") as out:
            write_po(out, words, width=0, no_location=True, omit_header=True, sort_output=True)
        missing += len(left(words))
        print(f"{language}: {len(words)} messages, {len(left(words))} left to translate")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
