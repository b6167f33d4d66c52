"""How our own short descriptions are put together: what we send is closed, what is answered is open."""

from __future__ import annotations

from typing import Any

from jsonschema import Draft202012Validator

Schema = dict[str, Any]

TEXT: Schema = {"type": "string", "minLength": 1, "maxLength": 5000}
WHOLE: Schema = {"type": "integer"}


def closed(required: dict[str, Schema], optional: dict[str, Schema] | None = None) -> Schema:
    """What we send: these fields and no others."""
    return {
        "type": "object",
        "properties": required | (optional or {}),
        "required": list(required),
        "additionalProperties": False,
    }


def opened(**required: Schema) -> Schema:
    """What is answered: at least these fields, and whatever else there may be."""
    return {"type": "object", "properties": required, "required": list(required)}


def faults(schema: Schema, value: Any, place: str) -> list[str]:
    """What is wrong with a value, each in a line that begins with its place."""
    return [
        f"{place}: {error.json_path} {error.message[:200]}" for error in Draft202012Validator(schema).iter_errors(value)
    ]
