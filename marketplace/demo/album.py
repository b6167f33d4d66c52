"""Every photo of the demo world, read, measured and kept once, on all processors, while the stories go on."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from flask import Flask

from marketplace.demo.pictures import files, shots
from marketplace.demo.pictures.shots import Take
from marketplace.listings import photos
from marketplace.listings.prepared_photos import PreparedPhoto
from marketplace.programme.policy.photos import Photos

VIEWS: dict[str, Callable[[Take], bytes]] = {
    "front": shots.front,
    "back": shots.back,
    "inside": shots.inside,
    "flaw": shots.flaw,
}


class Album:
    """Photos by what they show, in preparation from the moment they are ordered."""

    def __init__(self, app: Flask, rules: Photos) -> None:
        self._app, self._rules = app, rules
        self._pool = ThreadPoolExecutor(max_workers=os.cpu_count() or 1, thread_name_prefix="photo")
        self._prepared: dict[tuple[Any, str], Future[PreparedPhoto]] = {}

    def __enter__(self) -> Album:
        return self

    def __exit__(self, *_trouble: object) -> None:
        self._pool.shutdown(cancel_futures=True)

    def order(self, take: Take, view: str) -> None:
        """Begin with a member's photo; one that was ordered before is not made again."""
        self._order((take, view), lambda: VIEWS[view](take))

    def order_tag(self, take: Take, *, number: str, title: str, price: str) -> None:
        """Begin with the photo of a price tag."""
        self._order((take, "price_tag"), lambda: shots.price_tag(take, number=number, title=title, price=price))

    def order_library(self, key: str, kind: str) -> None:
        """Begin with a picture of the house's library."""
        self._order((key, kind), lambda: files.read(key, kind))

    def photo(self, take: Take | str, view: str) -> PreparedPhoto:
        """A photo that was ordered, as soon as it is ready."""
        return self._prepared[take, view].result()

    def _order(self, what: tuple[Any, str], make: Callable[[], bytes]) -> None:
        if what not in self._prepared:
            self._prepared[what] = self._pool.submit(self._prepare, what, make)

    def _prepare(self, what: tuple[Any, str], make: Callable[[], bytes]) -> PreparedPhoto:
        with self._app.app_context():
            return photos.prepare(make(), self._rules)
