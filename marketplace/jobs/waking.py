"""The bell that tells a waiting runner in this process that there is work."""

from __future__ import annotations

import threading

bell = threading.Event()


def wake() -> None:
    """Ring the bell; harmless where nobody waits."""
    bell.set()
