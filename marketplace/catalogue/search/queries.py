"""What somebody typed, read as words of which each may be said otherwise."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from marketplace.catalogue.words import SHORTEST_MISSPELT, fold, is_one_slip, query_words

_SYNONYMS = Path(__file__).parent / "synonyms.toml"
_ENDINGS = [("e", ""), ("er", ""), ("es", ""), ("en", ""), ("em", ""), ("n", ""), ("a", "o"), ("as", "o"), ("os", "o")]
_LONGEST_NAME = 3  # words
_NUMBER = re.compile(r"\A([^\W\d]+)(\d+)\Z")

Phrase = tuple[str, ...]  # words that must all be there


@dataclass(frozen=True)
class Term:
    """One thing asked for: as it was typed, and every phrase that says the same, the typed one first.

    A known name is met by whole words, so that ``green`` is not Greenwich; any other phrase by words that begin so.
    """

    typed: Phrase
    phrases: tuple[Phrase, ...]
    is_name: bool = False


@dataclass(frozen=True)
class Wanted:
    """A query: a style meets it that has, for each term, any of its phrases."""

    terms: tuple[Term, ...] = ()


def read_query(text: str) -> Wanted:
    """The words somebody typed; those that are one name together (``shoulder bag``) are one term."""
    return Wanted(tuple(_terms(query_words(text))))


def _terms(words: list[str]) -> Iterator[Term]:
    known, place = synonyms(), 0
    while place < len(words):
        longer = (tuple(words[place : place + length]) for length in range(_LONGEST_NAME, 1, -1))
        typed = next((name for name in longer if known.keys() & set(_forms(name))), (words[place],))
        yield term(typed)
        place += len(typed)


def term(typed: Phrase) -> Term:
    """A phrase with its synonyms; a plural is its singular too, and ``vl4711`` also the number ``VL-4711``."""
    said = tuple(dict.fromkeys(_said_otherwise(typed)))
    if not any(phrase in synonyms() for phrase in said):
        return Term(typed, said)
    plurals = ((*phrase[:-1], f"{phrase[-1]}s") for phrase in said)
    return Term(typed, tuple(dict.fromkeys((*said, *plurals))), is_name=True)


def _said_otherwise(typed: Phrase) -> Iterator[Phrase]:
    for phrase in _forms(typed):
        yield phrase
        yield from synonyms().get(phrase, ())
    if number := _NUMBER.match(typed[-1]):
        yield (*typed[:-1], *number.groups())


def _forms(typed: Phrase) -> Iterator[Phrase]:
    """A phrase and its singular; then the known names that it may be a form of."""
    singular = (*typed[:-1], _singular(typed[-1]))
    yield from (typed, singular)
    if (name := tuple(map(_singular, typed))) in synonyms():
        yield name
    yield from _uninflected(typed)


def _singular(word: str) -> str:
    return word.removesuffix("s") if len(word) > 3 else word


def _uninflected(phrase: Phrase) -> Iterator[Phrase]:
    """The known names that German and Spanish endings may have been put to: ``schwarze``, ``negras``."""
    for ending, instead in _ENDINGS:
        if phrase[-1].endswith(ending):
            name = (*phrase[:-1], phrase[-1].removesuffix(ending) + instead)
            if name in synonyms():
                yield name


def names_near(word: str) -> list[str]:
    """The known names of one word that one slip makes of ``word``: ``burgandy`` is burgundy."""
    if len(word) < SHORTEST_MISSPELT:
        return []
    return sorted(name[0] for name in synonyms() if len(name) == 1 and is_one_slip(word, name[0]))


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
