"""Tests that run on one database only are few, named, and each says why."""

from __future__ import annotations

from pathlib import Path

from tests.one_engine import MOST_EXCEPTIONS, ONE_ENGINE
from tests.plugins.databases import ENGINES

ROOT = Path(__file__).resolve().parents[2]


def test_there_are_at_most_ten() -> None:
    assert MOST_EXCEPTIONS == 10
    assert len(ONE_ENGINE) <= MOST_EXCEPTIONS


def test_each_names_a_test_an_engine_and_a_reason() -> None:
    for address, (engine, reason) in ONE_ENGINE.items():
        path, _, test = address.partition("::")
        assert f"def {test.split('::')[-1]}(" in (ROOT / path).read_text(), address
        assert engine in ENGINES
        assert len(reason.split()) > 3, address
