"""hledger, a bookkeeping program that is not ours: skipped with a reason where absent, unless it is required."""

from __future__ import annotations

import os
import shutil
import subprocess

import pytest

needs_hledger = pytest.mark.skipif(
    shutil.which("hledger") is None and not os.environ.get("REQUIRE_HLEDGER"), reason="hledger is not installed"
)


def hledger(journal: str, *command: str) -> str:
    """What hledger says of a journal; fails with its own words where it refuses."""
    utf8 = {**os.environ, "LANG": "C.UTF-8"}
    command = ("hledger", "-f-", *command)
    done = subprocess.run(command, input=journal, capture_output=True, check=False, text=True, env=utf8)
    assert done.returncode == 0, done.stderr
    return done.stdout
