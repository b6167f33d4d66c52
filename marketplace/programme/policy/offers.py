"""Whether a buyer may propose a price, and within what limits. Off where prices are fixed."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from marketplace.programme.policy.values import BasisPoints, Section

Hours = Annotated[int, Meta(ge=1, le=30 * 24)]


class Offers(Section, frozen=True, kw_only=True):
    """``lowest_basis_points`` of the listed price is the least that can be proposed."""

    is_on: bool = False
    lowest_basis_points: BasisPoints = 7000
    answer_hours: Hours = 48  # each side has so long to answer; silence lets it lapse
    price_hours: Hours = 24  # an agreed price is the buyer's for so long
    running_per_person: Annotated[int, Meta(ge=1, le=100)] = 5
