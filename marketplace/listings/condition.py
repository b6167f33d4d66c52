"""What wear does to the grade: flaws cap it, the seller chooses that grade or a lower one (MK-11, GAP-12)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from marketplace.errors import Refusal
from marketplace.programme.policy.condition import Condition, Grade
from marketplace.programme.wording import in_sentence, quality_in_sentence


class FlawNoted(Protocol):
    """A flaw as it is noted: keys of the policy."""

    @property
    def part(self) -> str: ...

    @property
    def kind(self) -> str: ...

    @property
    def severity(self) -> str: ...


class UnknownFlaw(Refusal):
    """No such part, kind or severity, or a kind that this part cannot have."""

    message = _l("Choose a part, what is wrong with it and how clearly it shows.")
    status = 422


class UnknownGrade(Refusal):
    message = _l("Choose a grade of the scale.")
    status = 422


class GradeAboveCap(Refusal):
    """Better than the flaws allow (GAP-12)."""

    message = _l("The flaws you noted do not allow this grade.")
    status = 422


class GradeNotAccepted(Refusal):
    """A grade of the scale that the programme does not take, refused at once with its reason (GAP-12)."""

    message = _l("Pieces of this grade cannot be sold here.")
    status = 422


@dataclass(frozen=True)
class Cap:
    """The highest grade a piece can have, and the flaw that sets it (None where it has no flaws)."""

    grade: Grade
    flaw: FlawNoted | None


def check_flaw(flaw: FlawNoted, condition: Condition) -> None:
    """Raise ``UnknownFlaw`` unless the policy knows such a flaw of such a part."""
    kind = condition.flaw_kind(flaw.kind)
    known = condition.part(flaw.part) and condition.severity(flaw.severity)
    if kind is None or not known or flaw.part not in kind.parts:
        raise UnknownFlaw()


def cap_of(flaws: Iterable[FlawNoted], condition: Condition) -> Cap:
    """The strictest cap of these flaws; without flaws the best grade of the scale."""
    cap = Cap(condition.grades[0], None)
    for flaw in flaws:
        highest = condition.highest_grade(flaw.part, flaw.kind, flaw.severity)
        if cap.flaw is None or condition.rank(highest.key) > condition.rank(cap.grade.key):
            cap = Cap(highest, flaw)
    return cap


def check_grade(key: str, flaws: Iterable[FlawNoted], condition: Condition) -> Grade:
    """The grade of that key if a piece with these flaws may be listed in it.

    Raises ``UnknownGrade``, ``GradeAboveCap`` naming the flaw, or ``GradeNotAccepted`` with the programme's reason.
    """
    if key not in {grade.key for grade in condition.grades}:
        raise UnknownGrade()
    grade, cap = condition.grade(key), cap_of(flaws, condition)
    if grade.refusal is not None:
        raise GradeNotAccepted(grade.refusal)
    if condition.rank(grade.key) >= condition.rank(cap.grade.key):
        return grade
    if cap.grade.refusal is not None:
        raise GradeNotAccepted(f"{cap_words(cap, condition)} {cap.grade.refusal}")
    raise GradeAboveCap(cap_words(cap, condition))


def flaw_words(flaw: FlawNoted, condition: Condition) -> str:
    """A flaw in one line: ``Scratch, light: corners and edges``."""
    part, kind, severity = condition.part(flaw.part), condition.flaw_kind(flaw.kind), condition.severity(flaw.severity)
    if part is None or kind is None or severity is None:
        return f"{flaw.kind}, {flaw.severity}: {flaw.part}"
    told = {"kind": kind.label, "severity": quality_in_sentence(severity.label), "part": in_sentence(part.label)}
    return str(_("%(kind)s, %(severity)s: %(part)s", **told))


def wear_words(kind: str | None, severity: str | None, condition: Condition) -> str:
    """A flaw where its part stands beside it: ``Scratch, light``; empty where the scale knows neither."""
    known, how = condition.flaw_kind(kind or ""), condition.severity(severity or "")
    if known is None or how is None:
        return known.label if known else how.label if how else ""
    return f"{known.label}, {quality_in_sentence(how.label)}"


def cap_words(cap: Cap, condition: Condition) -> str:
    """Why the grade cannot be higher; empty where any grade can be chosen."""
    if cap.flaw is None:
        return ""
    words = _(
        "The highest grade is %(grade)s, because of this flaw: %(flaw)s.",
        grade=cap.grade.label,
        flaw=flaw_words(cap.flaw, condition),
    )
    return str(words)
