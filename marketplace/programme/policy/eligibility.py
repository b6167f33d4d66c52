"""What may be sold: which categories, collections and purchases (MK-07, MK-24)."""

from __future__ import annotations

from typing import Literal

from marketplace.programme.policy.values import GENERAL_GOODS, Key, Label, Section, TaxCode, Text, named


class Group(Section, frozen=True, kw_only=True):
    """A family of categories. One with a ``refusal`` cannot be listed, and the refusal says why.

    ``tax_code`` says what its pieces are to a tax service, which may tax them apart.
    """

    key: Key
    label: Label
    refusal: Text | None = None
    tax_code: TaxCode = GENERAL_GOODS


class Category(Section, frozen=True, kw_only=True):
    """A kind of piece, as the catalogue and the purchase file name it; ``key`` stands in addresses."""

    key: Key
    label: Label
    group: Key


class RefusedCollection(Section, frozen=True, kw_only=True):
    """A collection that cannot be listed at this time (MK-07)."""

    key: Key
    label: Label
    refusal: Text


class Eligibility(Section, frozen=True, kw_only=True):
    """Which purchases may become listings. Always current, never pinned (GAP-18)."""

    groups: tuple[Group, ...]
    categories: tuple[Category, ...]
    refused_collections: tuple[RefusedCollection, ...]
    channels: tuple[Literal["web", "store"], ...]  # as the purchase file says it

    def category(self, name: str) -> Category | None:
        """The category a file or an address names: ``Shoulder bag``, ``shoulder_bag`` and ``shoulder-bag`` are one."""
        return named(self.categories, "-".join(name.casefold().replace("_", " ").split()))

    def group_of(self, category: Category) -> Group | None:
        """The family a category belongs to."""
        return named(self.groups, category.group)

    def way_to(self, name: str) -> list[str]:
        """A category in words, after its family: ``Handbags``, ``Totes``; as it is named where it is unknown."""
        category = self.category(name)
        if category is None:
            return [name]
        group = self.group_of(category)
        return [group.label, category.label] if group else [category.label]

    def tax_code_of(self, name: str) -> TaxCode:
        """What a piece of this category is to a tax service; general goods where the policy does not know it."""
        category = self.category(name)
        group = self.group_of(category) if category else None
        return group.tax_code if group else GENERAL_GOODS

    def refused_collection(self, name: str) -> RefusedCollection | None:
        """The refusal of a collection, or None where pieces of it may be listed."""
        return named(self.refused_collections, name.strip().casefold())

    @property
    def accepted_groups(self) -> tuple[Group, ...]:
        return tuple(group for group in self.groups if group.refusal is None)

    @property
    def accepted_categories(self) -> tuple[Category, ...]:
        """What can be listed, in the policy's order."""
        accepted = {group.key for group in self.accepted_groups}
        return tuple(category for category in self.categories if category.group in accepted)
