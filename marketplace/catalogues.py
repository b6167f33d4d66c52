"""The shop's words in other languages, read from the files that translators keep.

A catalogue is ``translations/<language>/LC_MESSAGES/messages.po``. It is compiled in memory, once a process, when the
first page in its language is asked for: there is no compiled file to build, to commit or to forget.

The source is English as it is written in America. ``en_001``, as CLDR calls the English of everywhere else, holds only
what is spelled another way there.
"""

from __future__ import annotations

from functools import cached_property, lru_cache
from io import BytesIO
from pathlib import Path

from babel.core import Locale, get_global
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations
from flask_babel import Babel, Domain, get_locale


class Languages(Babel):  # type: ignore[misc]
    """Flask-Babel, with catalogues read as they are written."""

    @cached_property
    def domain_instance(self) -> Domain:
        return Catalogues()


class Catalogues(Domain):  # type: ignore[misc]
    """The messages of every language under the application's translation folders."""

    def get_translations(self) -> NullTranslations:
        """The messages in the reader's language; the source's own words where there is no catalogue."""
        locale = get_locale()
        if locale is None:
            return _SOURCE
        return self._of_language(_spelled_as(locale))

    def _of_language(self, language: str) -> NullTranslations:
        known = self._read.get(language)
        if known is None:
            known = self._read[language] = _catalogue(tuple(self.translation_directories), language)
        return known

    @cached_property
    def _read(self) -> dict[str, NullTranslations]:
        """What this application has read: a page asks hundreds of times."""
        return {}


_SOURCE = NullTranslations()
WORLD_ENGLISH = "en_001"


def _spelled_as(locale: Locale) -> str:
    """The name of the catalogue a locale reads: its language's, or for English outside America ``en_001``."""
    above = get_global("parent_exceptions")
    name = str(locale)
    while name in above:
        name = above[name]
    return name if name == WORLD_ENGLISH else str(locale.language)


@lru_cache(maxsize=32)
def _catalogue(folders: tuple[str, ...], language: str) -> NullTranslations:
    for folder in folders:
        file = Path(folder) / language / "LC_MESSAGES" / "messages.po"
        if file.exists():
            return _compiled(file, language)
    return _SOURCE


def _compiled(file: Path, language: str) -> Translations:
    binary = BytesIO()
    with file.open("rb") as source:
        write_mo(binary, read_po(source, locale=language))
    binary.seek(0)
    return Translations(binary)
