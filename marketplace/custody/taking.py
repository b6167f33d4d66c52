"""Which pieces we take in at all: what selling for their owners and buying ask first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _

from marketplace.errors import Refusal
from marketplace.money import Money
from marketplace.programme import Policy


@dataclass(frozen=True)
class Wish:
    """One piece as its owner describes it. ``hoped`` is what she hopes to receive."""

    house: str
    category: str
    title: str
    colour: str
    grade: str
    retail: Money
    hoped: Money | None = None
    words: str = ""

    @property
    def columns(self) -> dict[str, Any]:
        """The same as the columns of ``models.Described``, without the currency."""
        said = {name: getattr(self, name) for name in ("house", "category", "title", "colour", "grade", "words")}
        return {**said, "retail_minor": self.retail.minor, "hoped_minor": self.hoped.minor if self.hoped else None}


class PieceNotTaken(Refusal):
    """A piece that we do not take: ``field`` is what it is about."""

    status = 422

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


def check_kind(policy: Policy, *, category: str, grade: str) -> None:
    """Raise ``PieceNotTaken`` with the reason where no piece of this kind or grade is taken (NAP-05, NAP-08)."""
    found = policy.eligibility.category(category)
    group = policy.eligibility.group_of(found) if found else None
    if found is None or group is None:
        raise PieceNotTaken("category", _("Choose one of these."))
    if group.refusal is not None:
        raise PieceNotTaken("category", group.refusal)
    scale = {one.key: one for one in policy.condition.grades}
    if grade not in scale:
        raise PieceNotTaken("grade", _("Choose one of these."))
    if refusal := scale[grade].refusal:
        raise PieceNotTaken("grade", refusal)
