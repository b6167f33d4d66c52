"""The purchase file: what the brand's shops sold, one line a purchase, as CSV or as JSON lines.

Read as a stream, a physical line at a time, so that a broken line costs itself and nothing after it. Numbers are read
as the text they are: no amount ever passes through a float.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, BinaryIO

import msgspec

from marketplace.errors import Refusal
from marketplace.money import Money, MoneyError
from marketplace.people.emails import EmailRefused, clean_email
from marketplace.programme.policy.eligibility import Channel
from marketplace.text import TextRefused, TextTooLong, clean_text

LONGEST_LINE = 64 * 1024  # bytes

COLUMNS = tuple(
    "order_number line_number channel purchased_on returned_on loyalty_number email style_number title house category "
    "collection colour size quantity list_price price_paid currency store".split()
)

_LENGTHS = {
    "order_number": 40,
    "loyalty_number": 40,
    "style_number": 40,
    "title": 120,
    "house": 60,
    "category": 40,
    "collection": 40,
    "colour": 40,
    "size": 20,
    "store": 80,
}

_WHOLE = re.compile(r"\A[0-9]{1,6}\Z")
_DATE = re.compile(r"\A[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")


class Reject(msgspec.Struct, frozen=True):
    """A line that was not taken, and why. ``column`` is empty where the whole line is at fault."""

    line: int
    column: str
    reason: str


class BadCell(Exception):
    """One value cannot be used."""

    def __init__(self, column: str, reason: str) -> None:
        super().__init__(f"{column}: {reason}")
        self.column, self.reason = column, reason


class BadHeader(Refusal):
    """The file does not say what its columns are; nothing of it was read."""

    status = 422


class PurchaseLine(msgspec.Struct, frozen=True):
    """One line as it was understood. ``line`` is its number in the file; prices are minor units for one piece."""

    line: int
    order_number: str
    line_number: int
    channel: Channel
    purchased_on: date
    returned_on: date | None
    loyalty_number: str
    email: str
    style_number: str
    title: str
    house: str
    category: str
    collection: str
    colour: str
    size: str
    quantity: int
    list_price_minor: int
    price_paid_minor: int
    currency: str
    store: str


class PurchaseFile:
    """The lines of a stream, each a ``PurchaseLine`` or a ``Reject``. ``bytes_read`` tells how far the reading is.

    Raises ``BadHeader`` where a CSV file's first line does not name every column once.
    """

    def __init__(self, stream: BinaryIO, *, name: str, currency: str, today: date) -> None:
        self.bytes_read = 0
        self._stream, self._name = stream, name.lower()
        self._currency, self._today = currency, today

    def __iter__(self) -> Iterator[PurchaseLine | Reject]:
        lines = self._lines()
        number, first = next(lines, (0, b""))
        first = (first or b"").removeprefix(b"\xef\xbb\xbf")
        if self._is_json(first):
            yield from self._read(number, first, _cells_of_json)
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
                yield self._purchase(number, cells_of(text))
        except UnicodeDecodeError as trouble:
            yield Reject(number, "", f"not UTF-8 text at byte {trouble.start + 1}")
        except BadCell as bad:
            yield Reject(number, bad.column, bad.reason)

    def _purchase(self, number: int, cells: Mapping[str, str]) -> PurchaseLine:
        channel = _channel(cells["channel"])
        purchased_on = _day(cells, "purchased_on")
        if purchased_on is None:
            raise BadCell("purchased_on", "empty")
        returned_on = _day(cells, "returned_on")
        if max(purchased_on, returned_on or purchased_on) > self._today:
            raise BadCell("returned_on" if purchased_on <= self._today else "purchased_on", "in the future")
        if returned_on and returned_on < purchased_on:
            raise BadCell("returned_on", "before purchased_on")
        if cells["currency"] != self._currency:
            raise BadCell("currency", f"this programme trades in {self._currency}")
        list_price = self._amount(cells, "list_price")
        if not list_price:
            raise BadCell("list_price", "more than nothing is needed")
        return PurchaseLine(
            line=number,
            order_number=_text(cells, "order_number"),
            line_number=_whole(cells, "line_number"),
            channel=channel,
            purchased_on=purchased_on,
            returned_on=returned_on,
            loyalty_number=_text(cells, "loyalty_number", required=False),
            email=_email(cells["email"]),
            style_number=_text(cells, "style_number"),
            title=_text(cells, "title"),
            house=_text(cells, "house"),
            category=_text(cells, "category"),
            collection=_text(cells, "collection", required=False),
            colour=_text(cells, "colour"),
            size=_text(cells, "size", required=False),
            quantity=_whole(cells, "quantity"),
            list_price_minor=list_price,
            price_paid_minor=self._amount(cells, "price_paid"),
            currency=self._currency,
            store=_text(cells, "store", required=channel is Channel.STORE),
        )

    def _amount(self, cells: Mapping[str, str], column: str) -> int:
        try:
            return Money.parse(cells[column], self._currency).minor
        except MoneyError:
            raise BadCell(column, f"not an amount in {self._currency}: write figures and a point") from None


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


# A cell in its value -------------------------------------------------------------------------------------------------


def _text(cells: Mapping[str, str], column: str, *, required: bool = True) -> str:
    longest = _LENGTHS[column]
    try:
        text = clean_text(cells[column], longest)
    except TextTooLong:
        raise BadCell(column, f"longer than {longest} characters") from None
    except TextRefused:
        raise BadCell(column, "holds control or hidden characters") from None
    if required and not text:
        raise BadCell(column, "empty")
    return text


def _whole(cells: Mapping[str, str], column: str) -> int:
    text = cells[column]
    if not _WHOLE.match(text) or int(text) < 1:
        raise BadCell(column, "a whole number from 1 is needed")
    return int(text)


def _day(cells: Mapping[str, str], column: str) -> date | None:
    text = cells[column]
    if not text:
        return None
    try:
        return date.fromisoformat(text if _DATE.match(text) else "")
    except ValueError:
        raise BadCell(column, "not a date like 2026-11-26") from None


def _channel(text: str) -> Channel:
    try:
        return Channel(text)
    except ValueError:
        raise BadCell("channel", f"one of {', '.join(Channel)} is needed") from None


def _email(text: str) -> str:
    if not text.strip():
        return ""
    try:
        return clean_email(text)
    except EmailRefused:
        raise BadCell("email", "not an e-mail address") from None
