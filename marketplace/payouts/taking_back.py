"""A sale is refunded after its settlement: what its seller has not spent, or not been handed, is not theirs to keep.

What is spent stays spent: a seller owes it after a finding of fraud alone, and that is the order's to say.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from flask_babel import lazy_gettext as _l

from marketplace import events
from marketplace.credits import cards, store_credit, voiding
from marketplace.credits.models import GiftCard, StoreCredit
from marketplace.database import db
from marketplace.errors import Refusal
from marketplace.events import HasActor
from marketplace.ledger import Account, Line, Posting, balance, post
from marketplace.money import Money
from marketplace.payouts.leaving import begin, stay, waits
from marketplace.payouts.models import Payout, PayoutState
from marketplace.payouts.paying import payout_of


class PayoutLeaving(Refusal):
    message = _l("The seller's payout is leaving at this very moment. Try again once it has.")


@dataclass(frozen=True)
class Reachable:
    """What of a seller's payout has not been handed out, is unspent of its card or credit, or is spent.

    A credit may still hold its bonus as well. Cash, a card that another house keeps, and what paid a debt of the
    seller's cannot be ended by us: all of that counts as spent. What ended unspent is neither.
    """

    from_payout: Money
    unspent: Money
    spent: Money


def reachable(order_id: int, currency: str) -> Reachable:
    """What could be taken back of an order's payout now; of a consigned piece, of what its owner is owed."""
    nothing, payout = Money.zero(currency), payout_of(order_id)
    if payout is None:
        return Reachable(-balance(Account.CONSIGNMENT_PAYABLE, currency, order_id=order_id), nothing, nothing)
    if payout.state is PayoutState.FORGONE:
        return Reachable(nothing, nothing, payout.covered)
    if payout.state is not PayoutState.ISSUED:
        return Reachable(payout.amount, nothing, payout.covered)
    held = _handed_out(payout)
    left, lapsed = _left(held), _lapsed(held) if isinstance(held, StoreCredit) else nothing
    return Reachable(nothing, left or nothing, _above(payout.amount, left, lapsed) + payout.covered)


def _above(amount: Money, *others: Money | None) -> Money:
    for other in others:
        amount = amount - other if other else amount
    return max(amount, Money.zero(amount.currency))


def waiting(order_id: int, currency: str) -> Money:
    """What is owed and can still be changed, because nothing of it can have left."""
    payout = payout_of(order_id)
    keeps = (PayoutState.HELD, PayoutState.STOPPED, PayoutState.REFUSED)
    return payout.amount if payout and (payout.state in keeps or waits(payout)) else Money.zero(currency)


def _handed_out(payout: Payout) -> GiftCard | StoreCredit | None:
    """The card or credit of ours that this was paid with; a lost card's place is taken by the one that replaced it."""
    if payout.store_credit_id is not None:
        return db.session.get_one(StoreCredit, payout.store_credit_id)
    card = cards.card_numbered(payout.gift_card_number) if payout.gift_card_number else None
    while card is not None and (successor := cards.successor_of(card)) is not None:
        card = successor
    return card


def _left(held: GiftCard | StoreCredit | None) -> Money | None:
    if isinstance(held, StoreCredit):
        return store_credit.balances([held])[held.id] if held.expired_at is None else None
    return cards.balance_of(held) if held is not None and held.voided_at is None else None


def _lapsed(credit: StoreCredit) -> Money:
    """What of a credit ended unspent."""
    ended = (event.detail["minor"] for event in events.history(credit) if event.action == "expire")
    return Money(sum(ended), credit.currency)


# Taking it back ------------------------------------------------------------------------------------------------------


def take_back(order_id: int, currency: str, *, reason: str, by: HasActor, at: datetime) -> Reachable:
    """End what has not been spent or handed out, to the good of our losses; returns what that was.

    Dr seller payable, or the liability of the card or credit, Cr losses. Raises ``PayoutLeaving``. What a consigned
    piece's owner is owed and has no payout yet is ended by who keeps it.
    """
    payout = _locked(order_id)
    found = reachable(order_id, currency)
    if payout is not None and found.from_payout:
        may_leave = payout.state in (PayoutState.DUE, PayoutState.REFUSED)
        if payout.state is PayoutState.SENT or (may_leave and not stay(payout, at=at)):
            raise PayoutLeaving()
        _forgo(payout, by=by, at=at)
    elif payout is not None and found.unspent and (held := _handed_out(payout)) is not None:
        if isinstance(held, StoreCredit):
            taken = store_credit.end(held, order_id=order_id, by=by, at=at)
        else:
            taken = voiding.void(held, by=by, at=at, reason=reason, order_id=order_id)
        return Reachable(found.from_payout, taken, found.spent)  # a till may have been faster than what was shown
    return found


def _forgo(payout: Payout, *, by: HasActor, at: datetime) -> None:
    cause = events.transition(payout, "forgo", by=by, at=at)
    lines = (
        Line(Account.SELLER_PAYABLE, payout.amount, order_id=payout.order_id),
        Line(Account.LOSSES, -payout.amount, order_id=payout.order_id),
    )
    post(Posting("forgone", payout, cause, at, payout.reference, lines))


def lower(order_id: int, by_so_much: Money, *, by: HasActor, at: datetime) -> None:
    """Pay a seller less of what waits, because the price was lowered (GAP-21): Dr seller payable, Cr losses.

    Raises ``PayoutLeaving`` where it has left meanwhile.
    """
    payout = _locked(order_id)
    if payout is None or waiting(order_id, payout.currency) < by_so_much or not stay(payout, at=at):
        raise PayoutLeaving()
    if payout.amount == by_so_much:
        _forgo(payout, by=by, at=at)
        return
    payout.amount_minor -= by_so_much.minor
    cause = events.record(payout, "lower", by=by, at=at, minor=by_so_much.minor)
    lines = (
        Line(Account.SELLER_PAYABLE, by_so_much, order_id=order_id),
        Line(Account.LOSSES, -by_so_much, order_id=order_id),
    )
    post(Posting("lowered", payout, cause, at, payout.reference, lines, part=str(cause.id)))
    if payout.state is PayoutState.DUE:
        begin([payout], chosen=(), at=at)


def _locked(order_id: int) -> Payout | None:
    payout = payout_of(order_id)
    if payout is not None:
        db.session.refresh(payout, with_for_update=True)
    return payout
