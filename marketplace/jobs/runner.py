"""The runner: does what is due. A thread of the web process in the embedded column, a task of Celery in production."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from datetime import timedelta

import sqlalchemy as sa
from flask import Flask

from marketplace.database import unit_of_work
from marketplace.jobs import deadlines, inbox, outbox, waking

log = logging.getLogger(__name__)

PAUSE_SECONDS = 1.0
MOST_ROUNDS = 1000

Chore = Callable[[], int]  # returns how much it did

_chores: dict[Chore, sa.ColumnElement[bool]] = {}
_questions: dict[tuple[object, ...], sa.Executable] = {}  # statements are made once


def register_chore(chore: Chore, is_due: sa.ColumnElement[bool]) -> None:
    """Add work of the rounds, such as sealing the ledger, and how the database knows that there is some."""
    _chores[chore] = is_due


def run_once() -> int:
    """One round: what came in, what passed its deadline, what must go out. Returns how much was done.

    What is due is asked once for all of them; what came in and what passed may have something go out.
    """
    came_in, has_passed, goes_out, *chores_due = _what_is_due()
    done = inbox.run_due() if came_in else 0
    done += deadlines.sweep() if has_passed or done else 0
    done += outbox.run_due() if goes_out or done else 0
    return done + sum(chore() for chore, is_due in zip(tuple(_chores), chores_due, strict=True) if is_due)


def _what_is_due() -> Sequence[bool]:
    key = (*deadlines.kinds(), *_chores)
    if key not in _questions:
        _questions[key] = sa.select(inbox.IS_DUE, deadlines.is_due(), outbox.IS_DUE, *_chores.values())
    with unit_of_work(reading=True) as session:
        return session.execute(_questions[key]).one()


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
