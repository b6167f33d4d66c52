"""The demo world, built once an engine in a test run, by whichever worker needs it first.

The first worker builds under a file lock; every worker then reads a copy of its own, and a test that changes something
copies that again. The photos are the same on both engines: whoever needs one first prepares it for all.
"""

from __future__ import annotations

import fcntl
import json
import pickle
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any

from flask import Flask

from marketplace.demo import world
from marketplace.demo.album import Album
from marketplace.listings.prepared_photos import PreparedPhoto
from marketplace.migrating import upgrade
from marketplace.programme import reading
from marketplace.programme.policy.photos import Photos
from tests.fresh import FreshDatabase
from tests.plugins.databases import Databases
from tests.shop import SETTINGS, close, make_shop


class World(FreshDatabase):
    """One engine's demo world, and the day it was built on in the market's time zone."""

    def __init__(self, url: str, *, photos: Path, day: date) -> None:
        super().__init__(url, photos=photos)
        self.day = day


class SharedAlbum(Album):
    """An album whose photos all workers of the run have in common: one prepares each, the others find it."""

    def __init__(self, app: Flask, rules: Photos, folder: Path) -> None:
        super().__init__(app, rules)
        self._folder = folder
        folder.mkdir(exist_ok=True)

    def _prepare(self, what: tuple[Any, str], make: Callable[[], bytes]) -> PreparedPhoto:
        path = self._folder / sha256(repr(what).encode()).hexdigest()
        with path.open("a+b") as kept:
            fcntl.flock(kept, fcntl.LOCK_EX)
            kept.seek(0)
            if known := kept.read():
                found: PreparedPhoto = pickle.loads(known)
                return found
            photo = super()._prepare(what, make)
            kept.write(pickle.dumps(photo))
            return photo


@dataclass
class Worlds:
    """The worlds of one worker. ``shared`` is a folder that all workers of the run see."""

    databases: Databases
    shared: Path
    _worlds: dict[str, World] = field(default_factory=dict)
    _built_here: list[tuple[str, str]] = field(default_factory=list)
    _albums: ExitStack = field(default_factory=ExitStack)
    _album: Album | None = None

    def of(self, engine: str) -> World:
        """The world on ``engine``, for reading alone."""
        if engine not in self._worlds:
            with self._locked(engine) as record:
                if not record.exists():
                    record.write_text(json.dumps(self._build(engine)))
                known = json.loads(record.read_text())
                url = self.databases.of(engine).copy(known["url"])
            self._worlds[engine] = World(url, photos=Path(known["photos"]), day=date.fromisoformat(known["day"]))
        return self._worlds[engine]

    @contextmanager
    def changeable(self, engine: str) -> Iterator[World]:
        """A copy of the world that a test may change."""
        original, copies = self.of(engine), self.databases.of(engine)
        close(original.app)
        copied = World(copies.copy(original.url), photos=original.photos, day=original.day)
        yield copied
        copied.close()
        copies.drop(copied.url)

    def close(self) -> None:
        """Let go of everything; a worker that asks later builds anew."""
        self._albums.close()
        for engine, made in self._worlds.items():
            made.close()
            self.databases.of(engine).drop(made.url)
        for engine, url in self._built_here:
            with self._locked(engine) as record:
                record.unlink()
                self.databases.of(engine).drop(url)

    @contextmanager
    def _locked(self, engine: str) -> Iterator[Path]:
        """Hold the engine's lock; the path is that of the record of its world, which exists once it is built."""
        with (self.shared / f"{engine}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield self.shared / f"{engine}.json"

    def _build(self, engine: str) -> dict[str, str]:
        url, photos = self.databases.of(engine).empty(), self.shared / f"photos-{engine}"
        app = make_shop(url, photos=photos)
        with app.app_context():
            upgrade()
            day = world.build(app, SETTINGS.programme, album=self._shared_album(app))
        close(app)
        self._built_here.append((engine, url))
        return {"url": url, "photos": str(photos), "day": day.isoformat()}

    def _shared_album(self, app: Flask) -> Album:
        if self._album is None:
            rules = reading.read(SETTINGS.programme).photos
            self._album = self._albums.enter_context(SharedAlbum(app, rules, self.shared / "album"))
        return self._album
