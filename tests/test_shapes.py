"""Documents are read as types by many threads at once; a process that meets a type for the first time survives that."""

from __future__ import annotations

import re
import signal
import subprocess
import sys

from tests.architecture.source import PRODUCT
from tests.processes import ROOT

# A policy is the largest type there is: to work it out takes long enough for every thread to begin the same.
RACE = """
import sys, threading, tomllib
from pathlib import Path
import msgspec
from marketplace import shapes
from marketplace.programme.policy import Policy

convert = {"ours": shapes.convert, "msgspec's": msgspec.convert}[sys.argv[1]]
preset = tomllib.loads(Path("marketplace/programme/presets/preloved.toml").read_text())
sys.setswitchinterval(1e-6)
together, read = threading.Barrier(12), []

def go():
    together.wait()
    read.append(type(convert(preset, Policy)))

threads = [threading.Thread(target=go) for _ in range(12)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
assert read == [Policy] * 12
"""


def race(whose: str) -> int:
    return subprocess.run([sys.executable, "-c", RACE, whose], cwd=ROOT, capture_output=True, check=False).returncode


def test_twelve_threads_read_their_first_policy_at_once() -> None:
    assert race("ours") == 0


def test_control_without_our_care_the_process_dies() -> None:
    """Where it no longer does, msgspec has learnt to share types between threads, and ``shapes`` may go."""
    assert any(race("msgspec's") == -signal.SIGSEGV for _try in range(5))


def test_nobody_reads_a_type_past_it() -> None:
    past = re.compile(r"msgspec\.(convert\(|json\.decode\([^)]*type=|json\.Decoder)")
    found = [file.name for file in PRODUCT.rglob("*.py") if past.search(file.read_text())]
    assert found == ["shapes.py"]
