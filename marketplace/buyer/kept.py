"""Pages of the shop window, kept for visitors who are not signed in.

    @bp.get("/shop")
    @public
    @kept_for_all
    def everything() -> ResponseReturnValue: ...

A page is kept by its address, its reader's language, the generation of the shelf and the policy in force. Whether those
are still the same is asked anew half a second after it was asked last, and at once after this process has written: what
is sold is gone from every page within that time, whoever sold it.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from threading import Lock
from typing import Any

from cachetools import LRUCache
from flask import current_app, request, session
from flask.typing import ResponseReturnValue
from sqlalchemy import event
from sqlalchemy.orm import Session

from marketplace import clock
from marketplace.holes import filled, leaving_open
from marketplace.listings import shelves
from marketplace.programme import language, versions

FRESH_SECONDS = 0.5
MOST_CHARACTERS = 8 * 2**20

_writes = [0]  # how many units of work this process has committed


@event.listens_for(Session, "after_commit")
def _note_write(_session: Session) -> None:
    _writes[0] += 1


View = Callable[..., ResponseReturnValue]


@dataclass(frozen=True)
class _State:
    """What all pages depend on, and until when (of the process's own clock) it need not be asked again."""

    facts: tuple[object, ...]
    writes: int
    until: float


class Pages:
    """The kept pages of one application."""

    def __init__(self) -> None:
        self._pages: LRUCache[Any, str] = LRUCache(MOST_CHARACTERS, getsizeof=len)
        self._lock = Lock()
        self._state: _State | None = None

    def of_now(self, write: Callable[[], str], told: str = "") -> str:
        """The page that ``write`` makes for everybody, from what is kept where that is as it is now."""
        spoken = (request.headers.get("Accept-Language"), session.get(language.CHOSEN))
        key = (request.full_path, *spoken, self._facts(), hashlib.sha256(told.encode()).digest())
        with self._lock:
            page: str | None = self._pages.get(key)
        if page is None:
            with leaving_open():
                page = write()
            with self._lock:
                if len(page) < MOST_CHARACTERS:
                    self._pages[key] = page
        return page

    def _facts(self) -> tuple[object, ...]:
        state, now, written = self._state, time.monotonic(), _writes[0]
        if state is None or state.until < now or state.writes != written:
            state = self._state = _State(_facts(), written, now + FRESH_SECONDS)
        return state.facts


def _facts() -> tuple[object, ...]:
    """The sandbox's pages also say what time it is, to the minute."""
    policy = versions.current().id  # first, for it brings the time along
    told = clock.now().replace(second=0, microsecond=0) if current_app.config["SANDBOX"] else None
    return shelves.generation(), policy, told


def kept_for_all(view: View) -> View:
    """Keep what the view writes, and fill in what is the visitor's own; for those signed in it is made anew."""

    @wraps(view)
    def answer(**asked: Any) -> ResponseReturnValue:
        if not _is_anybody():
            return view(**asked)
        return _filled(lambda: str(view(**asked)))

    return answer


def kept_while(told: object, write: Callable[[], str]) -> str:
    """What ``write`` makes of facts that were asked for just now: written once as long as they are ``told`` the same.

    For a page that tells more than the shelf knows; it may depend on the shelf, the policy and ``told``, no more.
    """
    return _filled(write, repr(told)) if _is_anybody() else write()


def _filled(write: Callable[[], str], told: str = "") -> str:
    pages: Pages = current_app.extensions.setdefault("kept pages", Pages())
    return filled(pages.of_now(write, told), bag_count=len(session.get("bag", ())))


def _is_anybody() -> bool:
    """Whether the visitor sees what everybody sees: no account, nothing to be told."""
    return not (session.keys() & {"_user_id", "_flashes"}) and "remember_token" not in request.cookies
