"""Files of photos that nothing shows any more leave the store, a day or more after they came.

A file is written before the row that names it, and one that is there already is not written again. So an upload may be
under way that counts on a file which no row names yet. Three things keep it whole, in whatever order they come: young
files are left alone; an upload that found its files there looks again once its row stands (``photos.prepare``); and
what was removed is put back where a row has come to name it meanwhile.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterable, Iterator
from datetime import datetime, timedelta
from itertools import groupby, islice

import sqlalchemy as sa

from marketplace import clock
from marketplace.catalogue.models import PictureColumns
from marketplace.database import Base, unit_of_work
from marketplace.listings.photo_store import PhotoStore, PhotoStoreUnavailable
from marketplace.listings.photos import photo_store

log = logging.getLogger(__name__)

YOUNG = timedelta(days=1)
MOST_AT_ONCE = 500  # photos a round; more are found by the next
FOLDER = "photos"

Named = Callable[[Collection[str]], set[str]]
_elsewhere: list[Named] = []


def register(named: Named) -> None:
    """Say who else names photos, besides the tables of pictures: which of these folders it needs."""
    if named not in _elsewhere:
        _elsewhere.append(named)


def tidy() -> int:
    """Remove photos that are no longer young and that nothing names; returns how many."""
    store = photo_store()
    with unit_of_work(reading=True):
        before = clock.shared() - YOUNG
    try:
        return sum(_remove(store, folder, keys) for folder, keys in islice(_unnamed(store, before), MOST_AT_ONCE))
    except PhotoStoreUnavailable as away:
        log.warning("the photo store could not be tidied", extra={"trouble": type(away.__cause__).__name__})
        return 0


def _unnamed(store: PhotoStore, before: datetime) -> Iterator[tuple[str, list[str]]]:
    """Photos by their folders, with the keys of their files."""
    photos = [(folder, list(keys)) for folder, keys in groupby(store.list(FOLDER, before=before), key=_folder_of)]
    needed = _named(folder for folder, _keys in photos)
    return ((folder, keys) for folder, keys in photos if folder not in needed)


def _folder_of(key: str) -> str:
    return key.rpartition("/")[0]


def _named(folders: Iterable[str]) -> set[str]:
    asked = set(folders)
    with unit_of_work(reading=True) as session:
        named = {
            key for table in _tables_of_pictures() for key in session.scalars(sa.select(table.c.key)) if key in asked
        }
        for needs in _elsewhere:
            named |= needs(asked - named)
    return named


def _tables_of_pictures() -> list[sa.FromClause]:
    return [mapper.local_table for mapper in Base.registry.mappers if issubclass(mapper.class_, PictureColumns)]


def _remove(store: PhotoStore, folder: str, keys: list[str]) -> bool:
    """Whether the photo is gone; one that a row has come to name meanwhile is put back as it was."""
    files = {key: store.get(key) for key in keys}
    for key in files:
        store.delete(key)
    if folder not in _named([folder]):
        return True
    for key, data in files.items():
        store.put(key, data)
    return False
