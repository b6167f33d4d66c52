"""Holds an XML document to an XML schema: as much of XML Schema as ISO 20022's messages use, and no more.

Sequences and choices of named elements, how often each may come, attributes, and the facets of simple types. A part of
the schema language it does not know is an error, never a pass.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from pathlib import Path
from xml.etree import ElementTree as ET

XS = "{http://www.w3.org/2001/XMLSchema}"
KNOWN_BASES = {"string", "decimal", "date", "dateTime", "boolean", "base64Binary", "gYear", "time"}
_SHAPES = {
    "date": r"\d{4}-\d{2}-\d{2}(Z|[+-]\d{2}:\d{2})?",
    "dateTime": r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})?",
    "boolean": r"true|false|0|1",
}


class Schema:
    """One schema file."""

    def __init__(self, file: Path) -> None:
        root = ET.parse(file).getroot()
        self.namespace = root.attrib["targetNamespace"]
        self.types = {
            node.attrib["name"]: node for node in root if "name" in node.attrib and node.tag != f"{XS}element"
        }
        self.elements = {node.attrib["name"]: node.attrib["type"] for node in root.iter(f"{XS}element") if node in root}

    def faults(self, document: bytes) -> list[str]:
        """Everything in the document that the schema does not allow; empty where it is valid."""
        root = ET.fromstring(document)
        name = self._name(root)
        if name not in self.elements:
            return [f"{root.tag} is no root of this schema"]
        return list(self._check(root, self.elements[name], name))

    def _name(self, node: ET.Element) -> str:
        return node.tag.removeprefix(f"{{{self.namespace}}}")

    def _check(self, node: ET.Element, kind: str, path: str) -> Iterator[str]:
        kind = kind.split(":")[-1]
        declared = self.types.get(kind)
        if declared is None:
            assert kind in KNOWN_BASES, f"this checker does not know {kind}"
            yield from self._plain(node, [], kind, path)
        elif declared.tag == f"{XS}simpleType":
            yield from self._simple(node, declared, path)
        else:
            yield from self._complex(node, declared, path)

    def _simple(self, node: ET.Element, declared: ET.Element, path: str) -> Iterator[str]:
        restriction = declared.find(f"{XS}restriction")
        assert restriction is not None, "this checker knows restrictions alone"
        if node.attrib:
            yield f"{path}: {sorted(node.attrib)} has no place here"
        yield from self._plain(node, list(restriction), restriction.attrib["base"].split(":")[-1], path)

    def _complex(self, node: ET.Element, declared: ET.Element, path: str) -> Iterator[str]:
        [content] = [part for part in declared if part.tag != f"{XS}annotation"]
        if content.tag == f"{XS}simpleContent":
            extension = content.find(f"{XS}extension")
            assert extension is not None
            wanted = {part.attrib["name"]: part.attrib for part in extension.iter(f"{XS}attribute")}
            yield from (f"{path}: attribute {name} is missing" for name in wanted.keys() - node.attrib.keys())
            yield from (f"{path}: attribute {name} has no place here" for name in node.attrib.keys() - wanted.keys())
            for name in wanted.keys() & node.attrib.keys():
                value = ET.Element(name)
                value.text = node.attrib[name]
                yield from self._check(value, wanted[name]["type"], f"{path}/@{name}")
            bare = ET.Element(node.tag)
            bare.text = node.text
            yield from self._check(bare, extension.attrib["base"], path)
            return
        if node.attrib or (node.text or "").strip():
            yield f"{path}: neither text nor attributes have a place here"
        particles = list(content)
        if any(part.tag == f"{XS}any" for part in particles):
            return
        assert all(part.tag == f"{XS}element" for part in particles), f"this checker does not know {path}'s content"
        if content.tag == f"{XS}choice":
            yield from self._choice(node, particles, path)
        else:
            assert content.tag == f"{XS}sequence"
            yield from self._sequence(node, particles, path)

    def _choice(self, node: ET.Element, particles: list[ET.Element], path: str) -> Iterator[str]:
        allowed = {part.attrib["name"]: part.attrib["type"] for part in particles}
        names = [self._name(child) for child in node]
        if len(names) != 1 or names[0] not in allowed:
            yield f"{path}: one of {sorted(allowed)} was wanted, not {names}"
            return
        yield from self._check(node[0], allowed[names[0]], f"{path}/{names[0]}")

    def _sequence(self, node: ET.Element, particles: list[ET.Element], path: str) -> Iterator[str]:
        waiting = list(node)
        for part in particles:
            name, most = part.attrib["name"], part.attrib.get("maxOccurs", "1")
            found = 0
            while waiting and self._name(waiting[0]) == name and (most == "unbounded" or found < int(most)):
                yield from self._check(waiting.pop(0), part.attrib["type"], f"{path}/{name}")
                found += 1
            if found < int(part.attrib.get("minOccurs", "1")):
                yield f"{path}: {name} is missing"
        yield from (f"{path}: {self._name(child)} has no place here" for child in waiting)

    def _plain(self, node: ET.Element, facets: list[ET.Element], base: str, path: str) -> Iterator[str]:
        assert base in KNOWN_BASES, f"this checker does not know {base}"
        if len(node):
            yield f"{path}: no elements have a place here"
        text = node.text or ""
        if base in _SHAPES and not re.fullmatch(_SHAPES[base], text):
            yield f"{path}: {text!r} is no {base}"
        choices = [facet.attrib["value"] for facet in facets if facet.tag == f"{XS}enumeration"]
        if choices and text not in choices:
            yield f"{path}: {text!r} is none of {choices}"
        for facet in facets:
            if not _holds(facet.tag.removeprefix(XS), facet.attrib["value"], text):
                yield f"{path}: {text!r} breaks {facet.tag.removeprefix(XS)} {facet.attrib['value']}"


def _holds(facet: str, value: str, text: str) -> bool:
    if facet == "enumeration":
        return True
    if facet == "pattern":
        return re.fullmatch(value, text) is not None
    if facet in ("minLength", "maxLength", "length"):
        length = len(text)
        return {"minLength": length >= int(value), "maxLength": length <= int(value), "length": length == int(value)}[
            facet
        ]
    try:
        number = Decimal(text)
    except InvalidOperation:
        return False
    if facet == "minInclusive":
        return number >= Decimal(value)
    digits, exponent = number.as_tuple().digits, number.as_tuple().exponent
    assert isinstance(exponent, int)
    assert facet in ("totalDigits", "fractionDigits"), f"this checker does not know {facet}"
    return len(digits) <= int(value) if facet == "totalDigits" else -exponent <= int(value)
