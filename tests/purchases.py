"""Purchase files for tests, and the command that takes them in."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from pathlib import Path

from click.testing import Result
from flask import Flask

from marketplace.people.purchase_line import COLUMNS
from tests.apart import apart

LINE = {
    "order_number": "W100234",
    "line_number": "1",
    "channel": "web",
    "purchased_on": "2025-03-14",
    "returned_on": "",
    "loyalty_number": "440017",
    "email": "ada@example.com",
    "style_number": "VL-2041",
    "title": "Marlowe satchel",
    "house": "Velorne",
    "category": "satchels",
    "collection": "archive",
    "colour": "Oxblood",
    "size": "Medium",
    "quantity": "1",
    "list_price": "398.00",
    "price_paid": "318.40",
    "currency": "USD",
    "store": "",
}


def line(**changes: str) -> dict[str, str]:
    """A line of the file that is in order, but for ``changes``."""
    return {**LINE, **changes}


def as_csv(lines: Iterable[Mapping[str, str]]) -> str:
    """The lines under their header."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(lines)
    return text.getvalue()


def take_in(app: Flask, file: Path | str, *, stdin: bytes | None = None) -> Result:
    """``flask purchases import FILE``, as an operator runs it."""
    command = ["purchases", "import", str(file)]
    return apart(lambda: app.test_cli_runner().invoke(args=command, input=stdin))


def take_in_lines(app: Flask, folder: Path, *lines: Mapping[str, str]) -> Result:
    """Write a CSV file of these lines and take it in."""
    file = folder / "purchases.csv"
    file.write_text(as_csv(lines), encoding="utf-8")
    return take_in(app, file)
