"""How the programme buys pieces itself: which, at what price, in which form it pays, and how long each may take."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, field

from marketplace.programme.policy.limits import Days, Hours
from marketplace.programme.policy.payout import FormTerms
from marketplace.programme.policy.values import Amount, BasisPoints, Count, Key, Name, Section

Whole = Annotated[int, Meta(ge=1, le=10**9)]
Few = Annotated[int, Meta(ge=0, le=1000)]


class PriceModel(Section, frozen=True, kw_only=True):
    """What a quote is made of (LUX-60): the new price, what pieces in its grade bring, and how pieces like it do here.

    The grade's share of the new price stands with the grades. ``share`` of what the piece would bring is offered. Like
    it are pieces of the same house and kind that were offered here in the last ``lookback_days``; of fewer than
    ``min_count`` nothing is concluded. What is "up" is added to that share of the price, what is "down" taken off.
    """

    share_basis_points: BasisPoints = 6000
    lookback_days: Count = 180
    min_count: Count = 5
    fast_basis_points: BasisPoints = 6000  # from this share sold on, the style sells fast
    fast_up_basis_points: BasisPoints = 1000
    slow_basis_points: BasisPoints = 2500  # up to this share sold, it sells slowly
    slow_down_basis_points: BasisPoints = 1500
    wanted_saves: Count = 10  # kept in mind by so many people, such pieces are in demand
    wanted_up_basis_points: BasisPoints = 500
    missing_down_basis_points: BasisPoints = 300  # for each thing that belongs to a piece and is not there
    rare_count: Few = 1  # no more than so many like it offered here
    rare_up_basis_points: BasisPoints = 500
    round_minor: Whole = 500  # a quote is a whole number of these, rounded down


class Buying(Section, frozen=True, kw_only=True):
    """Buying back. ``houses``, ``groups`` and ``grades`` that are empty take whatever the programme takes at all."""

    is_on: bool = False
    houses: tuple[Name, ...] = ()  # the allow-list (NAP-10)
    groups: tuple[Key, ...] = ()
    grades: tuple[Key, ...] = ()  # NAP-06
    private_only: bool = False  # who offers a piece declares to sell it as a private person (LUX-64)
    quote_business_days: Days = 2  # from the request to a quote, and to an answer (NAP-31, LUX-59); silence escalates
    valid_days: Days = 14  # a quote holds for; then it lapses
    wishes: bool = True  # whether she may say, once, what she had hoped for
    label_hours: Hours = 48
    send_days: Days = 14  # from accepting a quote to handing the piece over; then the quote lapses
    examine_business_days: Days = 5  # from its arrival to the result; silence escalates
    needs_two_people: bool = False  # the one who finds a piece genuine is not the one who examines it
    answer_days: Days = 7  # for an answer to a revised quote; silence sends the piece back
    fetch_days: Days = 14  # to say how a piece comes back that failed; silence keeps it for collection (LUX-75)
    courier_fee_minor: Amount = 0  # for a courier to bring such a piece back, at its owner's cost
    back_days: Days = 30  # within which a piece is sent back, or ready to be collected
    forms: tuple[FormTerms, ...] = ()  # how it is paid; empty: as every payout is
    takes_bought_here: bool = True  # whether what was bought here may be offered from its order's page (LUX-77)
    switch_days: Annotated[int, Meta(ge=0, le=365)] = 0  # a consigned piece may be sold to us instead; 0: it may not
    switch_fee_minor: Amount = 0  # for that, once it is in the shop (LUX-74)
    model: PriceModel = field(default_factory=PriceModel)

    def takes_house(self, name: str) -> bool:
        """Whether pieces of this house are bought, however it is written."""
        return not self.houses or name.strip().casefold() in {house.casefold() for house in self.houses}
