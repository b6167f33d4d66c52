"""The search on PostgreSQL: the words of a style as a ``tsvector``, spelling by ``pg_trgm``."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from marketplace.catalogue.search.queries import Phrase, Term, Wanted
from marketplace.catalogue.words import SHORTEST_MISSPELT, is_one_slip

# Two words of four letters that differ in their middle share a quarter of their trigrams.
_LEAST_ALIKE = "0.2"

_TABLES = (
    "CREATE INDEX search_styles ON styles USING gin (to_tsvector('simple', search_text))",
    "CREATE TABLE search_words (word text PRIMARY KEY)",
    """
    CREATE OR REPLACE FUNCTION search_learn_words() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO search_words
        SELECT DISTINCT word FROM unnest(string_to_array(NEW.search_text, ' ')) AS said(word) WHERE word <> ''
        ON CONFLICT DO NOTHING;
        RETURN NULL;
    END $$
    """,
    """
    CREATE TRIGGER search_learn_words AFTER INSERT OR UPDATE OF search_text ON styles
    FOR EACH ROW EXECUTE FUNCTION search_learn_words()
    """,
    """
    INSERT INTO search_words
    SELECT DISTINCT word FROM styles, unnest(string_to_array(search_text, ' ')) AS said(word) WHERE word <> ''
    """,
)
_AVAILABLE = "SELECT count(*) FROM pg_available_extensions WHERE name = 'pg_trgm'"
_SPELLING = (
    "CREATE EXTENSION IF NOT EXISTS pg_trgm",
    "CREATE INDEX search_words_alike ON search_words USING gin (word gin_trgm_ops)",
)


class PostgreSQLSearch:
    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    @staticmethod
    def create(connection: sa.Connection) -> None:
        for statement in _TABLES:
            connection.execute(sa.text(statement))
        if connection.scalar(sa.text(_AVAILABLE)):
            for statement in _SPELLING:
                connection.execute(sa.text(statement))

    def styles(self, wanted: Wanted) -> Sequence[int]:
        query = "SELECT id FROM styles WHERE to_tsvector('simple', search_text) @@ to_tsquery('simple', :wanted)"
        asked = " & ".join(map(_any_phrase, wanted.terms))
        return self._connection.execute(sa.text(query), {"wanted": asked}).scalars().all()

    def near(self, word: str) -> Sequence[str]:
        if len(word) < SHORTEST_MISSPELT or not self.knows_spelling():
            return []
        limit = sa.func.set_config("pg_trgm.similarity_threshold", _LEAST_ALIKE, True)
        self._connection.execute(sa.select(limit))
        query = sa.text("SELECT word FROM search_words WHERE word % :word")
        alike = self._connection.execute(query, {"word": word}).scalars()
        return sorted(other for other in alike if is_one_slip(word, other))

    def knows_spelling(self) -> bool:
        """Whether this server has the extension that finds words alike; some are built without."""
        query = "SELECT count(*) FROM pg_extension WHERE extname = 'pg_trgm'"
        return bool(self._connection.scalar(sa.text(query)))

    def beginning(self, start: str, limit: int) -> Sequence[str]:
        query = 'SELECT word FROM search_words WHERE starts_with(word, :start) ORDER BY word COLLATE "C" LIMIT :limit'
        return self._connection.execute(sa.text(query), {"start": start, "limit": limit}).scalars().all()


def _any_phrase(term: Term) -> str:
    return "({})".format(" | ".join(_all_words(phrase, term) for phrase in term.phrases))


def _all_words(phrase: Phrase, term: Term) -> str:
    end = "" if term.is_name else ":*"
    return "({})".format(" & ".join(f"'{word}'{end}" for word in phrase))  # words have no signs in them
