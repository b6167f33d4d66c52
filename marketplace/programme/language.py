"""Which language somebody reads: what they chose here, else what their browser asks for, else the market's own.

with speaking(person.language): ...   # a letter to them, whoever caused it
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, lru_cache

from babel import Locale
from flask_babel import force_locale, get_locale
from werkzeug.datastructures import LanguageAccept
from werkzeug.http import parse_accept_header

from marketplace.programme import versions
from marketplace.programme.policy import Policy

CHOSEN = "language"  # in the visitor's session


@dataclass(frozen=True)
class Choice:
    """A language the shop speaks, called as its own readers call it."""

    code: str
    name: str
    is_chosen: bool


def offered(policy: Policy) -> list[str]:
    """The shop's languages, the market's own first."""
    return list(dict.fromkeys((Locale.parse(policy.market.locale).language, *policy.languages.offered)))


def locale_of(policy: Policy, language: str | None) -> str:
    """The locale to say things in for a reader of ``language``: the market's own where the shop does not speak it."""
    own = policy.market.locale
    return own if language not in policy.languages.offered or language == Locale.parse(own).language else language


@lru_cache(maxsize=512)  # browsers ask for languages in a few ways only
def read_by(own: str, others: tuple[str, ...], chosen: str | None, asked: str) -> str:
    """The locale for a visitor: the language chosen here, else what ``Accept-Language`` asks for, else the market's."""
    language = Locale.parse(own).language
    known = list(dict.fromkeys((language, *others)))
    if chosen not in known:
        chosen = parse_accept_header(asked, LanguageAccept).best_match(known)
    return own if chosen is None or chosen == language or chosen not in others else chosen


def choices(policy: Policy) -> list[Choice]:
    """What a reader may choose from; nothing where there is one language only."""
    known, now = offered(policy), get_locale()
    if len(known) < 2:
        return []
    return [Choice(code, _own_name(code), now is not None and now.language == code) for code in known]


def spoken_now() -> str:
    """The code of the language that is read now, as rows keep it."""
    locale = get_locale()
    return locale.language if locale else ""


@contextmanager
def speaking(language: str | None) -> Iterator[None]:
    """Say everything in the block in this language; where it is none the shop speaks, in the market's."""
    with force_locale(locale_of(versions.current().written, language)):
        yield


@cache
def _own_name(code: str) -> str:
    name = str(Locale.parse(code).get_language_name(code))
    return name[:1].upper() + name[1:]
