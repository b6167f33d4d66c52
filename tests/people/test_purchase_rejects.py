"""A bad line costs itself, says why, and nothing else."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask

from marketplace.database import db
from marketplace.people.models import Purchase
from marketplace.people.purchase_line import COLUMNS
from tests.purchases import as_csv, line, take_in, take_in_lines

GOOD = [line(order_number="W1"), line(order_number="W9")]


def rejects_of(file: Path) -> list[tuple[str, str, str]]:
    with Path(f"{file}.rejects.csv").open(newline="") as found:
        header, *rows = csv.reader(found)
    assert header == ["line", "column", "reason"]
    return [(row[0], row[1], row[2]) for row in rows]


def count() -> int:
    return db.session.scalar(sa.select(sa.func.count()).select_from(Purchase)) or 0


@pytest.mark.fault("B20")
@pytest.mark.parametrize(
    ("column", "value", "reason"),
    [
        ("order_number", "", "empty"),
        ("order_number", "W" * 41, "longer than 40"),
        ("line_number", "0", "whole number"),
        ("line_number", "1.5", "whole number"),
        ("line_number", "٣", "whole number"),
        ("channel", "fax", "one of web, store"),
        ("purchased_on", "", "empty"),
        ("purchased_on", "14.03.2025", "not a date"),
        ("purchased_on", "20250314", "not a date"),
        ("purchased_on", "2025-02-30", "not a date"),
        ("purchased_on", "2999-01-01", "in the future"),
        ("returned_on", "2999-01-01", "in the future"),
        ("returned_on", "2025-03-13", "before purchased_on"),
        ("email", "ada", "not an e-mail"),
        ("email", "ada@example.com\u202e", "not an e-mail"),
        ("title", "", "empty"),
        ("title", "Satchel\u202eelttil", "control or hidden"),
        ("title", "Satchel\x00", "control or hidden"),
        ("title", "x" * 121, "longer than 120"),
        ("style_number", "\u200b", "control or hidden"),
        ("quantity", "0", "whole number"),
        ("quantity", "-1", "whole number"),
        ("quantity", "1e3", "whole number"),
        ("list_price", "0", "more than nothing"),
        ("list_price", "", "not an amount"),
        ("list_price", "-398", "not an amount"),
        ("list_price", "NaN", "not an amount"),
        ("list_price", "1e400", "not an amount"),
        ("list_price", "３９８", "not an amount"),
        ("list_price", "3_98", "not an amount"),
        ("list_price", "398.001", "not an amount"),
        ("price_paid", "9223372036854775808", "not an amount"),
        ("currency", "EUR", "trades in USD"),
    ],
)
def test_each_bad_value_is_named_and_the_good_lines_stay(
    app: Flask, tmp_path: Path, column: str, value: str, reason: str
) -> None:
    done = take_in_lines(app, tmp_path, GOOD[0], line(order_number="W5") | {column: value}, GOOD[1])

    assert done.exit_code == 1
    assert done.stdout.strip().splitlines()[-1] == "imported 2, unchanged 0, rejected 1"
    (reject,) = rejects_of(tmp_path / "purchases.csv")
    assert reject[:2] == ("3", column)
    assert reason in reject[2]
    assert count() == 2


def test_a_store_is_needed_for_a_purchase_in_one(app: Flask, tmp_path: Path) -> None:
    take_in_lines(app, tmp_path, line(channel="store"))

    assert rejects_of(tmp_path / "purchases.csv") == [("2", "store", "empty")]


@pytest.mark.fault("X15")
@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        (b"\xff\xfe,not text", "not UTF-8 text at byte 1"),
        (b'"never closed,1,web', "not a line of CSV"),
        (b"1,2,3", "19 columns expected, 3 found"),
        (b"," * 40, "19 columns expected, 41 found"),
        (b"x" * 200_000, "longer than 64 KB"),
        (b'"' + b"y" * 70_000 + b'"', "longer than 64 KB"),
        (b"W5\rW6", "not a line of CSV"),
    ],
)
def test_a_broken_line_costs_only_itself(app: Flask, tmp_path: Path, broken: bytes, reason: str) -> None:
    file = tmp_path / "purchases.csv"
    header, first, last = as_csv(GOOD).encode().splitlines()
    file.write_bytes(b"\n".join((header, first, broken, last)))

    done = take_in(app, file)

    assert done.exit_code == 1
    assert done.stdout.strip().splitlines()[-1] == "imported 2, unchanged 0, rejected 1"
    ((number, column, said),) = rejects_of(file)
    assert (number, column) == ("3", "")
    assert reason in said


@pytest.mark.fault("X14")
@pytest.mark.parametrize(
    ("broken", "column", "reason"),
    [
        (b"[" * 60_000, "", "not a line of JSON"),
        (b"[1]", "", "not a JSON object"),
        (b'{"order_number": {"a": 1}}', "order_number", "text or a number"),
        (b'{"order_number": true}', "order_number", "text or a number"),
        (b'{"colour": "red", "price": 3}', "price", "no such column"),
        (b"null", "", "not a JSON object"),
        (b'{"channel": "web"', "", "not a line of JSON"),
    ],
)
def test_a_broken_line_of_json_costs_only_itself(
    app: Flask, tmp_path: Path, broken: bytes, column: str, reason: str
) -> None:
    file = tmp_path / "purchases.jsonl"
    file.write_bytes(broken + b"\n")

    done = take_in(app, file)

    assert done.stdout.strip().splitlines()[-1] == "imported 0, unchanged 0, rejected 1"
    ((number, where, said),) = rejects_of(file)
    assert (number, where) == ("1", column)
    assert reason in said


@pytest.mark.parametrize(
    ("header", "said"),
    [
        ("", "missing: order_number, line_number"),
        (",".join(COLUMNS[:-1]), "missing: store"),
        (",".join((*COLUMNS, "discount")), "unknown: 'discount'"),
        (",".join((*COLUMNS, "email")), "named twice: email"),
        (";".join(COLUMNS), "missing: order_number"),
        ("\ufeff\ufeff", "missing"),
    ],
)
def test_a_wrong_header_is_explained_and_nothing_is_read(app: Flask, tmp_path: Path, header: str, said: str) -> None:
    file = tmp_path / "purchases.csv"
    file.write_text("\n".join((header, *as_csv(GOOD).splitlines()[1:])), encoding="utf-8")

    done = take_in(app, file)

    assert done.exit_code == 2
    assert said in done.stderr
    assert done.stdout == ""
    assert count() == 0


def test_a_missing_file_is_a_question_of_usage(app: Flask, tmp_path: Path) -> None:
    assert take_in(app, tmp_path / "nothing.csv").exit_code == 2


def test_rejects_of_an_earlier_run_do_not_stay(app: Flask, tmp_path: Path) -> None:
    take_in_lines(app, tmp_path, line(quantity="0"))
    assert (tmp_path / "purchases.csv.rejects.csv").exists()

    take_in_lines(app, tmp_path, line())
    assert not (tmp_path / "purchases.csv.rejects.csv").exists()


@pytest.mark.fault("X05")
def test_no_cell_of_the_rejects_is_a_formula(app: Flask, tmp_path: Path) -> None:
    file = tmp_path / "purchases.jsonl"
    file.write_text('{"=cmd|\' /C calc\'!A0": "1"}\n{"@SUM(1)": "1"}\n{"+1": "1"}\n')

    take_in(app, file)

    cells = [cell for row in rejects_of(file) for cell in row]
    assert [row[1][0] for row in rejects_of(file)] == ["'", "'", "'"]
    assert not any(cell.startswith(("=", "+", "-", "@")) for cell in cells)
