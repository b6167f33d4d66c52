"""The documents list every operation of Stripe's that we use, with its key; the double answers these and no others."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.contracts import official
from tests.doubles.stripe import StripeDouble

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "integrations.md").read_text()
ROW = re.compile(r"^\| `(GET|POST) (/v1/[^`?]+)[^|]*\|[^|]*\| ([^|]+) \|", re.MULTILINE)


def told() -> dict[tuple[str, str], str]:
    """What the tables say: method and path, and the idempotency key."""
    return {(method, path): key.strip() for method, path, key in ROW.findall(PAGE)}


def test_the_tables_and_the_double_know_the_same_operations() -> None:
    methods = {getattr(getattr(StripeDouble, name), "route", None) for name in dir(StripeDouble)}
    answered = {(way, re.sub(r"\{\w+\}", "{id}", path)) for way, path in methods - {None} if path.startswith("/v1/")}
    assert set(told()) == answered


def test_what_changes_something_there_has_a_key_and_what_only_asks_has_none() -> None:
    keys = told()
    assert len(keys) == 24
    assert {way for (way, _path), key in keys.items() if key == "none"} == {"GET"}
    assert {way for (way, _path), key in keys.items() if key != "none"} == {"POST"}


@pytest.mark.parametrize("operation", sorted(told()), ids=" ".join)
def test_each_is_one_that_stripe_describes(operation: tuple[str, str]) -> None:
    method, path = operation
    faults = official.required("stripe").request_faults(method, path.replace("{id}", "x"))
    assert not any("no such operation" in fault for fault in faults)
