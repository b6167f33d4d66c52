"""The price model: what a quote is made of, factor by factor, each with its facts (LUX-60, NAP-14).

What the piece would bring here is the share of the new price that its grade brings. Of that we offer the policy's
share, raised or lowered by what pieces like it did here, by what belongs to the piece and is missing, and by rarity.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any

from marketplace.listings import likeness
from marketplace.listings.likeness import Likeness
from marketplace.money import FULL, Money
from marketplace.programme import Policy
from marketplace.programme.policy.buying import PriceModel


@dataclass(frozen=True)
class Factor:
    """One reason of a price. ``change`` in basis points of what the piece would bring: added, or taken off.

    ``facts`` are the numbers its words need. The first three factors (the new price, the grade, our share) change
    nothing: they are what the others start from.
    """

    key: str
    change: int = 0
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def row(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def of(cls, row: dict[str, Any]) -> Factor:
        return cls(**row)


@dataclass(frozen=True)
class Estimate:
    """What the model would pay, what it expects the piece to bring, and why."""

    price: Money
    resale: Money
    factors: tuple[Factor, ...]

    @property
    def rows(self) -> list[dict[str, Any]]:
        return [factor.row for factor in self.factors]


def estimate(
    policy: Policy, *, house: str, category: str, grade: str, retail: Money, includes: Collection[str], at: datetime
) -> Estimate:
    """The model's price for such a piece at ``at``; never less than one whole step of the model's rounding."""
    model = policy.modes.buyback.model
    brings = policy.condition.grade(grade).suggestion_basis_points
    resale = retail.share(brings)
    like = likeness.of(house, category, retail.currency, since=at - timedelta(days=model.lookback_days))
    missing = len([one for one in policy.condition.comes_with if one.key not in includes])
    changes = (_sell_through(model, like), _demand(model, like), _completeness(model, missing), _rarity(model, like))
    factors = (
        Factor("retail", facts={"minor": retail.minor}),
        Factor("condition", facts={"grade": grade, "share": brings, "minor": resale.minor}),
        *changes,
        Factor("share", facts={"share": model.share_basis_points}),
    )
    share = min(max(model.share_basis_points + sum(factor.change for factor in changes), 0), FULL)
    steps = max(resale.share(share).minor // model.round_minor, 1)
    return Estimate(Money(steps * model.round_minor, retail.currency), resale, factors)


def _sell_through(model: PriceModel, like: Likeness) -> Factor:
    facts = {"offered": like.offered, "sold": like.sold, "days": model.lookback_days}
    if like.offered < model.min_count:
        return Factor("sell_through", 0, facts)
    sold = like.sold * FULL // like.offered
    if sold >= model.fast_basis_points:
        return Factor("sell_through", model.fast_up_basis_points, facts)
    return Factor("sell_through", -model.slow_down_basis_points if sold <= model.slow_basis_points else 0, facts)


def _demand(model: PriceModel, like: Likeness) -> Factor:
    wanted = like.saves >= model.wanted_saves
    return Factor("demand", model.wanted_up_basis_points if wanted else 0, {"saves": like.saves})


def _completeness(model: PriceModel, missing: int) -> Factor:
    return Factor("completeness", -missing * model.missing_down_basis_points, {"missing": missing})


def _rarity(model: PriceModel, like: Likeness) -> Factor:
    rare = like.offered <= model.rare_count
    facts = {"offered": like.offered, "days": model.lookback_days}
    return Factor("rarity", model.rare_up_basis_points if rare else 0, facts)
