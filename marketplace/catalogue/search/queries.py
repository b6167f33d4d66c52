"""What somebody typed, read as words of which each may be said otherwise."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from marketplace.catalogue.words import fold, query_words

_SYNONYMS = Path(__file__).parent / "synonyms.toml"
_NUMBER = re.compile(r"\A([^\W\d]+)(\d+)\Z")

Phrase = tuple[str, ...]  # words that must all be there, each from its start


@dataclass(frozen=True)
class Term:
    """One thing asked for: as it was typed, and every phrase that says the same, the typed one first."""

    typed: Phrase
    phrases: tuple[Phrase, ...]


@dataclass(frozen=True)
class Wanted:
    """A query: a style meets it that has, for each term, any of its phrases."""

    terms: tuple[Term, ...] = ()


def read_query(text: str) -> Wanted:
    """The words somebody typed; two that are one name together (``shoulder bag``) are one term."""
    return Wanted(tuple(_terms(query_words(text))))


def _terms(words: list[str]) -> Iterator[Term]:
    known, place = synonyms(), 0
    while place < len(words):
        pair = tuple(words[place : place + 2])
        typed = pair if known.keys() & {pair, _singular(pair)} else pair[:1]
        yield term(typed)
        place += len(typed)


def term(typed: Phrase) -> Term:
    """A phrase with its synonyms; a plural is its singular too, and ``vl4711`` also the number ``VL-4711``."""
    return Term(typed, tuple(dict.fromkeys(_said_otherwise(typed))))


def _said_otherwise(typed: Phrase) -> Iterator[Phrase]:
    for phrase in (typed, _singular(typed)):
        yield phrase
        yield from synonyms().get(phrase, ())
    if number := _NUMBER.match(typed[-1]):
        yield (*typed[:-1], *number.groups())


def _singular(phrase: Phrase) -> Phrase:
    return (*phrase[:-1], phrase[-1].removesuffix("s")) if len(phrase[-1]) > 3 else phrase


@cache
def synonyms() -> Mapping[Phrase, tuple[Phrase, ...]]:
    """For each phrase of ``synonyms.toml``, the others of its groups."""
    found: dict[Phrase, tuple[Phrase, ...]] = {}
    for kind in tomllib.loads(_SYNONYMS.read_text()).values():
        for group in kind:
            phrases = [tuple(fold(name).split()) for name in group]
            for phrase in phrases:
                others = tuple(other for other in phrases if other != phrase)
                found[phrase] = (*found.get(phrase, ()), *others)
    return found
