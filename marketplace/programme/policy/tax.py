"""The dated tax table. Always current, never pinned (GAP-18)."""

from __future__ import annotations

from datetime import date

from marketplace.programme.policy.market import Region
from marketplace.programme.policy.values import BasisPoints, Section, TaxCode

SHIPPING: TaxCode = "txcd_92010001"


class TaxRate(Section, frozen=True, kw_only=True):
    """A region's rate from a day on, until a later row of the same region takes its place."""

    region: Region
    starts_on: date
    basis_points: BasisPoints


class Tax(Section, frozen=True, kw_only=True):
    """Sales tax by the region a piece is shipped to: the table's rates, and what a tax service is told instead.

    ``shipping_code`` says what shipping is to the service; what the pieces are, their groups say.
    """

    shipping_taxable: bool
    shipping_code: TaxCode = SHIPPING
    rates: tuple[TaxRate, ...]

    @property
    def is_included(self) -> bool:
        """Whether nothing is added at checkout, whatever tax there is being in the price: no rate is above zero."""
        return not any(rate.basis_points for rate in self.rates)

    def rate_on(self, day: date, region: str) -> int:
        """The rate in basis points on ``day``; ``LookupError`` where the table has none for the region."""
        known = [rate for rate in self.rates if rate.region == region and rate.starts_on <= day]
        if not known:
            raise LookupError(f"no tax rate for {region} on {day}")
        return max(known, key=lambda rate: rate.starts_on).basis_points
