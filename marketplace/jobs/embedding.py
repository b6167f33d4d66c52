"""The runner inside the web process (``JOBS=embedded``): started by the first request that a process serves.

Not before, because a server may load the application and fork its workers afterwards, and no thread lives on in a
fork. A process that has the runner of its parent's in its memory starts one of its own. Several workers have several
runners, which is safe: rows are leased. A command never serves a request, so it has none, and ``held`` keeps it so
where a command posts to the shop's own webhooks.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from flask import Flask

from marketplace.jobs.runner import EmbeddedRunner

PATIENCE_SECONDS = 1.0

_KEY = "embedded_runner"


class Embedding:
    """At most one runner for this process."""

    def __init__(self, app: Flask) -> None:
        self._app, self._lock = app, threading.Lock()
        self._runner: EmbeddedRunner | None = None
        self._process = 0
        self.is_held = False

    def start(self) -> None:
        """Start the runner unless it runs in this very process; harmless at every request."""
        if self._process == os.getpid() or self.is_held:
            return
        with self._lock:
            if self._process != os.getpid():
                self._runner = EmbeddedRunner(self._app)
                self._runner.start()
                self._process = os.getpid()

    def stop(self) -> None:
        """Let the runner finish what it is doing, for a moment; harmless where there is none."""
        if self._runner is not None and self._process == os.getpid():
            self._runner.stop(PATIENCE_SECONDS)
            self._runner, self._process = None, 0


def init_app(app: Flask) -> None:
    """Start the runner with the first request."""
    embedding = app.extensions[_KEY] = Embedding(app)
    app.before_request(embedding.start)


def of(app: Flask) -> Embedding | None:
    """The embedding of an application that runs its own jobs."""
    return app.extensions.get(_KEY)


@contextmanager
def held(app: Flask) -> Iterator[None]:
    """No runner starts within: whoever holds it does what is due."""
    embedding = of(app)
    if embedding is not None:
        embedding.is_held = True
    try:
        yield
    finally:
        if embedding is not None:
            embedding.is_held = False
