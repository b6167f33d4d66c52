"""Tax, quoted before paying: what is shown is what is charged. Always current, never pinned (GAP-18)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol, cast

from flask import current_app

from marketplace.money import Money
from marketplace.programme import versions


@dataclass(frozen=True)
class TaxLine:
    """What one piece costs before tax."""

    reference: str
    price: Money
    shipping: Money


@dataclass(frozen=True)
class TaxQuote:
    """The tax of each line, in their order, and what the adapter wants remembered."""

    taxes: tuple[Money, ...]
    record: dict[str, Any]


class TaxAdapter(Protocol):
    """Asked outside any transaction: an adapter may call abroad."""

    def quote(self, lines: Sequence[TaxLine], ship_to: dict[str, Any], on: date) -> TaxQuote: ...


class TaxTable:
    """Rates of the policy in force, by region and date."""

    def quote(self, lines: Sequence[TaxLine], ship_to: dict[str, Any], on: date) -> TaxQuote:
        policy = versions.current().policy
        rate = policy.tax.rate_on(on, ship_to["region"])
        taxes = tuple(
            (line.price + line.shipping if policy.tax.shipping_taxable else line.price).share(rate) for line in lines
        )
        return TaxQuote(taxes, {"adapter": "table", "region": ship_to["region"], "basis_points": rate})


def adapter() -> TaxAdapter:
    """The tax adapter this deployment runs with."""
    return cast("TaxAdapter", current_app.extensions["tax"])
