"""Tries are counted by the quarter of an hour that the clock shows: a test that counts them stays within one."""

from __future__ import annotations

import time

QUARTER = 15 * 60  # seconds
ENOUGH = 20  # seconds, for one test on a busy machine


def begin_within_one() -> None:
    """Wait until the present quarter lasts long enough for a test."""
    if (left := QUARTER - time.time() % QUARTER) < ENOUGH:
        time.sleep(left)
