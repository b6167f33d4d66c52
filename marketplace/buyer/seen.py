"""What this browser looked at last: listing numbers in its signed session, and nowhere else."""

from __future__ import annotations

from flask import session

KEY = "seen"
MOST = 8


def numbers() -> list[str]:
    """The numbers of the pieces seen, the latest first."""
    return [str(number) for number in session.get(KEY, [])]


def remember(number: str) -> None:
    """Note that a piece is being looked at; seen again it comes first."""
    if numbers()[:1] != [number]:
        session[KEY] = [number, *(other for other in numbers() if other != number)][:MOST]


def forget() -> None:
    """Nothing was ever seen."""
    session.pop(KEY, None)
