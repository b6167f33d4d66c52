"""The purchase file: what the brand's shops sold, one line a purchase, as CSV or as JSON lines.

Read as a stream, a physical line at a time, so that a broken line costs itself and nothing after it. Numbers are read
as the text they are: no amount ever passes through a float.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping
from datetime import date
from typing import IO, Any

import msgspec

from marketplace.errors import Refusal
from marketplace.people.purchase_line import COLUMNS, BadCell, PurchaseLine, purchase_of

LONGEST_LINE = 64 * 1024  # bytes


class Reject(msgspec.Struct, frozen=True):
    """A line that was not taken, and why. ``column`` is empty where the whole line is at fault."""

    line: int
    column: str
    reason: str


class BadHeader(Refusal):
    """The file does not say what its columns are; nothing of it was read."""

    status = 422


class PurchaseFile:
    """The lines of a stream, each a ``PurchaseLine`` or a ``Reject``. ``bytes_read`` tells how far the reading is.

    Raises ``BadHeader`` where a CSV file's first line does not name every column once.
    """

    def __init__(self, stream: IO[bytes], *, name: str, currency: str, today: date) -> None:
        self.bytes_read = 0
        self._stream, self._name = stream, name.lower()
        self._currency, self._today = currency, today

    def __iter__(self) -> Iterator[PurchaseLine | Reject]:
        lines = self._lines()
        number, opening = next(lines, (0, b""))
        first = (opening or b"").removeprefix(b"\xef\xbb\xbf")
        if self._is_json(first):
            yield from self._read(number, opening and first, _cells_of_json)
            for number, raw in lines:
                yield from self._read(number, raw, _cells_of_json)
            return
        header = _header(first)
        for number, raw in lines:
            yield from self._read(number, raw, lambda text: _cells_of_csv(text, header))

    def _is_json(self, first: bytes) -> bool:
        if self._name.endswith((".jsonl", ".ndjson", ".json")):
            return True
        return not self._name.endswith(".csv") and first.lstrip().startswith(b"{")

    def _lines(self) -> Iterator[tuple[int, bytes | None]]:
        """Numbered physical lines; None for one that is too long to be a purchase."""
        number = 0
        while raw := self._stream.readline(LONGEST_LINE):
            number += 1
            self.bytes_read += len(raw)
            if len(raw) < LONGEST_LINE or raw.endswith(b"\n"):
                yield number, raw
                continue
            while (rest := self._stream.readline(LONGEST_LINE)) and not rest.endswith(b"\n"):
                self.bytes_read += len(rest)
            self.bytes_read += len(rest)
            yield number, None

    def _read(self, number: int, raw: bytes | None, cells_of: Any) -> Iterator[PurchaseLine | Reject]:
        if raw is None:
            yield Reject(number, "", f"longer than {LONGEST_LINE // 1024} KB")
            return
        try:
            text = raw.decode("utf-8").strip("\r\n")
            if text.strip():
                yield purchase_of(number, cells_of(text), currency=self._currency, today=self._today)
        except UnicodeDecodeError as trouble:
            yield Reject(number, "", f"not UTF-8 text at byte {trouble.start + 1}")
        except BadCell as bad:
            yield Reject(number, bad.column, bad.reason)


# A line in its cells -------------------------------------------------------------------------------------------------


def _header(raw: bytes) -> list[str]:
    try:
        names = [name.strip() for name in _split(raw.decode("utf-8").strip("\r\n"))]
    except (UnicodeDecodeError, BadCell) as trouble:
        raise BadHeader(f"the first line is not the header of a CSV file in UTF-8: {trouble}") from trouble
    missing = [name for name in COLUMNS if name not in names]
    unknown = [repr(name[:40]) for name in names if name not in COLUMNS]
    twice = sorted({name for name in names if name in COLUMNS and names.count(name) > 1})
    said = (("missing", missing), ("unknown", unknown), ("named twice", twice))
    if wrong := [f"{what}: {', '.join(columns[:20])}" for what, columns in said if columns]:
        raise BadHeader(f"columns {'; '.join(wrong)}")
    return names


def _split(text: str) -> list[str]:
    try:
        return next(csv.reader((text,), strict=True), [])
    except csv.Error as trouble:
        raise BadCell("", f"not a line of CSV: {trouble}") from trouble


def _cells_of_csv(text: str, header: list[str]) -> Mapping[str, str]:
    cells = _split(text)
    if len(cells) != len(header):
        raise BadCell("", f"{len(header)} columns expected, {len(cells)} found")
    return dict(zip(header, cells, strict=True))


def _cells_of_json(text: str) -> Mapping[str, str]:
    try:
        found = json.loads(text, parse_float=str, parse_int=str, parse_constant=str)
    except (ValueError, RecursionError) as trouble:
        raise BadCell("", f"not a line of JSON: {str(trouble)[:100]}") from trouble
    if not isinstance(found, dict):
        raise BadCell("", "not a JSON object")
    cells = dict.fromkeys(COLUMNS, "")
    for name, value in found.items():
        if name not in cells:
            raise BadCell(name[:40].encode("ascii", "backslashreplace").decode(), "no such column")
        if value is not None and not isinstance(value, str):
            raise BadCell(name, "text or a number expected")
        cells[name] = value or ""
    return cells
