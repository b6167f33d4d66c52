"""Answers that take the same time whatever was found (fault P07)."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from marketplace import database

# Longer than the work takes, so that neither it nor the job it wakes shows in the answer's time.
FLOOR_SECONDS = 0.25


@contextmanager
def unhurried() -> Iterator[None]:
    """Commit what the block wrote, then wait until ``FLOOR_SECONDS`` have passed since it began."""
    began = time.monotonic()
    yield
    database.finish()
    time.sleep(max(0.0, FLOOR_SECONDS - (time.monotonic() - began)))
