"""Every leaf key of the policy's types: what a TOML file may set, ``condition.grades[].label``."""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec import inspect

from marketplace.programme import Policy


def leaf_keys() -> list[str]:
    """The paths of all keys that hold a value or a list of plain values, ``[]`` for each row of a list."""
    return list(_leaves(inspect.type_info(Policy), ""))


def general(path: str) -> str:
    """The key that a concrete path is an example of: ``condition.grades[1].label`` is ``condition.grades[].label``."""
    return re.sub(r"\[\d+\]", "[]", path)


def _leaves(kind: inspect.Type, path: str) -> Iterator[str]:
    if isinstance(kind, inspect.StructType):
        for field in kind.fields:
            yield from _leaves(field.type, f"{path}.{field.encode_name}" if path else field.encode_name)
    elif isinstance(kind, inspect.VarTupleType) and isinstance(kind.item_type, inspect.StructType):
        yield from _leaves(kind.item_type, f"{path}[]")
    else:
        yield path
