"""A companion thread of the web process, started by the first request that the process serves.

With ``JOBS=embedded`` it is the runner itself, with ``JOBS=celery`` the ringer that wakes the workers. Not before the
first request, because a server may load the application and fork its workers afterwards, and no thread lives on in a
fork. A process that has its parent's companion in its memory starts one of its own. Several workers have several
runners, which is safe: rows are leased. A command never serves a request, so it has none, and ``held`` keeps it so
where a command posts to the shop's own webhooks.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol

from flask import Flask

PATIENCE_SECONDS = 1.0

_KEY = "companion"


class Companion(Protocol):
    """A thread that runs until told to stop."""

    def start(self) -> None: ...

    def stop(self, patience: float) -> None:
        """Wait so many seconds for what it is doing."""
        ...


class Embedding:
    """At most one companion for this process."""

    def __init__(self, make: Callable[[], Companion]) -> None:
        self._make, self._lock = make, threading.Lock()
        self._companion: Companion | None = None
        self._process = 0
        self.is_held = False

    def start(self) -> None:
        """Start the companion unless it runs in this very process; harmless at every request."""
        if self._process == os.getpid() or self.is_held:
            return
        with self._lock:
            if self._process != os.getpid():
                self._companion = self._make()
                self._companion.start()
                self._process = os.getpid()

    def stop(self) -> None:
        """Let the companion finish what it is doing, for a moment; harmless where there is none."""
        if self._companion is not None and self._process == os.getpid():
            self._companion.stop(PATIENCE_SECONDS)
            self._companion, self._process = None, 0


def init_app(app: Flask, make: Callable[[], Companion]) -> None:
    """Start what ``make`` makes with the first request."""
    embedding = app.extensions[_KEY] = Embedding(make)
    app.before_request(embedding.start)


def of(app: Flask) -> Embedding | None:
    """The embedding of an application that has a companion."""
    return app.extensions.get(_KEY)


@contextmanager
def held(app: Flask) -> Iterator[None]:
    """No companion starts within: whoever holds it does what is due."""
    embedding = of(app)
    if embedding is not None:
        embedding.is_held = True
    try:
        yield
    finally:
        if embedding is not None:
            embedding.is_held = False
