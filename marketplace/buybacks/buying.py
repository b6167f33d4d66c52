"""Title passes and the money leaves: once, in the form that was chosen with the quote (NAP-03, LUX-63)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial

import sqlalchemy as sa

from marketplace.buybacks import accounting, waiting
from marketplace.buybacks.models import Buyback
from marketplace.buybacks.moving import locked, move
from marketplace.buybacks.states import BUYBACK, BuybackState
from marketplace.custody import examining as bench
from marketplace.custody import fees
from marketplace.database import db
from marketplace.events import SYSTEM, Event, HasActor
from marketplace.ledger import Posting, post
from marketplace.money import Money
from marketplace.payouts import facts as payouts
from marketplace.payouts.models import Payout, PayoutReason
from marketplace.payouts.paying import PayoutOwed, owe_payouts

_Booking = Callable[[Buyback, Money, Money, Event, datetime], Posting]


def buy(buyback: Buyback, *, by: HasActor, at: datetime) -> None:
    """The piece is ours from here on, and its owner is paid at once. Raises ``CannotBuy``.

    The caller has locked it and moved it to ``confirmed`` in this unit of work.
    """
    price = value_of(buyback)
    event = move(buyback, "buy", by=by, at=at, bought_at=at, owed_minor=price.minor)
    if buyback.item is None:
        raise LookupError(f"buyback {buyback.id} has no item")
    buyback.item.owner_id = None
    _pay(buyback, price, accounting.bought, event, at)


def lose(buyback: Buyback, *, by: HasActor = SYSTEM, at: datetime) -> None:
    """Lost or damaged while it was ours to answer for: the price agreed is owed (NAP-18, NAP-19, NAP-20), and the fee
    for a way back that it never goes.

    Raises ``CannotLoseBought``.
    """
    BUYBACK.next_state(buyback.state, "lose")
    value, fee = value_of(buyback), fees.give_back(buyback, by=by, at=at)  # before it could be taken from what is paid
    event = move(buyback, "lose", by=by, at=at, owed_minor=(value + fee).minor)
    bench.end_draft(buyback.listing, by=by, at=at)
    _pay(buyback, value + fee, partial(accounting.lost, returned=fee), event, at)


def value_of(buyback: Buyback) -> Money:
    """The price; for a piece lost before its owner answered a revised quote, or after she gave it up or we revoked
    it, the one she had accepted.
    """
    had_accepted = (BuybackState.REVISED, BuybackState.FAILED, BuybackState.GOING_BACK)
    agreed = buyback.quoted if buyback.state in had_accepted else buyback.price
    if agreed is None:
        raise LookupError(f"buyback {buyback.id} has no price")
    return agreed


def _pay(buyback: Buyback, owed: Money, booking: _Booking, event: Event, at: datetime) -> None:
    """Book what is owed and hand it to the payouts under the buyback's own number: the database keeps it to one."""
    taken = fees.take(buyback.owner_id, owed, at=at)
    post(booking(buyback, owed, taken, event, at))
    if taken == owed:
        move(buyback, "pay", by=SYSTEM, at=at)
        return
    owe_payouts(
        [
            PayoutOwed(
                order_id=None,
                reference=buyback.number,
                seller_id=buyback.owner_id,
                amount=owed - taken,
                terms_id=buyback.policy_version_id,
                reason=PayoutReason.BUYBACK,
                form=buyback.form,
            )
        ],
        at=at,
    )
    if not buyback.is_over:
        waiting.wait(buyback, at=at)  # by when the payout's form is promised


def covered(fact: payouts.DebtCovered) -> None:
    """The payout went into what its owner owed us: where that was all of it, she is paid."""
    if not db.session.get_one(Payout, fact.payout_id).amount:
        paid_out(fact)


def paid_out(fact: payouts.GiftCardReady | payouts.CreditReady | payouts.CashSent | payouts.DebtCovered) -> None:
    """A payout was carried out: where it was for a piece we bought or lost, that is paid."""
    found = _paid_by(fact.payout_id, BuybackState.BOUGHT, BuybackState.LOST, BuybackState.UNPAID)
    if found is not None:
        move(found, "pay", by=SYSTEM, at=fact.at)


def sent_back(fact: payouts.CashCameBack) -> None:
    """A bank did not take the payment, or sent it back: it is due again, to other bank details (LUX-76)."""
    found = _paid_by(fact.payout_id, BuybackState.BOUGHT, BuybackState.LOST, BuybackState.PAID)
    if found is not None:
        move(found, "bounce", by=SYSTEM, at=fact.at)


def _paid_by(payout_id: int, *states: BuybackState) -> Buyback | None:
    """The buyback in one of these states that a payout is for, locked."""
    reference = db.session.scalar(
        sa.select(Payout.reference).where(Payout.id == payout_id, Payout.reason == PayoutReason.BUYBACK)
    )
    found = db.session.scalar(sa.select(Buyback).where(Buyback.number == reference, Buyback.state.in_(states)))
    return None if found is None else locked(found)
