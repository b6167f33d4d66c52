"""Taking the brand's purchase history in, by the shop's own command (``purchase_import``)."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks import world
from benchmarks.databases import Databases
from benchmarks.figures import Bar, Finding, figure
from benchmarks.serving import ROOT
from marketplace.people.purchase_line import COLUMNS

ROWS = 1_000_000
LEAST_A_SECOND = 10_000
MOST_MEGABYTES = 200


def purchase_import(databases: Databases, template: str, scale: float) -> Finding:
    """A CSV file of purchases by members, three lines an order."""
    url, rows = databases.copy(template), max(100, round(ROWS * scale))
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "purchases.csv"
        write(file, rows)
        took, cpu, megabytes, said = _import(file, url)
    assert said == f"imported {rows}, unchanged 0, rejected 0", said
    rate = rows / took
    return Finding(
        "purchase_import",
        {
            "rows": rows,
            "per_second": figure(rate),
            "own_cpu_us_per_row": figure(cpu * 1e6 / rows),
            "peak_megabytes": figure(megabytes),
        },
        [
            Bar("per_second", figure(rate), LEAST_A_SECOND, at_most=False),
            Bar("peak_megabytes", figure(megabytes), MOST_MEGABYTES),
        ],
    )


def write(file: Path, rows: int) -> None:
    """Purchases that nobody knows yet; every seventh order is a new member's first."""
    with file.open("w", encoding="utf-8", newline="") as stream:
        lines = csv.writer(stream)
        lines.writerow(COLUMNS)
        for row in range(rows):
            order, line = divmod(row, 3)
            member, kind = order // 7, row % 1000
            told = {
                "order_number": f"V{order:09}",
                "line_number": line + 1,
                "channel": "web",
                "purchased_on": f"2025-{1 + order % 12:02}-{1 + order % 28:02}",
                "loyalty_number": f"VC9{member:09}",
                "email": f"buyer{member}@example.com",
                "style_number": f"VL-{kind:05}",
                "title": world.TITLES[kind % len(world.TITLES)],
                "house": "Velorne",
                "category": "tote",
                "collection": "Autumn",
                "colour": world.COLOURS[kind % len(world.COLOURS)],
                "size": "",
                "quantity": 1,
                "list_price": "398.00",
                "price_paid": "318.40",
                "currency": "USD",
                "store": "",
                "returned_on": "",
            }
            lines.writerow([told[column] for column in COLUMNS])


def _import(file: Path, url: str) -> tuple[float, float, float, str]:
    """Seconds, processor seconds and peak megabytes of the command, and its last line."""
    command = [sys.executable, "-m", "flask", "--app", "wsgi", "purchases", "import", str(file)]
    began = time.perf_counter()
    with subprocess.Popen(
        command,
        cwd=ROOT,
        env={**os.environ, **world.variables_for(url, port=8000)},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdout is not None
        said = process.stdout.read().strip()
        _pid, _status, used = os.wait4(process.pid, 0)
        process.returncode = 0
    took = time.perf_counter() - began
    return took, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, said
