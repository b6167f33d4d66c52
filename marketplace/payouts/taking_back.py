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
from marketplace.ledger import Account, Line, Posting, post
from marketplace.money import Money
from marketplace.payouts.leaving import stay
from marketplace.payouts.models import Payout, PayoutState
from marketplace.payouts.paying import payout_of


class PayoutLeaving(Refusal):
    message = _l("The seller's payout is leaving at this very moment. Try again once it has.")


@dataclass(frozen=True)
class Reachable:
    """What of a seller's payout has not been handed out, is unspent of its card or credit, or is spent.

    A credit may still hold its bonus as well. Cash, and a card that another house keeps, cannot be ended by us: all of
    it counts as spent.
    """

    from_payout: Money
    unspent: Money
    spent: Money


def reachable(order_id: int, currency: str) -> Reachable:
    """What could be taken back of an order's payout now."""
    nothing, payout = Money.zero(currency), payout_of(order_id)
    if payout is None or payout.state is PayoutState.FORGONE:
        return Reachable(nothing, nothing, nothing)
    if payout.state is not PayoutState.ISSUED:
        return Reachable(payout.amount, nothing, nothing)
    left = _left(_handed_out(payout)) or nothing
    return Reachable(nothing, left, max(payout.amount - left, nothing))


def _handed_out(payout: Payout) -> GiftCard | StoreCredit | None:
    """The card or credit of ours that this was paid with."""
    if payout.store_credit_id is not None:
        return db.session.get_one(StoreCredit, payout.store_credit_id)
    return cards.card_numbered(payout.gift_card_number) if payout.gift_card_number else None


def _left(held: GiftCard | StoreCredit | None) -> Money | None:
    if isinstance(held, StoreCredit):
        return store_credit.balances([held])[held.id] if held.expired_at is None else None
    return cards.balance_of(held) if held is not None and held.voided_at is None else None


def take_back(order_id: int, currency: str, *, reason: str, by: HasActor, at: datetime) -> Reachable:
    """End what has not been spent or handed out, to the good of our losses; returns what that was.

    Dr seller payable, or the liability of the card or credit, Cr losses. Raises ``PayoutLeaving``.
    """
    payout = payout_of(order_id)
    if payout is not None:
        db.session.refresh(payout, with_for_update=True)
    found = reachable(order_id, currency)
    if payout is not None and found.from_payout:
        may_leave = payout.state in (PayoutState.DUE, PayoutState.REFUSED)
        if payout.state is PayoutState.SENT or (may_leave and not stay(payout, at=at)):
            raise PayoutLeaving()
        cause = events.transition(payout, "forgo", by=by, at=at)
        lines = (
            Line(Account.SELLER_PAYABLE, payout.amount, order_id=order_id),
            Line(Account.LOSSES, -payout.amount, order_id=order_id),
        )
        post(Posting("forgone", payout, cause, at, payout.reference, lines))
    elif payout is not None and found.unspent and (held := _handed_out(payout)) is not None:
        if isinstance(held, StoreCredit):
            taken = store_credit.end(held, order_id=order_id, by=by, at=at)
        else:
            taken = voiding.void(held, by=by, at=at, reason=reason, order_id=order_id)
        return Reachable(found.from_payout, taken, found.spent)  # a till may have been faster than what was shown
    return found
