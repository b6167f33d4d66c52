"""The search on SQLite: the words of a style in an FTS5 table, spelling by the table's own vocabulary."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from marketplace.catalogue.search.queries import Phrase, Term, Wanted
from marketplace.catalogue.words import SHORTEST_MISSPELT, is_one_slip, one_slip_from

_FORGET = "INSERT INTO search_styles (search_styles, rowid, search_text) VALUES ('delete', OLD.id, OLD.search_text)"
_LEARN = "INSERT INTO search_styles (rowid, search_text) VALUES (NEW.id, NEW.search_text)"

_TABLES = (
    """
    CREATE VIRTUAL TABLE search_styles USING fts5 (
        search_text, content = 'styles', content_rowid = 'id', prefix = '2 3', tokenize = 'unicode61'
    )
    """,
    "CREATE VIRTUAL TABLE search_words USING fts5vocab ('search_styles', 'row')",
    f"CREATE TRIGGER search_styles_new AFTER INSERT ON styles BEGIN {_LEARN}; END",
    f"CREATE TRIGGER search_styles_changed AFTER UPDATE OF search_text ON styles BEGIN {_FORGET}; {_LEARN}; END",
    f"CREATE TRIGGER search_styles_gone AFTER DELETE ON styles BEGIN {_FORGET}; END",
    "INSERT INTO search_styles (search_styles) VALUES ('rebuild')",
)

_NEAR = """
    SELECT term FROM search_words WHERE term >= :start AND term < :end
    UNION ALL SELECT term FROM search_words WHERE term IN :words
"""


class SQLiteSearch:
    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    @staticmethod
    def create(connection: sa.Connection) -> None:
        for statement in _TABLES:
            connection.execute(sa.text(statement))

    def styles(self, wanted: Wanted) -> Sequence[int]:
        query = "SELECT rowid FROM search_styles WHERE search_styles MATCH :wanted"
        asked = " AND ".join(map(_any_phrase, wanted.terms))
        return self._connection.execute(sa.text(query), {"wanted": asked}).scalars().all()

    def near(self, word: str) -> Sequence[str]:
        if len(word) < SHORTEST_MISSPELT:
            return []
        # Each word asked for takes the vocabulary as long as a hundred read in a row: of the hundreds that are one slip
        # away, those with the same first letter are read, the others asked for.
        others = sorted(other for other in one_slip_from(word) if other[:1] != word[0])
        words: sa.BindParameter[list[str]] = sa.bindparam("words", others, expanding=True)
        bounds = {"start": word[0], "end": word[0] + "\U0010ffff"}
        known = self._connection.execute(sa.text(_NEAR).bindparams(words), bounds).scalars()
        return sorted(other for other in known if is_one_slip(word, other))

    def beginning(self, start: str, limit: int) -> Sequence[str]:
        query = "SELECT term FROM search_words WHERE term >= :start AND term < :end ORDER BY term LIMIT :limit"
        bounds = {"start": start, "end": start + "\U0010ffff", "limit": limit}
        return self._connection.execute(sa.text(query), bounds).scalars().all()


def _any_phrase(term: Term) -> str:
    return "({})".format(" OR ".join(_all_words(phrase, term) for phrase in term.phrases))


def _all_words(phrase: Phrase, term: Term) -> str:
    end = "" if term.is_name else " *"
    return "({})".format(" AND ".join(f'"{word}"{end}' for word in phrase))  # words have no signs in them
