"""Forms with brackets (``line_items[0][price_data][currency]=usd``) and forms with files, read back into documents."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

_PART = re.compile(r"\[([^\[\]]*)\]")
Schema = dict[str, Any]


class BadForm(ValueError):
    """The names of a form contradict each other or are not names."""


def nested(pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """The tree that flat names with brackets stand for; lists are still dictionaries of their places here."""
    tree: dict[str, Any] = {}
    for name, value in pairs:
        first, rest = re.match(r"([^\[]*)(.*)", name, re.DOTALL).groups()  # type: ignore[union-attr]
        parts = _PART.findall(rest)
        if not first or "".join(f"[{part}]" for part in parts) != rest:
            raise BadForm(f"{name!r} is no name")
        place = tree
        for key, following in zip([first, *parts], parts, strict=False):
            place = place.setdefault(_place(key, place), {})
            if not isinstance(place, dict):
                raise BadForm(f"{name!r} is a value and a group ({following})")
        last = _place([first, *parts][-1], place)
        if last in place:
            raise BadForm(f"{name!r} is said twice")
        place[last] = value
    return tree


def multipart(body: bytes) -> list[tuple[str, str]]:
    """The parts of a form with files, names and values; a file is its bytes, one character each."""
    boundary = body.partition(b"\r\n")[0]
    pairs = []
    for part in body.split(boundary)[1:-1]:
        head, _blank, value = part.partition(b"\r\n\r\n")
        name = re.search(rb'name="([^"]*)"', head)
        if name is None:
            raise BadForm("a part without a name")
        pairs.append((name[1].decode(), value.removesuffix(b"\r\n").decode("latin-1")))
    return pairs


def _place(key: str, place: dict[str, Any]) -> str:
    return key or str(len(place))  # ``expand[]=a&expand[]=b``


def typed(value: Any, schema: Schema, resolve: Callable[[Schema], Schema], fits: Callable[[Any, Schema], bool]) -> Any:
    """The text of a form as its schema means it: numbers, truths, lists. What does not fit is left as it came."""
    schema = resolve(schema)
    for branch in (*schema.get("anyOf", ()), *schema.get("oneOf", ())):
        tried = typed(value, branch, resolve, fits)
        if fits(tried, branch):
            return tried
    kind = schema.get("type")
    if isinstance(value, str):
        return _scalar(value, kind)
    if kind == "array" and all(key.isdigit() for key in value):
        items = schema.get("items", {})
        return [typed(value[key], items, resolve, fits) for key in sorted(value, key=int)]
    known, others = schema.get("properties", {}), schema.get("additionalProperties")
    rest = others if isinstance(others, dict) else {}
    return {key: typed(inner, known.get(key, rest), resolve, fits) for key, inner in value.items()}


def _scalar(value: str, kind: Any) -> Any:
    if kind == "integer" and re.fullmatch(r"-?[0-9]+", value):
        return int(value)
    if kind == "number" and re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", value):
        return float(value)
    if kind == "boolean" and value in ("true", "false"):
        return value == "true"
    return value
