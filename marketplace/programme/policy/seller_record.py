"""What a shopper is told of a seller: how the sales before this one went, never who it is."""

from __future__ import annotations

from marketplace.programme.policy.values import BasisPoints, Count, Section


class Telling(Section, frozen=True, kw_only=True):
    """From ``min_sales`` on a seller's record is told, where it reaches these shares; below, nothing is said of it."""

    min_sales: Count = 3
    as_described_basis_points: BasisPoints = 9000
    on_time_basis_points: BasisPoints = 9000
