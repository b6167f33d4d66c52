"""Seats: so many requests are worked on at once in this process; all others wait outside and keep nothing.

A request takes its seat once all of it has arrived, and before anything asks the database. Whoever sends slowly keeps
one of the server's threads and nothing else (fault W16), so a server may have many threads; and whoever has a seat
finds a connection to the database.
"""

from __future__ import annotations

import threading
from contextvars import ContextVar

from flask import Flask, request
from flask_babel import lazy_gettext as _l

from marketplace.errors import Refusal
from marketplace.protection import FOR_MACHINES, SAFE_METHODS

SEATS = 10  # half of the connections a process may have: a page may read what is committed on a second one
PATIENCE_SECONDS = 20.0

_HOLDS = "shop.holds_a_seat"

_is_seated: ContextVar[bool] = ContextVar("is_seated", default=False)


class NoSeat(Refusal):
    """Everybody else is still being served; nothing of this request was begun."""

    message = _l("The shop is very busy right now. Nothing was done; try again in a moment.")
    status = 503


class Seats:
    """A row of seats."""

    def __init__(self, count: int) -> None:
        self._free = threading.BoundedSemaphore(count)

    def take(self) -> None:
        """Read the request to its end, then wait for a seat; raises ``NoSeat`` after ``PATIENCE_SECONDS``."""
        _read_whole()
        if request.path in FOR_MACHINES:
            return  # a shop that is busy is neither ill nor unready
        if _is_seated.get():
            return  # a page of the sandbox posts to the shop's own webhook: it must not wait for itself
        if not self._free.acquire(timeout=PATIENCE_SECONDS):
            raise NoSeat
        request.environ[_HOLDS] = True
        _is_seated.set(True)

    def leave(self) -> None:
        """Let the next one in; harmless for a request that never sat."""
        if request.environ.pop(_HOLDS, False):
            _is_seated.set(False)
            self._free.release()


def init_app(app: Flask) -> Seats:
    """Have each request take a seat. Whatever asks the database is to be registered after this."""
    seats = Seats(SEATS)
    app.before_request(seats.take)
    return seats


def _read_whole() -> None:
    """Wait for the request's body, as large as its view allows; what exceeds that is refused unread."""
    if request.method in SAFE_METHODS:
        return
    if request.mimetype == "multipart/form-data":
        request.files  # noqa: B018 (reading it is what waits)
    else:
        request.get_data()
