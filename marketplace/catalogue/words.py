"""How texts are compared when somebody searches: in lower case, without accents, word by word."""

from __future__ import annotations

import re
import string
import unicodedata

MOST_WORDS = 8
LONGEST_QUERY = 100  # characters; the rest of a longer query is not read
SHORTEST_MISSPELT = 4  # letters: a shorter word is taken as it is, for too many others lie beside it

_LETTERS = string.ascii_lowercase + string.digits
_NOT_A_WORD = re.compile(r"[\W_]+")


def fold(text: str) -> str:
    """The words of ``text`` in lower case without accents, one space between them: ``Été VL-10`` is ``ete vl 10``."""
    apart = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(sign for sign in apart if not unicodedata.combining(sign))
    return _NOT_A_WORD.sub(" ", plain).strip()


def search_text(*texts: str) -> str:
    """What a search looks through: every folded word with a space before it, so that words match from their start."""
    return " " + " ".join(filter(None, map(fold, texts)))


def query_words(query: str) -> list[str]:
    """The folded words somebody typed, each once, in their order; at most ``MOST_WORDS``."""
    return list(dict.fromkeys(fold(query[:LONGEST_QUERY]).split()))[:MOST_WORDS]


# Spelling ------------------------------------------------------------------------------------------------------------


def one_slip_from(word: str) -> set[str]:
    """Every word that one letter more, less, another one, or two that changed places make of ``word``."""
    halves = [(word[:place], word[place:]) for place in range(len(word) + 1)]
    less = {start + end[1:] for start, end in halves if end}
    swapped = {start + end[1] + end[0] + end[2:] for start, end in halves if len(end) > 1}
    other = {start + letter + end[1:] for start, end in halves if end for letter in _LETTERS}
    more = {start + letter + end for start, end in halves for letter in _LETTERS}
    return (less | swapped | other | more) - {word}


def is_one_slip(word: str, other: str) -> bool:
    """Whether ``other`` is one of those, whatever its letters."""
    if abs(len(word) - len(other)) > 1 or word == other:
        return False
    start = next((place for place, (a, b) in enumerate(zip(word, other, strict=False)) if a != b), len(other))
    left, right = word[start:], other[start:]
    return left[1:] == right[1:] or left == right[1:] or left[1:] == right or left[1::-1] + left[2:] == right
