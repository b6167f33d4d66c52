"""Policies for tests: the preset that ships, and copies of it with a few keys changed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from copy import deepcopy
from functools import lru_cache
from typing import Any

import msgspec

from marketplace.programme import Policy, reading
from marketplace.programme.checks import objections

_STEP = re.compile(r"([a-z_][a-z0-9_]*)|\[(\d+)\]")

MISSING = object()  # takes a key out


@lru_cache(maxsize=1)
def preloved() -> Policy:
    return reading.read("preloved")


def changed(changes: Mapping[str, Any]) -> Policy:
    """The ``preloved`` policy with some keys set, ``{"condition.grades[1].label": "Lovely"}``; it has to be valid."""
    policy = unchecked(changes)
    assert list(objections(policy)) == []
    return policy


def unchecked(changes: Mapping[str, Any]) -> Policy:
    """As ``changed``, whatever contradicts itself."""
    body = msgspec.to_builtins(preloved())
    for path, value in changes.items():
        *way, last = steps(path)
        place = body
        for step in way:
            place = place[step]
        if value is MISSING:
            del place[last]
        else:
            place[last] = deepcopy(value)  # a later key may change a part of it
    return msgspec.convert(body, Policy)


def steps(path: str) -> list[str | int]:
    """A key's path taken apart: ``a.rows[2].b`` is ``["a", "rows", 2, "b"]``."""
    return [int(index) if index else name for name, index in _STEP.findall(path)]


def value_at(policy: Policy, path: str) -> Any:
    """What stands at a key, as TOML would have it."""
    found: Any = msgspec.to_builtins(policy)
    for step in steps(path):
        found = found[step]
    return found
