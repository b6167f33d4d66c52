"""Every open way of selling one piece, side by side: what it brings, when, with which odds, and what a change costs.

Each figure is reckoned where the way itself reckons it; nothing here has a rule of its own.
"""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from marketplace.buybacks import pricing, requesting
from marketplace.buybacks import terms as bought
from marketplace.consignments import requesting as consigning
from marketplace.consignments import terms as consigned
from marketplace.custody.taking import PieceNotTaken
from marketplace.listings import likeness
from marketplace.listings.likeness import Likeness
from marketplace.listings.suggestion import suggest
from marketplace.money import Money
from marketplace.payouts import forms
from marketplace.payouts.models import PayoutForm
from marketplace.programme import Policy


class Mode(enum.StrEnum):
    """A way of selling."""

    YOURSELF = "yourself"
    CONSIGNMENT = "consignment"
    BUYBACK = "buyback"


@dataclass(frozen=True)
class Piece:
    """What is known of the piece. ``includes`` None: nobody has said what comes with it, so everything is assumed."""

    house: str
    category: str
    grade: str
    retail: Money
    bought_on: date | None = None
    includes: Sequence[str] | None = None
    quoted: Money | None = None  # what we have quoted for it already


@dataclass(frozen=True)
class Way:
    """One way: what arrives in each form, or why it is not open. ``is_fixed``: a quote, no estimate.

    ``odds`` are those of pieces like it where enough of them were offered; None where that is not so, or where
    nothing has to be sold first.
    """

    mode: Mode
    refusal: str = ""
    forms: tuple[tuple[PayoutForm, Money], ...] = ()
    is_fixed: bool = False
    odds: Likeness | None = None


def ways(piece: Piece, policy: Policy, *, may_list: bool, at: datetime) -> list[Way]:
    """Every way that is on, the one that nets most first; those that do not take the piece at the end, with the reason.

    ``may_list``: whether its owner could offer the piece herself.
    """
    found = []
    like = _like(piece, policy, at)
    price = _suggested(piece, policy, at)
    if policy.modes.peer_to_peer and may_list:
        net = price.share(policy.payout.payout_basis_points)
        found.append(Way(Mode.YOURSELF, forms=_sale(policy, net), odds=like))
    if policy.modes.consignment.is_on:
        found.append(_consignment(piece, policy, price, like))
    if policy.modes.buyback.is_on:
        found.append(_buyback(piece, policy, at))
    return sorted(found, key=lambda way: -max((total.minor for _form, total in way.forms), default=-1))


def _like(piece: Piece, policy: Policy, at: datetime) -> Likeness | None:
    """How pieces like it did, where there were enough of them to say so."""
    model = policy.modes.buyback.model
    since = at - timedelta(days=model.lookback_days)
    like = likeness.of(piece.house, piece.category, piece.retail.currency, since=since)
    return like if like.offered >= model.min_count else None


def _suggested(piece: Piece, policy: Policy, at: datetime) -> Money:
    today = at.astimezone(policy.calendar.zone).date()
    grade = policy.condition.grade(piece.grade)
    suggestion = suggest(
        original=piece.retail, grade=grade, bought_on=piece.bought_on, today=today, sold_minor=(), policy=policy
    )
    return suggestion.price


def _sale(policy: Policy, net: Money) -> tuple[tuple[PayoutForm, Money], ...]:
    return tuple((form, net + forms.bonus(policy, form, net)) for form in forms.open_forms(policy))


def _consignment(piece: Piece, policy: Policy, price: Money, like: Likeness | None) -> Way:
    try:
        consigning.check_piece(policy, house=piece.house, category=piece.category, grade=piece.grade)
    except PieceNotTaken as refusal:
        return Way(Mode.CONSIGNMENT, refusal=str(refusal.message))
    return Way(Mode.CONSIGNMENT, forms=_sale(policy, consigned.net(policy.modes.consignment, price).payout), odds=like)


def _buyback(piece: Piece, policy: Policy, at: datetime) -> Way:
    try:
        requesting.check_piece(policy, house=piece.house, category=piece.category, grade=piece.grade)
    except PieceNotTaken as refusal:
        return Way(Mode.BUYBACK, refusal=str(refusal.message))
    everything = [one.key for one in policy.condition.comes_with]
    included = everything if piece.includes is None else piece.includes
    price = (
        piece.quoted
        or pricing.estimate(
            policy,
            house=piece.house,
            category=piece.category,
            grade=piece.grade,
            retail=piece.retail,
            includes=included,
            at=at,
        ).price
    )
    paid = tuple((form, bought.total(policy, form, price)) for form in bought.open_forms(policy))
    return Way(Mode.BUYBACK, forms=paid, is_fixed=piece.quoted is not None)
