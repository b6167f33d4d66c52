"""The bell's wire to the workers (``JOBS=celery``): a thread of the web process that passes each ring on to Redis.

No request waits for Redis and none fails with it (fault W06): a ring that does not arrive is found by beat's next look.
"""

from __future__ import annotations

import logging
import threading

from celery import Celery
from kombu.exceptions import OperationalError

from marketplace.jobs import broker, waking

log = logging.getLogger(__name__)

PAUSE_SECONDS = 0.05  # commits that come together are one ring


class Ringer:
    """A daemon thread that waits for the bell and sends one message."""

    def __init__(self, celery: Celery) -> None:
        self._celery = celery
        self._stop = threading.Event()
        self._bell = waking.hang_bell()
        self._is_away = False
        self._thread = threading.Thread(target=self._run, name="ringer", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self, patience: float = 10) -> None:
        """Wait so many seconds for a message on its way."""
        self._stop.set()
        self._bell.set()
        self._thread.join(timeout=patience)
        waking.take_down(self._bell)

    def _run(self) -> None:
        while not self._stop.is_set():
            self._bell.wait()
            self._bell.clear()
            if not self._stop.is_set():
                self._ring()
            self._stop.wait(PAUSE_SECONDS)

    def _ring(self) -> None:
        try:
            broker.ring(self._celery)
        except OperationalError as trouble:
            if not self._is_away:  # said once, not at every commit
                log.warning("Redis is away: beat will find what is due", extra={"trouble": type(trouble).__name__})
            self._is_away = True
        else:
            if self._is_away:
                log.info("Redis is back")
            self._is_away = False


def make_ringer(redis_url: str) -> Ringer:
    """A ringer for the workers on that Redis."""
    return Ringer(broker.make_celery(redis_url))
