"""What flaws do to the grade, by the preset's own numbers."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from marketplace.errors import Refusal
from marketplace.listings.condition import (
    GradeAboveCap,
    GradeNotAccepted,
    UnknownFlaw,
    UnknownGrade,
    cap_of,
    cap_words,
    check_flaw,
    check_grade,
)
from marketplace.programme.reading import read

CONDITION = read("preloved").condition


@dataclass(frozen=True)
class Noted:
    part: str
    kind: str
    severity: str


LIGHT = Noted("corners", "scuff", "light")
CLEAR = Noted("exterior", "stain", "clear")
HEAVY = Noted("handles", "darkening", "heavy")
LIGHT_TEAR = Noted("lining", "tear", "light")


@pytest.mark.parametrize(
    ("flaws", "highest"),
    [
        ([], "new_with_tags"),
        ([LIGHT], "excellent"),
        ([LIGHT, CLEAR], "good"),
        ([CLEAR, LIGHT], "good"),
        ([LIGHT_TEAR], "good"),
        ([LIGHT, HEAVY, CLEAR], "fair"),
    ],
)
def test_the_strictest_flaw_sets_the_cap(flaws: list[Noted], highest: str) -> None:
    assert cap_of(flaws, CONDITION).grade.key == highest


def test_the_cap_names_the_flaw_that_set_it() -> None:
    cap = cap_of([LIGHT, CLEAR], CONDITION)
    assert cap.flaw is CLEAR
    assert cap_words(cap_of([], CONDITION), CONDITION) == ""


@pytest.mark.parametrize(
    ("grade", "flaws", "refusal"),
    [
        ("excellent", [LIGHT], None),
        ("good", [LIGHT], None),
        ("good", [], None),
        ("new_with_tags", [LIGHT], GradeAboveCap),
        ("excellent", [CLEAR], GradeAboveCap),
        ("fair", [], GradeNotAccepted),
        ("fair", [HEAVY], GradeNotAccepted),
        ("good", [HEAVY], GradeNotAccepted),
        ("splendid", [], UnknownGrade),
    ],
)
def test_a_grade_is_taken_at_or_under_the_cap(grade: str, flaws: list[Noted], refusal: type[Refusal] | None) -> None:
    if refusal is None:
        assert check_grade(grade, flaws, CONDITION).key == grade
    else:
        with pytest.raises(refusal):
            check_grade(grade, flaws, CONDITION)


@pytest.mark.parametrize(
    "flaw",
    [
        Noted("smell", "scratch", "light"),
        Noted("corners", "scuff", "enormous"),
        Noted("corners", "dent", "light"),
        Noted("soul", "scuff", "light"),
        Noted("", "", ""),
    ],
)
def test_a_flaw_the_policy_does_not_know_is_refused(flaw: Noted) -> None:
    with pytest.raises(UnknownFlaw):
        check_flaw(flaw, CONDITION)
