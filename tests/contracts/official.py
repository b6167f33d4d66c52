"""The official descriptions of other companies' interfaces, and what in a call or an answer departs from them.

They lie beside the project (``../shared/specs``, or where ``SPECS_DIR`` points) and are never committed. Unknown fields
are refused at every depth, which is more than the descriptions ask for: a field nobody described is a mistake of ours.

A test begins with ``official.required("stripe")``: it skips where the description is absent, and fails where
``REQUIRE_SPECS`` is set. A double asks ``official.if_there("stripe")``.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable
from functools import cache, cached_property
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest
import yaml
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError, best_match
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from tests.contracts import forms

ROOT = Path(__file__).resolve().parents[2]
FILES = {"stripe": "stripe-2026-05-27.dahlia.json", "shippo": "shippo-public-api-2024-06.yaml"}
FORM, JSON, FILES_FORM = "application/x-www-form-urlencoded", "application/json", "multipart/form-data"
Pairs = Iterable[tuple[str, str]]
Schema = dict[str, Any]


def if_there(name: str) -> Description | None:
    """The description called ``name``, or None where it does not lie beside the project."""
    folder = Path(os.environ.get("SPECS_DIR") or ROOT / ".." / "shared" / "specs")
    path = folder / FILES[name]
    return _read(path) if path.is_file() else None


def required(name: str) -> Description:
    """The description, for a test: skipped without it, failed where it is required."""
    description = if_there(name)
    if description is None:
        absent = f"the official description of {name} is not here (SPECS_DIR or ../shared/specs)"
        if os.environ.get("REQUIRE_SPECS"):
            pytest.fail(absent)
        pytest.skip(absent)
    return description


@cache
def _read(path: Path) -> Description:
    text = path.read_text()
    return Description(json.loads(text) if path.suffix == ".json" else yaml.load(text, Loader=yaml.CSafeLoader))


class Description:
    """One OpenAPI document. Each ``…_faults`` method says in words what is wrong; an empty list is right."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.document = document

    @property
    def version(self) -> str:
        return str(self.document["info"]["version"])

    # What is asked ---------------------------------------------------------------------------------------------------

    def request_faults(self, method: str, path: str, query: Pairs = (), body: bytes = b"", kind: str = "") -> list[str]:
        """What the description does not allow in a request; ``kind`` is its content type, ``path`` has no query."""
        found = self._operation(method, path)
        if found is None:
            return [f"{method} {path}: there is no such operation"]
        operation, shared = found
        parameters = [self._resolved(each) for each in (*shared, *operation.get("parameters", ()))]
        faults = self._query_faults(parameters, query) + self._body_faults(operation, body, kind.partition(";")[0])
        return [f"{method} {path}: {fault}" for fault in faults]

    def _query_faults(self, parameters: list[Schema], query: Pairs) -> list[str]:
        known = {each["name"]: each["schema"] for each in parameters if each["in"] == "query"}
        needed = [each["name"] for each in parameters if each["in"] == "query" and each.get("required")]
        schema = {"type": "object", "properties": known, "required": needed, "additionalProperties": False}
        return self._form_faults(query, schema, "query")

    def _body_faults(self, operation: Schema, body: bytes, kind: str) -> list[str]:
        content = self._resolved(operation.get("requestBody", {})).get("content", {})
        if not body:
            needed = self._resolved(operation.get("requestBody", {})).get("required")
            return ["a body is required"] if needed else []
        if kind not in content:
            return [f"a body of {kind or 'no type'}; described: {', '.join(content) or 'none'}"]
        schema = content[kind]["schema"]
        if kind == FORM:
            return self._form_faults(parse_qsl(body.decode(), keep_blank_values=True), schema, "body")
        if kind == FILES_FORM:
            return self._form_faults(forms.multipart(body), schema, "body")
        return self.schema_faults(json.loads(body), schema, "body")

    def _form_faults(self, pairs: Pairs, schema: Schema, place: str) -> list[str]:
        try:
            tree = forms.nested(pairs)
        except forms.BadForm as trouble:
            return [f"{place}: {trouble}"]
        sent = forms.typed(tree, schema, self._resolved, lambda value, branch: not self.schema_faults(value, branch))
        return self.schema_faults(sent, schema, place)

    # What is answered ------------------------------------------------------------------------------------------------

    def answer_faults(self, method: str, path: str, status: int, body: Any) -> list[str]:
        """What the description does not say of an answer; ``body`` is the parsed document."""
        found = self._operation(method, path)
        if found is None:
            return [f"{method} {path}: there is no such operation"]
        described = found[0]["responses"]
        response = described.get(str(status)) or described.get(f"{status // 100}XX") or described.get("default")
        if response is None:
            return [f"{method} {path}: status {status} is not described"]
        content = self._resolved(response).get("content", {}).get(JSON)
        if content is None:
            return []
        return [f"{method} {path}: {fault}" for fault in self.schema_faults(body, content["schema"], f"{status}")]

    def object_faults(self, name: str, thing: Any) -> list[str]:
        """What is wrong with a ``thing`` that should be the component schema ``name``."""
        if name not in self.document["components"]["schemas"]:
            return [f"there is no {name!r}"]
        return self.schema_faults(thing, {"$ref": f"#/components/schemas/{name}"}, name)

    def schema_faults(self, value: Any, schema: Schema, place: str = "") -> list[str]:
        """What is wrong with ``value`` under a schema of this document, as ``place.path: why``."""
        validator = Draft202012Validator(strict(schema), registry=self._registry)
        return [_in_words(error, place) for error in validator.iter_errors(value)]

    # Finding one's way -----------------------------------------------------------------------------------------------

    def _operation(self, method: str, path: str) -> tuple[Schema, list[Schema]] | None:
        for pattern, item in self._paths:
            if method.lower() in item and pattern.fullmatch(path):
                return item[method.lower()], item.get("parameters", [])
        return None

    @cached_property
    def _paths(self) -> list[tuple[re.Pattern[str], Schema]]:
        """Fixed paths first; a part in braces is anything without a slash."""
        ordered = sorted(self.document["paths"].items(), key=lambda pair: pair[0].count("{"))
        return [
            (re.compile("".join("[^/]+" if p.startswith("{") else re.escape(p) for p in _split(path))), item)
            for path, item in ordered
        ]

    def _resolved(self, thing: Schema) -> Schema:
        while "$ref" in thing:
            thing = self._at(thing["$ref"])
        return thing

    def _at(self, reference: str) -> Schema:
        found: Any = self.document
        for part in reference.removeprefix("#/").split("/"):
            found = found[part.replace("~1", "/").replace("~0", "~")]
        return found  # type: ignore[no-any-return]

    @cached_property
    def _registry(self) -> Registry[Any]:
        @cache
        def retrieve(uri: str) -> Resource[Any]:
            state, _, reference = uri.partition(":")
            return Resource(strict(self._at(f"#{reference}"), closed=state == "closed"), DRAFT202012)

        return Registry(retrieve=retrieve)


def _split(path: str) -> list[str]:
    return re.split(r"(\{[^}]+\})", path)


def strict(schema: Schema, *, closed: bool = True) -> Schema:
    """An OpenAPI schema as JSON Schema, in which an object has no other fields than those described.

    Not ``closed``: the parts of an ``allOf``, each of which knows only its own fields; the whole is closed around them.
    """
    kept = (
        "type",
        "enum",
        "required",
        "maxLength",
        "minLength",
        "pattern",
        "minimum",
        "maximum",
        "minItems",
        "maxItems",
    )
    made: Schema = {key: schema[key] for key in kept if key in schema}
    if "$ref" in schema:
        made["$ref"] = f"{'closed' if closed else 'open'}:{schema['$ref'].replace('#', '')}"
    for key in ("anyOf", "oneOf"):
        if key in schema:
            made["anyOf"] = [strict(each, closed=closed) for each in schema[key]]
    if "allOf" in schema:
        made["allOf"] = [strict(each, closed=False) for each in schema["allOf"]]
    if "items" in schema:
        made["items"] = strict(schema["items"])
    if "properties" in schema:
        made["properties"] = {name: strict(each) for name, each in schema["properties"].items()}
    _close(made, schema, closed)
    return {"anyOf": [made, {"type": "null"}]} if schema.get("nullable") else made


def _close(made: Schema, schema: Schema, closed: bool) -> None:
    others = schema.get("additionalProperties")
    if isinstance(others, dict) and others:
        made["additionalProperties"] = strict(others)
    elif others is False or (closed and others is None and "properties" in schema and "allOf" not in schema):
        made["additionalProperties"] = False
    if closed and "allOf" in schema and others is None:
        made["unevaluatedProperties"] = False


def _in_words(error: ValidationError, place: str) -> str:
    deepest = error
    while deepest.context and (inner := best_match(deepest.context)) is not None:
        deepest = inner
    path = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in deepest.absolute_path)
    return f"{place}{path}: {deepest.message[:300]}"
