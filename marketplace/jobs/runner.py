"""The runner: does what is due. A thread of the web process in the embedded column, a task of Celery in production."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from datetime import timedelta

from flask import Flask

from marketplace.jobs import deadlines, inbox, outbox, waking

log = logging.getLogger(__name__)

PAUSE_SECONDS = 1.0
MOST_ROUNDS = 1000

_chores: list[Callable[[], int]] = []


def register_chore(chore: Callable[[], int]) -> None:
    """Add work of every round, such as sealing the ledger; returns how much it did."""
    if chore not in _chores:
        _chores.append(chore)


def run_once() -> int:
    """One round: what came in, what passed its deadline, what must go out. Returns how much was done."""
    return inbox.run_due() + deadlines.sweep() + outbox.run_due() + sum(chore() for chore in _chores)


def run_until_idle(*, within: timedelta | None = None) -> int:
    """Rounds until nothing is due now; what waits for its next attempt stays.

    No round begins once ``within`` is over.
    """
    done, began = 0, time.monotonic()
    for _ in range(MOST_ROUNDS):
        step = run_once()
        done += step
        if not step or (within is not None and time.monotonic() - began > within.total_seconds()):
            break
    return done


class EmbeddedRunner:
    """A daemon thread that runs until told to stop; it wakes at the bell or every second."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._stop = threading.Event()
        self._bell = waking.hang_bell()
        self._thread = threading.Thread(target=self._run, name="runner", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self, patience: float = 10) -> None:
        """Wait so many seconds for the round at hand; what is cut off then is rolled back, and due again."""
        self._stop.set()
        self._bell.set()
        self._thread.join(timeout=patience)
        waking.take_down(self._bell)

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                with self._app.app_context():
                    run_until_idle()
            except Exception:
                # The database is away, or a chore has a fault: a thread that died would say nothing. What is due
                # stays due, and the next round tries again.
                log.exception("runner round failed")
            self._bell.wait(PAUSE_SECONDS)
            self._bell.clear()
