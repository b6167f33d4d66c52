"""A database of a test's own, with real commits: what races, crashes and other processes need."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from marketplace.database import db
from tests.shop import close, make_shop
from tests.web import Browser


class FreshDatabase:
    """A migrated database at ``url`` and a shop on it."""

    def __init__(self, url: str, *, photos: Path) -> None:
        self.url, self.photos = url, photos
        self.app = make_shop(url, photos=photos)
        self.app.test_client_class = Browser

    def client(self) -> Browser:
        browser = self.app.test_client()
        assert isinstance(browser, Browser)
        return browser

    def run(self, action: Callable[[], Any]) -> Any:
        """Run ``action`` in a context of its own and return what it returns."""
        with self.app.app_context():
            return action()

    def in_parallel(self, actions: Sequence[Callable[[], Any]], *, timeout: float = 60) -> list[Any]:
        """Run each action in a thread of its own, all let go at once; returns results or exceptions, in order."""
        outcomes: list[Any] = [None] * len(actions)
        start = threading.Barrier(len(actions))

        def act(place: int, action: Callable[[], Any]) -> None:
            with self.app.app_context():
                start.wait(timeout)
                try:
                    outcomes[place] = action()
                except Exception as trouble:  # the test judges it
                    outcomes[place] = trouble
                finally:
                    db.session.remove()

        threads = [threading.Thread(target=act, args=pair) for pair in enumerate(actions)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout)
        assert not any(thread.is_alive() for thread in threads), "a thread never ended"
        return outcomes

    def close(self) -> None:
        close(self.app)
