"""``python -m benchmarks [--only NAME] [--scale 0.01]``: figures and bars as JSON, and which bars are missed."""

from __future__ import annotations

import argparse
import json
import logging
import os
import platform
import signal
import sys
from collections.abc import Callable
from typing import Any

from benchmarks import cases, checkouts, due_windows, finding, holds, imports, pages, workers, world
from benchmarks.databases import Databases, databases
from benchmarks.figures import Finding
from tests.plugins.postgresql import NoPostgreSQL

Benchmark = Callable[[Databases, str, float], Finding]

BENCHMARKS: dict[str, Benchmark] = {
    "catalogue": pages.catalogue,
    "item": pages.item,
    "finding": finding.finding,
    "hold": holds.hold,
    "checkout": checkouts.checkout,
    "due_windows": due_windows.due_windows,
    "purchase_import": imports.purchase_import,
    "worker": workers.worker,
    "cases": cases.cases,
}


def run(names: list[str], scale: float) -> dict[str, Any]:
    """Everything measured, as one document; ``scale`` 1 is what the bars are meant for."""
    with databases() as made:
        template = made.empty()
        world.build(template)
        findings = []
        for name in names:
            print(f"{name} ...", file=sys.stderr, flush=True)
            findings.append(BENCHMARKS[name](made, template, scale))
        version = made.version()
    return {
        "machine": {
            "cores": os.cpu_count(),
            "load": os.getloadavg(),
            "python": platform.python_version(),
            "postgresql": version,
        },
        "scale": scale,
        "benchmarks": [finding.as_json() for finding in findings],
        "missed": [missed for finding in findings for missed in finding.missed],
    }


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--only", action="append", choices=BENCHMARKS, help="one benchmark; may be given again")
    parser.add_argument("--scale", type=float, default=1.0, help="a part of the rows and requests")
    asked = parser.parse_args()
    logging.getLogger("marketplace").setLevel(logging.WARNING)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that servers end and databases go even then
    try:
        found = run(asked.only or list(BENCHMARKS), asked.scale)
    except NoPostgreSQL as why:
        print(f"!!! NOTHING WAS MEASURED: there is no PostgreSQL. {why}", file=sys.stderr)
        return 1
    print(json.dumps(found, indent=2))
    for missed in found["missed"]:
        print(f"missed: {missed}", file=sys.stderr)
    return 1 if found["missed"] else 0


if __name__ == "__main__":
    raise SystemExit(main())
