"""What a reviewer looks at, and the reasons a reviewer can give (MK-05 to MK-13)."""

from __future__ import annotations

from enum import StrEnum

from marketplace.programme.policy.values import Key, Label, Section, Text, named


class Field(StrEnum):
    """The part of a listing a reason is about: the seller sees it beside that part."""

    CONDITION = "condition"
    FLAWS = "flaws"
    PHOTOS = "photos"
    DESCRIPTION = "description"
    COMES_WITH = "comes_with"
    PRICE = "price"


class Check(Section, frozen=True, kw_only=True):
    """Something every listing is checked for, told before submitting (MK-09 to MK-12)."""

    label: Label
    text: Text


class ChangeReason(Section, frozen=True, kw_only=True):
    """Why a listing goes back to its seller: the rule it misses and how to put it right."""

    key: Key
    field: Field
    label: Label
    rule: Text
    fix: Text


class DeclineReason(Section, frozen=True, kw_only=True):
    """Why a listing is declined for good (MK-06)."""

    key: Key
    label: Label
    text: Text


class Review(Section, frozen=True, kw_only=True):
    """The review before a listing goes live."""

    checks: tuple[Check, ...]
    change_reasons: tuple[ChangeReason, ...]
    decline_reasons: tuple[DeclineReason, ...]

    def change_reason(self, key: str) -> ChangeReason | None:
        return named(self.change_reasons, key)

    def decline_reason(self, key: str) -> DeclineReason | None:
        return named(self.decline_reasons, key)
