"""Taking turns: threads of one process pass one by one, first come, first served."""

from __future__ import annotations

import threading
from collections import deque


class Turns:
    """A queue in front of something only one thread may have. Who leaves hands over to who has waited longest.

    A plain lock lets the thread that has just let go take it again; with a busy runner beside the shop a shopper
    would wait for ever.
    """

    def __init__(self) -> None:
        self._mutex = threading.Lock()
        self._waiting: deque[threading.Event] = deque()
        self._is_taken = False

    def enter(self, seconds: float) -> bool:
        """Wait for one's turn; False where it has not come within ``seconds``."""
        with self._mutex:
            if not self._is_taken:
                self._is_taken = True
                return True
            mine = threading.Event()
            self._waiting.append(mine)
        if mine.wait(seconds):
            return True
        with self._mutex:
            if mine.is_set():
                return True  # it came at the last moment
            self._waiting.remove(mine)
            return False

    def leave(self) -> None:
        """Let the next one in."""
        with self._mutex:
            if self._waiting:
                self._waiting.popleft().set()
            else:
                self._is_taken = False
