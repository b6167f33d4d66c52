"""How members let the programme sell for them: what is asked, what it costs, and how long each may take."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from marketplace.programme.policy.limits import Days, Hours
from marketplace.programme.policy.values import Amount, BasisPoints, Count, Key, Label, Name, Section, Text, named

WhenSilent = Literal["return", "donate", "recycle"]


class CommissionBand(Section, frozen=True, kw_only=True):
    """What the programme keeps of a price of ``from_minor`` or more, until the next band begins (LUX-62)."""

    from_minor: Amount
    basis_points: BasisPoints


class Charity(Section, frozen=True, kw_only=True):
    """Where a piece that we do not sell may go."""

    key: Key
    label: Label


class SmartPricing(Section, frozen=True, kw_only=True):
    """What an owner receives falls by steps, where she chose it with her acceptance (NAP-36, GAP-10)."""

    is_on: bool = False
    step_basis_points: Annotated[int, Meta(ge=1, le=5000)] = 1500  # of the current payout: steps compound
    every_days: Days = 45
    times: Annotated[int, Meta(ge=1, le=12)] = 3


class Consigning(Section, frozen=True, kw_only=True):
    """Selling for the owner. ``bands`` run from the lowest price up, the first from 0; ``houses`` empty: any house."""

    is_on: bool = False
    min_pieces: Count = 1
    min_reason: Text | None = None  # why so many (NAP-23)
    max_pieces: Annotated[int, Meta(ge=1, le=40)] = 10
    houses: tuple[Name, ...] = ()
    label_hours: Hours = 48  # the label is promised within (NAP-26)
    send_days: Days = 21  # to hand the parcel over; then the request ends by itself
    examine_business_days: Days = 12  # from its arrival to a proposal (NAP-17); silence escalates
    answer_days: Days = 7  # for an answer to a proposal; silence refuses it
    counters: bool = True  # whether another payout may be named, once
    needs_two_people: bool = False  # the one who finds a piece genuine is not the one who examines it
    bands: tuple[CommissionBand, ...] = (CommissionBand(from_minor=0, basis_points=3000),)
    pay_business_days: Annotated[int, Meta(ge=0, le=90)] = 0  # from the end of the sale to the payout (NAP-38)
    choice_days: Days = 14  # for the choice of what becomes of a piece we do not sell
    when_silent: WhenSilent = "return"
    return_fee_minor: Amount = 0  # to send back what we do not sell (NAP-34)
    charities: tuple[Charity, ...] = ()
    smart_pricing: SmartPricing = SmartPricing()
    min_days: Annotated[int, Meta(ge=0, le=365)] = 0  # on sale, before a piece is taken back free of charge
    early_fee_minor: Amount = 0  # for taking it back before (NAP-33, LUX-72)
    back_days: Days = 30  # within which a piece that was taken back is sent (NAP-32)

    def commission_on(self, minor: int) -> int:
        """The share kept of a price, in basis points: that of the band the price lies in."""
        return max((band for band in self.bands if band.from_minor <= minor), key=_beginning).basis_points

    def takes_house(self, name: str) -> bool:
        """Whether pieces of this house are taken, however it is written."""
        return not self.houses or name.strip().casefold() in {house.casefold() for house in self.houses}

    def charity(self, key: str) -> Charity | None:
        return named(self.charities, key)


def _beginning(band: CommissionBand) -> int:
    return band.from_minor
