"""From a TOML file to a policy, or to every objection against it.

policy = reading.read("preloved")           # a preset's name
policy = reading.read("/etc/reprise/our.toml")
"""

from __future__ import annotations

import re
import tomllib
from functools import lru_cache
from pathlib import Path

import msgspec
from babel.messages.pofile import read_po

from marketplace import shapes
from marketplace.programme.checks import Problem, objections
from marketplace.programme.policy import Policy
from marketplace.programme.policy.languages import words_of

PRESETS = Path(__file__).resolve().parent / "presets"

_AT = re.compile(r" - at `\$\.?(?P<path>[^`]*)`\Z")
_UNKNOWN = re.compile(r"\AObject contains unknown field `(?P<key>.*)`\Z")
_MISSING = re.compile(r"\AObject missing required field `(?P<key>.*)`\Z")


class PolicyError(Exception):
    """A policy that cannot be taken: ``source`` is the file, each problem names a key and the reason."""

    def __init__(self, source: str, problems: tuple[Problem, ...]) -> None:
        super().__init__("\n".join(f"{source}: {problem}" for problem in problems))
        self.source = source
        self.problems = problems


def preset_names() -> list[str]:
    """The presets that ship, by name."""
    return sorted(path.stem for path in PRESETS.glob("*.toml"))


def find(chosen: str) -> Path:
    """Where a preset (by name) or a file (by path) stands."""
    return PRESETS / f"{chosen}.toml" if chosen in preset_names() else Path(chosen)


def read(chosen: str) -> Policy:
    """The policy of a preset (by name) or of a file (by path); raises ``PolicyError``."""
    path = find(chosen)
    try:
        content = path.read_bytes()
    except OSError as error:
        known = ", ".join(preset_names())
        reason = f"cannot be read ({error.strerror}); name a file or a preset ({known})"
        raise PolicyError(chosen, (Problem("", reason),)) from error
    return _with_languages(decode(content, str(path)), path)


def words_file(path: Path, language: str) -> Path:
    """Where a policy's words in another language stand: beside it, as translators keep them (``ours.de.po``)."""
    return path.with_suffix(f".{language}.po")


def translations(file: Path, language: str) -> dict[str, str]:
    """What a file of words translates; empty where there is no file."""
    if not file.exists():
        return {}
    with file.open("rb") as source:
        return {str(one.id): str(one.string) for one in read_po(source, locale=language) if one.id and one.string}


@lru_cache
def presets_words(language: str) -> dict[str, str]:
    """What the presets say in a language: a copy of one, with other figures, is translated already."""
    return {
        text: said
        for name in preset_names()
        for text, said in translations(words_file(find(name), language), language).items()
    }


def _with_languages(policy: Policy, path: Path) -> Policy:
    """The policy with its words in every language it offers; each text has to be there."""
    said, problems, words = words_of(policy), [], {}
    for language in policy.languages.offered:
        file = words_file(path, language)
        known = {**presets_words(language), **translations(file, language)}
        missing = [text for text in said if text not in known]
        if missing:
            problems.append(Problem("languages.offered", f"{file.name} lacks {len(missing)} texts, as {missing[0]!r}"))
        words[language] = {text: known[text] for text in said if text in known}
    if problems:
        raise PolicyError(str(path), tuple(problems))
    languages = msgspec.structs.replace(policy.languages, words=words)
    return msgspec.structs.replace(policy, languages=languages)


def decode(content: bytes, source: str) -> Policy:
    """The policy in TOML text; ``source`` names the file in every objection. Raises ``PolicyError``."""
    try:
        document = tomllib.loads(content.decode())
        policy = shapes.convert(document, Policy)
    except UnicodeDecodeError as error:
        raise PolicyError(source, (Problem("", "is not UTF-8 text"),)) from error
    except tomllib.TOMLDecodeError as error:
        raise PolicyError(source, (Problem("", f"is not TOML: {error}"),)) from error
    except msgspec.ValidationError as error:
        raise PolicyError(source, (_problem(str(error)),)) from error
    if found := tuple(objections(policy)):
        raise PolicyError(source, found)
    return policy


def _problem(message: str) -> Problem:
    """A validation message in our words: the whole path of the key, and what is wrong with it."""
    at = _AT.search(message)
    path = at["path"] if at else ""
    reason = message[: at.start()] if at else message
    for pattern, said in ((_UNKNOWN, "unknown key"), (_MISSING, "missing")):
        if found := pattern.match(reason):
            return Problem(".".join(filter(None, (path, found["key"]))), said)
    return Problem(path, reason[:1].lower() + reason[1:])
