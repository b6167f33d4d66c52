"""What an outside service can do to a caller, one misbehaviour a value: given to a double's plan, call by call."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Fault:
    """How one call goes wrong. The defaults are a call that goes well.

    ``delay`` seconds pass before the work. With ``status`` the work is refused and not done. ``works`` says whether
    the work is done, ``reply`` what the caller gets of the answer: ``send`` it, ``reset`` the connection, keep
    ``silence`` until the caller gives up, send it ``twice``, or ``cut`` it off in the middle.
    """

    delay: float = 0
    status: int | None = None
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    works: bool = True
    reply: str = "send"


def refuse(status: int, body: Any = None, **headers: str) -> Fault:
    """Answer with ``status`` and do nothing; header names are written with underscores."""
    return Fault(status=status, body=body, headers={name.replace("_", "-"): value for name, value in headers.items()})


def slow(seconds: float) -> Fault:
    """Take ``seconds`` before the work; everything else goes well."""
    return Fault(delay=seconds)


def lose_answer(how: str = "reset") -> Fault:
    """Do the work; the caller never hears of it: ``reset``, ``silence`` or ``cut``."""
    return Fault(reply=how)


def lose_request(how: str = "reset") -> Fault:
    """The caller hears nothing, and nothing was done."""
    return Fault(works=False, reply=how)


def fail_after_work(status: int, body: Any = None) -> Fault:
    """Do the work and answer with an error all the same."""
    return Fault(status=status, body=body, reply="lie")


def answer_twice() -> Fault:
    """Do the work once and send its answer two times over."""
    return Fault(reply="twice")
