"""``flask programme check`` and ``flask programme publish``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from flask import Flask

from marketplace.database import unit_of_work
from marketplace.programme import reading, versions
from marketplace.programme.cli import programme_cli

GOOD = str(reading.PRESETS / "preloved.toml")


@pytest.fixture
def bad_file(tmp_path: Path) -> str:
    path = tmp_path / "bad.toml"
    path.write_text(Path(GOOD).read_text().replace("[modes]", "[modes]\nlending = true"))
    return str(path)


def test_a_good_file_is_said_to_be_good(app: Flask) -> None:
    answer = app.test_cli_runner().invoke(programme_cli, ["check", GOOD])
    assert (answer.exit_code, answer.output) == (0, f"{GOOD}: Velorne Pre-Loved, nothing wrong\n")


def test_a_bad_file_is_refused_with_file_key_and_reason(app: Flask, bad_file: str) -> None:
    answer = app.test_cli_runner().invoke(programme_cli, ["check", bad_file])
    assert (answer.exit_code, answer.output) == (1, f"{bad_file}: modes.lending: unknown key\n")


def test_a_machine_reads_the_same(app: Flask, bad_file: str) -> None:
    answer = app.test_cli_runner().invoke(programme_cli, ["check", bad_file, "--json"])
    assert answer.exit_code == 1
    assert json.loads(answer.output) == {
        "file": bad_file,
        "problems": [{"key": "modes.lending", "reason": "unknown key"}],
    }
    answer = app.test_cli_runner().invoke(programme_cli, ["check", GOOD, "--json"])
    assert json.loads(answer.output)["problems"] == []


def test_no_file_at_all_is_a_wrong_use(app: Flask) -> None:
    assert app.test_cli_runner().invoke(programme_cli, ["check"]).exit_code == 2


def test_a_file_that_is_published_is_in_force(app: Flask, tmp_path: Path) -> None:
    path = tmp_path / "ours.toml"
    path.write_text(Path(GOOD).read_text().replace("payout_basis_points = 8000", "payout_basis_points = 8500"))
    answer = app.test_cli_runner().invoke(programme_cli, ["publish", str(path), "--json"])
    assert answer.exit_code == 0
    with unit_of_work(reading=True):
        current = versions.current()
    assert current.policy.payout.payout_basis_points == 8500
    assert json.loads(answer.output)["version"] == current.number


def test_a_bad_file_is_not_published(app: Flask, bad_file: str) -> None:
    runner = app.test_cli_runner()
    runner.invoke(programme_cli, ["publish", GOOD])
    before = versions.current()
    answer = runner.invoke(programme_cli, ["publish", bad_file])
    assert answer.exit_code == 1
    assert versions.current() == before
