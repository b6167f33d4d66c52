"""What a piece may cost and what is suggested for it (MK-31, MK-32, GAP-07)."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from marketplace.programme.policy.values import Amount, BasisPoints, Count, Section

Step = Annotated[int, Meta(ge=1, le=10**9)]


class Suggestion(Section, frozen=True, kw_only=True):
    """How the suggested price follows from age and from our own recent sales; the grades' shares stand with them.

    Share of the original price = the grade's, less ``lost_per_year_basis_points`` a full year of age, never under
    ``floor_basis_points``. From ``sales_min_count`` sales of the same style in the last ``sales_lookback_days`` on,
    what they brought counts with ``sales_weight_basis_points`` and the share with the rest.
    """

    lost_per_year_basis_points: BasisPoints
    floor_basis_points: BasisPoints
    sales_min_count: Count
    sales_lookback_days: Count
    sales_weight_basis_points: BasisPoints


class Price(Section, frozen=True, kw_only=True):
    """Limits of the price a seller names, in minor units of the market's currency.

    A shopper narrows a list by price in bands that meet at ``filter_steps``, in whole units of it.
    """

    min_minor: Annotated[int, Meta(ge=1, le=10**11)]
    max_minor: Amount
    review_band_basis_points: BasisPoints  # further than this from the suggestion, the reviewer's screen says so
    filter_steps: Annotated[tuple[Step, ...], Meta(min_length=1, max_length=10)] = (100, 200, 300, 500)
    suggestion: Suggestion
