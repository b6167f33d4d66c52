"""The programme's words in other languages than the one its policy is written in.

    german = spoken(policy, "de")

A translation is found by the words it stands for, so that the policy itself stays one file in one language. Proper
names are not translated, and neither is anything a row points to by its key.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Annotated, Any, TypeVar, get_args, get_origin, get_type_hints

import msgspec
from msgspec import Meta, Struct, field

from marketplace.programme.policy.values import Label, Section, Text

Language = Annotated[str, Meta(pattern=r"\A[a-z]{2,3}\Z")]

S = TypeVar("S", bound=Struct)

SPOKEN = (Label, Text)  # what is said to people; ``Name`` and every other string is not


class Languages(Section, frozen=True, kw_only=True):
    """Which languages the shop speaks besides its market's, and its own words in each."""

    offered: tuple[Language, ...] = ()
    words: dict[Language, dict[str, str]] = field(default_factory=dict)  # by what they stand for; from files beside it


def words_of(policy: Struct) -> list[str]:
    """Everything a policy says to people in its own words, once each, in the order of the file."""
    return list(dict.fromkeys(_said(policy)))


def spoken(part: S, words: Mapping[str, str]) -> S:
    """The same policy or part of one, with its words in another language; what has no translation stays as it is."""
    changes = {name: _in_other_words(getattr(part, name), kind, words) for name, kind in _kinds(type(part)).items()}
    return msgspec.structs.replace(part, **changes)


@lru_cache(maxsize=256)
def _kinds(struct: type[Struct]) -> dict[str, Any]:
    """What each field of a part is made of, where words can be in it."""
    if struct is Languages:
        return {}
    hints = get_type_hints(struct, include_extras=True)
    return {name: hints[name] for name in struct.__struct_fields__}


def _said(value: Any, kind: Any = None) -> Iterator[str]:
    if isinstance(value, Struct):
        for name, inner in _kinds(type(value)).items():
            yield from _said(getattr(value, name), inner)
    elif isinstance(value, tuple):
        for one in value:
            yield from _said(one, _of(kind))
    elif isinstance(value, str) and _is_said(kind):
        yield value


def _in_other_words(value: Any, kind: Any, words: Mapping[str, str]) -> Any:
    if isinstance(value, Struct):
        return spoken(value, words)
    if isinstance(value, tuple):
        return tuple(_in_other_words(one, _of(kind), words) for one in value)
    return words.get(value, value) if isinstance(value, str) and _is_said(kind) else value


def _is_said(kind: Any) -> bool:
    return kind in SPOKEN or any(option in SPOKEN for option in get_args(kind))


def _of(kind: Any) -> Any:
    """What a tuple is made of: ``tuple[Text, ...]`` of ``Text``."""
    return get_args(kind)[0] if get_origin(kind) is tuple else None
