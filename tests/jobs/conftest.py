"""A bell of a test's own."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from marketplace.jobs import waking


@pytest.fixture
def bell() -> Iterator[threading.Event]:
    """Rung at each commit that gives the runner work; the test clears it."""
    hung = waking.hang_bell()
    yield hung
    waking.take_down(hung)
