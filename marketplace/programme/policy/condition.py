"""How a worn piece is described: grades, parts, flaws, and what a flaw does to the grade (MK-11, GAP-12)."""

from __future__ import annotations

from marketplace.programme.policy.values import BasisPoints, Key, Label, Section, Text, named, the


class Grade(Section, frozen=True, kw_only=True):
    """A step of the scale. One with a ``refusal`` can be chosen and is refused at once with that reason (GAP-12)."""

    key: Key
    label: Label
    definition: Text
    suggestion_basis_points: BasisPoints  # of the original price
    suggestion_is_fixed: bool = False  # neither age nor recent sales move it (MK-51)
    refusal: Text | None = None

    @property
    def is_accepted(self) -> bool:
        return self.refusal is None


class Part(Section, frozen=True, kw_only=True):
    """A part of a piece that can be worn, and what is said of it when nothing is noted."""

    key: Key
    label: Label
    clean: Label
    is_photographed: bool = True  # a smell cannot be


class FlawKind(Section, frozen=True, kw_only=True):
    """A kind of wear, and the parts it happens to."""

    key: Key
    label: Label
    parts: tuple[Key, ...]


class Severity(Section, frozen=True, kw_only=True):
    """How bad a flaw is, in words a seller can check against the piece."""

    key: Key
    label: Label
    definition: Text


class FlawCap(Section, frozen=True, kw_only=True):
    """The highest grade a piece with such a flaw can have. Without ``kind`` or ``part`` it holds for all of them."""

    highest_grade: Key
    severity: Key
    kind: Key | None = None
    part: Key | None = None

    def applies(self, part: str, kind: str, severity: str) -> bool:
        return self.severity == severity and self.kind in {None, kind} and self.part in {None, part}


class Accessory(Section, frozen=True, kw_only=True):
    """Something that may come with a piece: a dust bag, a strap."""

    key: Key
    label: Label


class Condition(Section, frozen=True, kw_only=True):
    """The condition scale and its words. ``grades`` run from the best to the worst."""

    grades: tuple[Grade, ...]
    parts: tuple[Part, ...]
    flaw_kinds: tuple[FlawKind, ...]
    severities: tuple[Severity, ...]
    flaw_caps: tuple[FlawCap, ...]
    comes_with: tuple[Accessory, ...]

    @property
    def accepted_grades(self) -> tuple[Grade, ...]:
        return tuple(grade for grade in self.grades if grade.is_accepted)

    def grade(self, key: str) -> Grade:
        """The grade with this key; ``LookupError`` where the scale knows none."""
        return the(self.grades, key)

    def labels(self, keys: tuple[str, ...]) -> list[str]:
        """What the grades with these keys are called."""
        return [self.grade(key).label for key in keys]

    def rank(self, key: str) -> int:
        """0 for the best grade, one more for each step down."""
        return self.grades.index(self.grade(key))

    def part(self, key: str) -> Part | None:
        return named(self.parts, key)

    def flaw_kind(self, key: str) -> FlawKind | None:
        return named(self.flaw_kinds, key)

    def kinds_of(self, part: str) -> tuple[FlawKind, ...]:
        """The kinds of flaw that happen to a part."""
        return tuple(kind for kind in self.flaw_kinds if part in kind.parts)

    def severity(self, key: str) -> Severity | None:
        return named(self.severities, key)

    def highest_grade(self, part: str, kind: str, severity: str) -> Grade:
        """The best grade a piece with this flaw can have: the strictest cap that applies, else the best of all."""
        ranks = [self.rank(cap.highest_grade) for cap in self.flaw_caps if cap.applies(part, kind, severity)]
        return self.grades[max(ranks, default=0)]
