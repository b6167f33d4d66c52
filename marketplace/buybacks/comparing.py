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
from marketplace.consignments import describing as consigning
from marketplace.consignments import terms as consigned
from marketplace.custody.taking import PieceNotTaken
from marketplace.listings import likeness
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
    style_id: int | None = None  # of a style that is known here


@dataclass(frozen=True)
class Odds:
    """How many of those offered in the last ``days`` were sold: of the same style, else of the same house and kind."""

    sold: int
    offered: int
    days: int
    is_of_style: bool


@dataclass(frozen=True)
class Way:
    """One way: what arrives in each form, or why it is not open. ``is_fixed``: a quote, no estimate.

    ``odds``: None where too few pieces like it were offered to say, or where nothing has to be sold first.
    """

    mode: Mode
    refusal: str = ""
    forms: tuple[tuple[PayoutForm, Money], ...] = ()
    is_fixed: bool = False
    odds: Odds | None = None


def ways(piece: Piece, policy: Policy, *, may_list: bool, at: datetime) -> list[Way]:
    """Every way that is on, the one that nets most first; those that do not take the piece at the end, with the reason.

    ``may_list``: whether its owner could offer the piece herself.
    """
    found = []
    odds = _odds(piece, policy, at)
    price = _suggested(piece, policy, at)
    if policy.modes.peer_to_peer and may_list:
        net = price.share(policy.payout.payout_basis_points)
        found.append(Way(Mode.YOURSELF, forms=_sale(policy, net), odds=odds))
    if policy.modes.consignment.is_on:
        found.append(_consignment(piece, policy, price, odds))
    if policy.modes.buyback.is_on:
        found.append(_buyback(piece, policy, at))
    return sorted(found, key=lambda way: -max((total.minor for _form, total in way.forms), default=-1))


def _odds(piece: Piece, policy: Policy, at: datetime) -> Odds | None:
    """How its style did, where as many of it were offered as a suggested price takes; else its house and kind, where
    as many were as the price model takes; None where neither is so.
    """
    currency = piece.retail.currency
    if piece.style_id is not None:
        rule = policy.price.suggestion
        since = at - timedelta(days=rule.sales_lookback_days)
        same = likeness.of_style(piece.style_id, currency, since=since)
        if same.offered >= rule.sales_min_count:
            return Odds(same.sold, same.offered, rule.sales_lookback_days, is_of_style=True)
    model = policy.modes.buyback.model
    like = likeness.of(piece.house, piece.category, currency, since=at - timedelta(days=model.lookback_days))
    if like.offered >= model.min_count:
        return Odds(like.sold, like.offered, model.lookback_days, is_of_style=False)
    return None


def _suggested(piece: Piece, policy: Policy, at: datetime) -> Money:
    today = at.astimezone(policy.calendar.zone).date()
    grade = policy.condition.grade(piece.grade)
    suggestion = suggest(
        original=piece.retail, grade=grade, bought_on=piece.bought_on, today=today, sold_minor=(), policy=policy
    )
    return suggestion.price


def _sale(policy: Policy, net: Money) -> tuple[tuple[PayoutForm, Money], ...]:
    return tuple((form, net + forms.bonus(policy, form, net)) for form in forms.open_forms(policy))


def _consignment(piece: Piece, policy: Policy, price: Money, odds: Odds | None) -> Way:
    try:
        consigning.check_piece(policy, house=piece.house, category=piece.category, grade=piece.grade)
    except PieceNotTaken as refusal:
        return Way(Mode.CONSIGNMENT, refusal=str(refusal.message))
    return Way(Mode.CONSIGNMENT, forms=_sale(policy, consigned.net(policy.modes.consignment, price).payout), odds=odds)


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
