"""Which policy speaks for a consignment, and what its owner receives of a price.

The page that shows a proposal and the posting that pays it reckon here, and nowhere else.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from marketplace.clock import BusinessCalendar
from marketplace.consignments.models import ConsignedPiece, Consignment
from marketplace.money import Money
from marketplace.programme import Policy, versions
from marketplace.programme.policy.consigning import Consigning


@dataclass(frozen=True)
class Net:
    """A price and what is kept of it: ``payout`` is what arrives, every cost already taken off (NAP-30)."""

    price: Money
    basis_points: int
    commission: Money
    payout: Money


def of_owner(consignment: Consignment) -> Policy:
    """The policy the request was made under (GAP-18)."""
    return versions.published(consignment.policy_version_id).policy


def rules(piece: ConsignedPiece) -> Consigning:
    """What that policy says of consigning."""
    return of_owner(piece.consignment).modes.consignment


def calendar() -> BusinessCalendar:
    """The days this programme works; always today's."""
    return versions.current().calendar


def net(rule: Consigning, price: Money) -> Net:
    """The owner's share of a price, half up, once; the commission is the rest (LUX-62, GAP-13)."""
    return _net(rule.commission_on(price.minor), price)


def _net(kept: int, price: Money) -> Net:
    payout = price.share(10_000 - kept)
    return Net(price, kept, price - payout, payout)


def kept_of(piece: ConsignedPiece, minor: int) -> int:
    """The share kept of a price this piece is sold at, in basis points: with Smart Pricing never that of a lower band
    than it was first listed in, so that a step takes no more than its share (GAP-10).
    """
    return rules(piece).commission_on(max(minor, piece.smart_from_minor or 0))


def net_of(piece: ConsignedPiece, price: Money | None = None) -> Net | None:
    """The same for this piece and the price on the table, or for another; None where there is none."""
    priced = price or piece.price
    return None if priced is None else _net(kept_of(piece, priced.minor), priced)


def early_fee(piece: ConsignedPiece, at: datetime) -> Money:
    """What it costs to take the piece back at ``at``: nothing before it is for sale, nor after the term's days."""
    rule = rules(piece)
    is_early = piece.live_at is not None and (at - piece.live_at).days < rule.min_days
    return Money(rule.early_fee_minor if is_early else 0, piece.currency)


def value_of(piece: ConsignedPiece) -> Money:
    """What a piece is worth that is lost in our care: what was agreed, else an estimate, net (NAP-19, NAP-20).

    The estimate is what its owner hoped for, or the policy's share of the new price for the grade, less commission.
    """
    agreed = net_of(piece)
    if agreed is not None:
        return agreed.payout
    if piece.hoped_minor is not None:
        return Money(piece.hoped_minor, piece.currency)
    policy = of_owner(piece.consignment)
    share = policy.condition.grade(piece.grade).suggestion_basis_points
    return net(policy.modes.consignment, piece.retail.share(share)).payout
