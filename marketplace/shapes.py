"""Reading documents as types: msgspec's two verbs, safe where several threads meet a type for the first time.

Msgspec works out what a type is when it first reads one, and two threads that do so at once crash the process. So each
type is made ready once, by one thread at a time.
"""

from __future__ import annotations

import threading
from typing import Any, TypeVar

import msgspec

T = TypeVar("T")

_ready: set[Any] = set()
_one_at_a_time = threading.Lock()


def convert(document: Any, kind: type[T]) -> T:
    """What was read already, lists and dictionaries, as ``kind``; raises ``msgspec.ValidationError``."""
    _prepare(kind)
    return msgspec.convert(document, kind)


def decode(body: bytes, kind: type[T]) -> T:
    """JSON as ``kind``; raises ``msgspec.DecodeError``, of which a ``ValidationError`` is one."""
    _prepare(kind)
    return msgspec.json.decode(body, type=kind)


def _prepare(kind: Any) -> None:
    if kind not in _ready:
        with _one_at_a_time:
            msgspec.json.Decoder(kind)
            _ready.add(kind)
