"""The tables of rules and faults are whole, and a marker that claims too much or the unknown is refused."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.plugins.promises import claims, ids_of

RULES = {"MK": 68, "NAP": 47, "BAL": 12, "LUX": 83, "GAP": 22}
FAULTS = {"B": 20, "L": 10, "W": 17, "G": 10, "P": 12, "X": 20}


def test_every_rule_has_its_row() -> None:
    ids = ids_of("rule")
    assert Counter(name.split("-")[0] for name in ids) == RULES
    assert len(ids) == len(set(ids))


def test_every_fault_has_its_row() -> None:
    ids = ids_of("fault")
    assert Counter(name.rstrip("0123456789") for name in ids) == FAULTS
    assert len(ids) == len(set(ids))


class _Item:
    nodeid = "a test"

    def __init__(self, **marks: tuple[str, ...]) -> None:
        self._marks = marks

    def iter_markers(self, kind: str) -> list[pytest.Mark]:
        return [getattr(pytest.mark, kind)(*self._marks[kind]).mark] if kind in self._marks else []


def test_a_test_claims_what_its_markers_say() -> None:
    item = _Item(rule=("MK-41", "GAP-13"), fault=("B02",))
    assert claims(item) == [("rule", "MK-41"), ("rule", "GAP-13"), ("fault", "B02")]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("marks", "words"),
    [
        ({"rule": ("MK-01", "MK-02", "MK-03"), "fault": ("B01",)}, "3 are the most"),
        ({"rule": ("MK-99",)}, "does not know"),
        ({"fault": ("MK-41",)}, "does not know"),
    ],
)
def test_a_claim_of_too_much_is_refused(marks: dict[str, tuple[str, ...]], words: str) -> None:
    with pytest.raises(pytest.UsageError, match=words):
        claims(_Item(**marks))  # type: ignore[arg-type]
