"""What a rehearsal says while it runs."""

from __future__ import annotations

import signal
import sys
import time
from typing import Any


class Report:
    """Lines with the seconds since it began."""

    def __init__(self) -> None:
        self._began = time.monotonic()

    def say(self, line: str) -> None:
        print(f"{time.monotonic() - self._began:6.1f} s  {line}", flush=True)


def end_tidily() -> None:
    """Let a TERM end us as an error would, so that what was started is stopped."""
    signal.signal(signal.SIGTERM, _end)


def _end(*_signal: Any) -> None:
    sys.exit(1)
