"""The bells that tell waiting runners in this process that there is work: one each, so that none answers another's."""

from __future__ import annotations

import threading

_bells: tuple[threading.Event, ...] = ()  # replaced as a whole: who rings needs no lock
_hanging = threading.Lock()


def hang_bell() -> threading.Event:
    """A bell of the caller's own, rung at each ``wake`` until it is taken down; the caller clears it."""
    global _bells
    bell = threading.Event()
    with _hanging:
        _bells = (*_bells, bell)
    return bell


def take_down(bell: threading.Event) -> None:
    """Ring it no more; harmless where it does not hang."""
    global _bells
    with _hanging:
        _bells = tuple(other for other in _bells if other is not bell)


def wake() -> None:
    """Ring every bell; harmless where nobody waits."""
    for bell in _bells:
        bell.set()
