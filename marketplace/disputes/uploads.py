"""Evidence on its way in: read and judged outside any transaction, then recorded in one, where it is asked again."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from werkzeug.datastructures import FileStorage

from marketplace import database
from marketplace.errors import Refusal
from marketplace.listings import photos
from marketplace.listings.prepared_photos import PreparedPhoto
from marketplace.programme import versions


def take(
    files: Mapping[str, FileStorage], ready: Callable[[], object], keep: Callable[[str, PreparedPhoto], object]
) -> dict[str, str]:
    """Take in the files chosen, by part; returns what was refused, in words.

    ``ready`` says whether this reader may show a photo at all and is asked first; ``keep`` records one.
    """
    chosen = {part: file for part, file in files.items() if file and file.filename}
    ready()
    rules = versions.current().policy.photos
    database.abandon()
    prepared: dict[str, PreparedPhoto] = {}
    refused: dict[str, str] = {}
    for part, file in chosen.items():
        try:
            prepared[part] = photos.prepare(file.stream.read(rules.max_megabytes * 1024**2 + 1), rules)
        except Refusal as refusal:
            refused[part] = str(refusal.message)
    for part, photo in prepared.items():
        try:
            keep(part, photo)
        except Refusal as refusal:
            refused[part] = str(refusal.message)
    return refused
