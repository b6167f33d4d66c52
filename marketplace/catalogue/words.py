"""How texts are compared when somebody searches: in lower case, without accents, word by word."""

from __future__ import annotations

import re
import unicodedata

MOST_WORDS = 8
LONGEST_QUERY = 100  # characters; the rest of a longer query is not read

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
